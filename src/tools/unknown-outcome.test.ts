import { expect, test } from 'vitest'
import { leavesOutcomeUnknown } from './unknown-outcome.ts'

const withCode = (code: string): Error => Object.assign(new Error(code), { code })
const fetchFailed = (cause: Error): Error => new TypeError('fetch failed', { cause })

test.each<[what: string, error: unknown]>([
  ['a connection was reset', withCode('ECONNRESET')],
  ['fetch lost its connection', fetchFailed(withCode('UND_ERR_SOCKET'))],
  ['a response did not arrive in time', Object.assign(withCode('ETIMEDOUT'), { syscall: 'read' })],
  ['TLS lost its connection', fetchFailed(withCode('ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC'))],
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
  ['a connection was too slow', Object.assign(withCode('ETIMEDOUT'), { syscall: 'connect' })],
  [
    'no address of a name had a connection',
    Object.assign(new AggregateError([Object.assign(withCode('ETIMEDOUT'), { syscall: 'connect' })]), {
      code: 'ETIMEDOUT',
    }),
  ],
  ['a certificate has expired', fetchFailed(withCode('CERT_HAS_EXPIRED'))],
  ['a certificate is for another name', fetchFailed(withCode('ERR_TLS_CERT_ALTNAME_INVALID'))],
  ['a certificate is signed by itself', fetchFailed(withCode('DEPTH_ZERO_SELF_SIGNED_CERT'))],
  ['a server speaks no TLS', fetchFailed(withCode('ERR_SSL_WRONG_VERSION_NUMBER'))],
  ['a client has no certificate', fetchFailed(withCode('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'))],
  ['fetch refused a port', fetchFailed(new Error('bad port'))],
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
