import { expect, test } from 'vitest'
import { retryAfterOf } from './endpoint.ts'

const now = Date.parse('2026-03-16T09:00:00Z')

test.each([
  [{ 'retry-after': '3' }, 3000],
  [{ 'retry-after': ' 0.5 ' }, 500],
  [{ 'retry-after': 'Mon, 16 Mar 2026 09:00:07 GMT' }, 7000],
  [{ 'retry-after': 'Mon, 16 Mar 2026 08:00:00 GMT' }, 0],
  [{ 'retry-after': '86400' }, 60_000],
  [{ 'retry-after': 'soon' }, null],
  [{ 'retry-after': '' }, null],
  [{ 'retry-after': '-4' }, null],
  [{ 'retry-after-ms': '250', 'retry-after': '9' }, 250],
  [{ 'retry-after-ms': 'x', 'retry-after': '9' }, 9000],
  [{}, null],
])('the headers %j demand a wait of %s ms', (headers, ms) => {
  expect(retryAfterOf(new Headers(headers), now)).toBe(ms)
})
