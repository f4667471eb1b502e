import { expect, test } from 'vitest'
import { leavesOutcomeUnknown } from './unknown-outcome.ts'

const withCode = (code: string): Error => Object.assign(new Error(code), { code })
const fetchFailed = (cause: Error): Error => new TypeError('fetch failed', { cause })

test.each<[what: string, error: unknown]>([
  ['a connection was reset', withCode('ECONNRESET')],
  ['fetch lost its connection', fetchFailed(withCode('UND_ERR_SOCKET'))],
  ['fetch failed for an unknown reason', new TypeError('fetch failed')],
  ['a request was aborted', new DOMException('aborted', 'AbortError')],
  ['a request timed out', new DOMException('late', 'TimeoutError')],
  ['a gateway had no response', Object.assign(new Error('bad gateway'), { status: 502 })],
  ['a gateway was too slow', Object.assign(new Error('x'), { response: { status: 504 } })],
  ['a content network lost its origin', Object.assign(new Error('x'), { statusCode: 522 })],
  ['it lies under two other errors', new Error('a', { cause: new Error('b', { cause: withCode('EPIPE') }) })],
])('the outcome is unknown when %s', (_, error) => {
  expect(leavesOutcomeUnknown(error)).toBe(true)
})

test.each<[what: string, error: unknown]>([
  ['an error has only a message', new Error('no such invoice')],
  ['a server was never reached', fetchFailed(withCode('ECONNREFUSED'))],
  ['a host name did not resolve', withCode('ENOTFOUND')],
  ['a server refused', Object.assign(new Error('x'), { status: 422 })],
  ['a server responded with an error', Object.assign(new Error('x'), { status: 500 })],
  ['something else was thrown', 'ECONNRESET'],
  ['nothing was thrown', undefined],
])('the outcome is known when %s', (_, error) => {
  expect(leavesOutcomeUnknown(error)).toBe(false)
})

test('an error whose members throw has a known outcome', () => {
  const hostile = new Proxy(new Error('x'), {
    get: () => {
      throw new Error('no')
    },
  })
  expect(leavesOutcomeUnknown(hostile)).toBe(false)
})
