import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyCharacter } from '../../test/support/any-character.ts'
import * as hash from './hash.ts'
import * as webHash from './hash.web.ts'
import * as isPromise from './is-promise.ts'
import * as webIsPromise from './is-promise.web.ts'
import * as webRandom from './random.web.ts'
import * as turns from './turns.ts'
import * as webTurns from './turns.web.ts'
import * as utf8 from './utf8.ts'
import * as webUtf8 from './utf8.web.ts'

/** Strings with lone surrogates, pairs, byte order marks and all lengths around the blocks of hashes. */
const texts = fc.oneof(
  fc.string({ unit: anyCharacter, maxLength: 300 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 150 }).map((units) => String.fromCharCode(...units)),
  fc.constantFrom('\ufeffa', '\ud800', '\udc00\ud800', '😀', ''),
)

test('hashes of the web platform are those of Node', () => {
  fc.assert(
    fc.property(texts, (text) => {
      expect(webHash.sha256Of(text)).toBe(hash.sha256Of(text))
      expect(webHash.sha256OfUnits(text)).toBe(hash.sha256OfUnits(text))
      expect(webHash.sha1Of(text)).toBe(hash.sha1Of(text))
    }),
  )
  const bytes = new Uint8Array(70_001).fill(7).subarray(1)
  expect(webHash.sha256Of(bytes)).toBe(hash.sha256Of(bytes))
})

test.each([0, 1, 54, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128])(
  'hashes of %i bytes are padded as in Node',
  (length) => {
    const text = 'a'.repeat(length)
    expect(webHash.sha256Of(text)).toBe(hash.sha256Of(text))
    expect(webHash.sha1Of(text)).toBe(hash.sha1Of(text))
  },
)

test('UTF-8 of the web platform is that of Node', () => {
  fc.assert(
    fc.property(texts, fc.nat(20), (text, start) => {
      const bytes = webUtf8.toUtf8(text)
      expect(webUtf8.byteLength(text)).toBe(utf8.byteLength(text))
      expect([...bytes]).toEqual([...utf8.toUtf8(text)])
      expect(webUtf8.fromUtf8(bytes)).toBe(utf8.fromUtf8(bytes))
      expect(webUtf8.fromUtf8(bytes, start, start + 7)).toBe(utf8.fromUtf8(bytes, start, start + 7))
      expect(webUtf8.ownCopy(text)).toBe(text)
    }),
  )
  const long = '😀\ud800'.repeat(20_000)
  expect(webUtf8.ownCopy(long)).toBe(long)
})

test('promises are recognized without the API of Node', () => {
  const hostile = new Proxy(
    {},
    {
      getPrototypeOf() {
        throw new Error('no prototype')
      },
    },
  )
  // oxlint-disable-next-line unicorn/no-thenable -- an object that only looks like a promise.
  for (const value of [Promise.resolve(), { then: () => undefined }, null, 1, hostile]) {
    expect(webIsPromise.isPromise(value)).toBe(isPromise.isPromise(value))
  }
})

test('random values of the web platform have their form', () => {
  const ids = Array.from({ length: 100 }, () => webRandom.randomUUID())
  for (const id of ids) expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
  expect(new Set(ids).size).toBe(100)
  const words = Array.from({ length: 100 }, () => webRandom.randomWord())
  expect(words.every((word) => Number.isInteger(word) && word >= 0 && word < 2 ** 32)).toBe(true)
})

test('callbacks of the next turn run in order after the micro-tasks', async () => {
  const order: string[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  webTurns.inNextTurn(() => order.push('first'))
  webTurns.inNextTurn(() => {
    order.push('second')
    resolve()
  })
  queueMicrotask(() => order.push('micro-task'))
  await promise
  expect(order).toEqual(['micro-task', 'first', 'second'])
})

test('timers are numbers or objects', async () => {
  webTurns.unref(setTimeout(() => undefined, 1))
  webTurns.unref(7)
  await webTurns.unrefDelay(0)
  await turns.unrefDelay(0)
})
