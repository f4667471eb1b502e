import { expect, test } from 'vitest'
import { Cleanups } from './cleanups.ts'

function resource(log: string[], name: string, error?: Error): AsyncDisposable {
  return {
    async [Symbol.asyncDispose]() {
      await Promise.resolve()
      log.push(name)
      if (error !== undefined) throw error
    },
  }
}

test('resources are disposed once, the last one first', async () => {
  const log: string[] = []
  const cleanups = new Cleanups()
  for (const name of ['a', 'b', 'c']) cleanups.use(resource(log, name))
  await cleanups[Symbol.asyncDispose]()
  await cleanups[Symbol.asyncDispose]()
  expect(log).toEqual(['c', 'b', 'a'])
})

test('moved resources are disposed by their new owner only', async () => {
  const log: string[] = []
  const cleanups = new Cleanups()
  cleanups.use(resource(log, 'a'))
  const moved = cleanups.move()
  await cleanups[Symbol.asyncDispose]()
  expect(log).toEqual([])
  await moved[Symbol.asyncDispose]()
  expect(log).toEqual(['a'])
})

test('a resource that fails keeps no other from being disposed, and its error is passed on', async () => {
  const log: string[] = []
  const cleanups = new Cleanups()
  cleanups.use(resource(log, 'a', new Error('second')))
  cleanups.use(resource(log, 'b'))
  cleanups.use(resource(log, 'c', new Error('first')))
  await expect(cleanups[Symbol.asyncDispose]()).rejects.toThrow('first')
  expect(log).toEqual(['c', 'b', 'a'])
})
