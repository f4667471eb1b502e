import { expect, test } from 'vitest'
import { retryAfterIn, retryAfterMs, statusTextOf } from './retry-after.ts'

const now = Date.parse('2026-11-30T12:00:00Z')

test.each([
  ['0', 0],
  ['7', 7000],
  [' 7 ', 7000],
  ['1.5', 1500],
  ['999999999999', 86_400_000],
  ['Mon, 30 Nov 2026 12:00:30 GMT', 30_000],
  ['Monday, 30-Nov-26 12:00:30 GMT', 30_000],
  ['Mon Nov 30 12:00:30 2026 GMT', 30_000],
  ['Mon, 30 Nov 2026 11:00:00 GMT', 0],
  ['', null],
  ['-1', null],
  ['soon', null],
  ['+5', null],
  ['1e3', null],
])('retryAfterMs() returns for %j the time %j', (value, ms) => {
  expect(retryAfterMs(value, now)).toBe(ms)
})

test('the text of a status has retry-after, from which it is read again', () => {
  expect(statusTextOf('Too Many\nRequests', '1.2')).toBe('Too Many Requests; retry-after: 2')
  expect(retryAfterIn('Too Many Requests; retry-after: 2')).toBe(2000)
  expect(retryAfterIn(statusTextOf('OK', undefined))).toBeNull()
  expect(retryAfterIn(statusTextOf('OK', 'soon'))).toBeNull()
})
