import { expect, test } from 'vitest'
import { createSession } from '../../src/index.ts'
import { sharedHosts } from '../support/hosts.ts'
import { textsOf } from '../support/texts.ts'
import { forV8 } from '../support/engine-differences.ts'

const replacements = {
  'the iterators of arrays, sets and maps': `
    for (const type of [Array, Set, Map]) type.prototype[Symbol.iterator] = function* () { yield 'forged' }
    Array.prototype.values = Set.prototype.forEach = Map.prototype.forEach = Map.prototype.entries = () => { throw 'forged' }`,
  'next of iterators': `
    for (const some of [[], new Set(), new Map()]) Object.getPrototypeOf(some[Symbol.iterator]()).next = () => ({ done: true })`,
  'then of promises': 'Promise.prototype.then = Promise.prototype.finally = function () { return this }',
  'Promise itself': `
    const { resolve } = Promise; Promise.resolve = () => resolve.call(Promise, 'forged'); globalThis.Promise = class {}`,
  ...Object.fromEntries(
    forV8('builtins', [['species', 'Object.defineProperty(Promise, Symbol.species, { get() { throw "forged" } })']]),
  ),
  'isArray and Reflect': `
    Array.isArray = () => false; Object.getPrototypeOf = Reflect.getPrototypeOf = () => null
    Reflect.getOwnPropertyDescriptor = Object.getOwnPropertyDescriptor = () => ({ value: 1 })`,
}

// The program creates its promises first, so the replacements affect only the helpers.
const program = (replaced: string): string => `
  const list = [Promise.resolve(1), Promise.reject(2), 3]
  const map = new Map([['a', 1]])
  const set = new Set([{ type: 'text', text: 'in a set' }])
  const blocks = [{ type: 'text', text: 'one' }, { type: 'text', text: 'two' }]
  ${replaced}
  content(blocks); content(set)
  const records = as_settled(list)
  for (let next = await records.next(); !next.done; next = await records.next()) text(next.value)
  await stream_settled(map, (record) => text(record))
  await stream_settled(list, ({ index }) => text(index))`

test.each(Object.entries(replacements))('content, as_settled and stream_settled do not use %s', async (_, replaced) => {
  await using session = await createSession({ hosts: sharedHosts('default') })
  const plain = await session.execute(program(''))
  expect(textsOf(plain)).toContain('in a set')
  const { type } = plain
  const after = await session.execute(program(replaced))
  expect(after).toMatchObject({ type })
  expect(textsOf(after)).toEqual(textsOf(plain))
})

test('content and as_settled use the own iterator of an array', async () => {
  await using session = await createSession({ hosts: sharedHosts('default') })
  const outcome = await session.execute(`
    const own = Object.assign([], { *[Symbol.iterator]() { yield { type: 'text', text: 'own' } } })
    content(own)
    class Blocks extends Array { *[Symbol.iterator]() { yield { type: 'text', text: 'class' } } }
    content(new Blocks())
    for await (const { value } of as_settled(own)) text(value.text)`)
  expect(textsOf(outcome)).toEqual(['own', 'class', 'own'])
})
