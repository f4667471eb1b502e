import { Writable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { Drain, writeText } from './stream-writes.ts'

/** A stream that accepts nothing until `release` is called. */
function slowStream(): { stream: Writable; taken: string[]; release: () => void } {
  const taken: string[] = []
  let isOpen = false
  let held: ((error?: Error) => void) | null = null
  const stream = new Writable({
    highWaterMark: 1,
    write(chunk: Buffer, _encoding, done) {
      taken.push(chunk.toString())
      if (isOpen) done()
      else held = done
    },
    destroy(error, done) {
      held?.(new Error('destroyed'))
      done(error)
    },
  })
  const release = (): void => {
    isOpen = true
    held?.()
    held = null
  }
  return { stream, taken, release }
}

function listeners(stream: Writable): number {
  return stream.eventNames().reduce((sum, name) => sum + stream.listenerCount(name), 0)
}

describe('writeText()', () => {
  test('keeps the order and adds no listener for any number of pending writes', async () => {
    const { stream, taken, release } = slowStream()
    const before = listeners(stream)
    const texts = Array.from({ length: 100 }, (_, index) => `${index}\n`)
    const all = Promise.all(texts.map(async (text) => await writeText(stream, text)))
    expect(stream.writableNeedDrain).toBe(true)
    expect(listeners(stream)).toBe(before)
    release()
    await all
    expect(taken).toEqual(texts)
  })

  test('rejects every pending write when the stream fails', async () => {
    const { stream } = slowStream()
    stream.on('error', () => undefined)
    const all = Promise.allSettled(Array.from({ length: 20 }, async () => await writeText(stream, 'x')))
    stream.destroy(new Error('the reader left'))
    expect((await all).map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 'rejected'))
    await expect(writeText(stream, 'later')).rejects.toThrow()
  })
})

test('a drain has one listener for all waiters, and can be awaited again', async () => {
  const { stream, release } = slowStream()
  const drain = new Drain(stream)
  await drain.drained()
  stream.write('a')
  const waiting = Array.from({ length: 50 }, async () => await drain.drained())
  expect(stream.listenerCount('drain')).toBe(1)
  release()
  await Promise.all(waiting)
  expect(stream.listenerCount('drain')).toBe(0)
  stream.write('b')
  await drain.drained()
  await drain.drained()
})
