import { expect, test } from 'vitest'
import { leavesOutcomeUnknown } from './unknown-outcome.ts'

const withCode = (code: string): Error => Object.assign(new Error(code), { code })
const fetchFailed = (cause: Error): Error => new TypeError('fetch failed', { cause })

test.each<[what: string, error: unknown]>([
  ['a connection was reset', withCode('ECONNRESET')],
  ['fetch lost its connection', fetchFailed(withCode('UND_ERR_SOCKET'))],
  ['fetch failed for an unknown reason', new TypeError('fetch failed')],
  ['a request was aborted', new DOMException('aborted', 'AbortError')],
  ['a time was over', new DOMException('late', 'TimeoutError')],
  ['a gateway had no answer', Object.assign(new Error('bad gateway'), { status: 502 })],
  ['a gateway was too slow', Object.assign(new Error('x'), { response: { status: 504 } })],
  ['a content network lost its origin', Object.assign(new Error('x'), { statusCode: 522 })],
  ['it lies under two other errors', new Error('a', { cause: new Error('b', { cause: withCode('EPIPE') }) })],
])('an answer is missing when %s', (_, error) => {
  expect(leavesOutcomeUnknown(error)).toBe(true)
})

test.each<[what: string, error: unknown]>([
  ['an error has a text only', new Error('no such invoice')],
  ['a server was never reached', fetchFailed(withCode('ECONNREFUSED'))],
  ['a name has no address', withCode('ENOTFOUND')],
  ['a server refused', Object.assign(new Error('x'), { status: 422 })],
  ['a server failed and said so', Object.assign(new Error('x'), { status: 500 })],
  ['something else was thrown', 'ECONNRESET'],
  ['nothing was thrown', undefined],
])('an answer is not missing when %s', (_, error) => {
  expect(leavesOutcomeUnknown(error)).toBe(false)
})

test('an error whose members throw is no missing answer', () => {
  const hostile = new Proxy(new Error('x'), {
    get: () => {
      throw new Error('no')
    },
  })
  expect(leavesOutcomeUnknown(hostile)).toBe(false)
})
