import { expect, test } from 'vitest'
import { rateLimitOf, retryAfterMs } from './retry-after.ts'

const now = Date.parse('2026-03-01T12:00:00Z')

const times: readonly (readonly [
  name: string,
  status: number,
  headers: Record<string, string>,
  ms: number | undefined,
])[] = [
  ['seconds', 503, { 'retry-after': '120' }, 120_000],
  ['fractions of seconds', 429, { 'retry-after': '0.5' }, 500],
  ['a date', 429, { 'retry-after': 'Sun, 01 Mar 2026 12:00:30 GMT' }, 30_000],
  [
    'a date by the clock of the server',
    429,
    { date: 'Sun, 01 Mar 2026 11:00:00 GMT', 'retry-after': 'Sun, 01 Mar 2026 11:00:30 GMT' },
    30_000,
  ],
  ['a date in the past', 429, { 'retry-after': 'Sun, 01 Mar 2026 11:00:00 GMT' }, 0],
  ['milliseconds', 429, { 'retry-after-ms': '1500', 'retry-after': '2' }, 1500],
  ['nothing', 429, {}, undefined],
  ['a word', 429, { 'retry-after': 'soon' }, undefined],
  ['a negative number', 429, { 'retry-after': '-1' }, undefined],
  ['a time without end', 429, { 'retry-after': '999999999999' }, undefined],
  ['an empty value', 429, { 'retry-after': ' ' }, undefined],
  ['a reset after seconds', 429, { 'x-ratelimit-reset': '40' }, 40_000],
  ['a reset at a timestamp', 429, { 'x-ratelimit-reset': String(now / 1000 + 50) }, 50_000],
  ['a reset at a timestamp in milliseconds', 429, { 'x-ratelimit-reset': String(now + 60_000) }, 60_000],
  ['a reset after a duration', 429, { 'x-ratelimit-reset': '1m10s' }, 70_000],
  ['a reset and no request left', 403, { 'x-ratelimit-reset': '40', 'x-ratelimit-remaining': '0' }, 40_000],
  ['a reset and requests left', 403, { 'x-ratelimit-reset': '40', 'x-ratelimit-remaining': '7' }, undefined],
  ['a reset of another failure', 404, { 'x-ratelimit-reset': '40' }, undefined],
]
test.each(times)('retryAfterMs() reads %s', (_name, status, headers, ms) => {
  expect(retryAfterMs(status, new Headers(headers), now)).toBe(ms)
})

test.each([
  [{ 'x-ratelimit-limit': '60', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '9' }],
  [{ 'ratelimit-limit': '60', 'ratelimit-remaining': '0', 'ratelimit-reset': '9' }],
  [{ 'x-rate-limit-limit': '60', 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': '9' }],
  [{ ratelimit: 'limit=60, remaining=0, reset=9' }],
  [{ ratelimit: '"default";q=60;r=0;t=9' }],
  [{ 'ratelimit-limit': '60, 60;w=60', 'ratelimit-remaining': '0', 'ratelimit-reset': '9' }],
])('rateLimitOf() reads %j', (headers) => {
  expect(rateLimitOf(new Headers(Object.entries(headers)), now)).toEqual({ limit: 60, remaining: 0, resetMs: 9000 })
})
