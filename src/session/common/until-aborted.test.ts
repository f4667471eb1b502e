import { expect, test } from 'vitest'
import { untilAborted } from './until-aborted.ts'

const reason = new Error('stop')
const never = new Promise<never>(() => undefined)

test.each([
  ['the value of a promise', async () => 'value', { value: 'value' }],
  ['a value', () => 'value', { value: 'value' }],
  ['the error of a promise', async () => Promise.reject(new TypeError('broken')), { error: new TypeError('broken') }],
])('untilAborted() returns %s before an abort, and leaves no listener', async (_name, work, expected) => {
  const { signal, count } = counted()
  const settled = await untilAborted(work(), signal).then(
    (value: unknown) => ({ value }),
    (error: unknown) => ({ error }),
  )
  expect([settled, count()]).toEqual([expected, 0])
})

test('untilAborted() rejects with the reason of an abort that comes first, or has come', async () => {
  const controller = new AbortController()
  const waiting = untilAborted(never, controller.signal)
  controller.abort(reason)
  await expect(waiting).rejects.toBe(reason)
  await expect(untilAborted(never, controller.signal)).rejects.toBe(reason)
})

test('a promise that rejects after the abort is not an unhandled rejection', async () => {
  const { promise, reject } = Promise.withResolvers<never>()
  await expect(untilAborted(promise, AbortSignal.abort(reason))).rejects.toBe(reason)
  reject(new Error('late'))
  await expect(promise).rejects.toThrow('late')
})

/** A signal that counts its listeners. */
function counted(): { readonly signal: AbortSignal; readonly count: () => number } {
  const { signal } = new AbortController()
  let listeners = 0
  const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)]
  Object.assign(signal, {
    addEventListener: (...args: Parameters<typeof add>) => (listeners++, add(...args)),
    removeEventListener: (...args: Parameters<typeof remove>) => (listeners--, remove(...args)),
  })
  return { signal, count: () => listeners }
}
