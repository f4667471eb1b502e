import { expect, test } from 'vitest'
import { summarize } from './statistics.ts'

test.each([
  [[5], { min: 5, p50: 5, p95: 5 }],
  [[3, 1, 2], { min: 1, p50: 2, p95: 3 }],
  [[4, 3, 2, 1], { min: 1, p50: 2, p95: 4 }],
  [Array.from({ length: 100 }, (_, n) => 100 - n), { min: 1, p50: 50, p95: 95 }],
])('summarize(%j)', (samples, summary) => {
  expect(summarize(samples)).toEqual(summary)
})

test('summarize() refuses an empty list', () => {
  expect(() => summarize([])).toThrow('nothing was measured')
})
