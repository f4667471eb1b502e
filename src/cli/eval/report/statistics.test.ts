import { expect, test } from 'vitest'
import { spreadOf, wilsonInterval } from './statistics.ts'

test.each([
  [[], null],
  [[3], { min: 3, median: 3, max: 3 }],
  [[4, 1], { min: 1, median: 2.5, max: 4 }],
  [[9, 10, 2], { min: 2, median: 9, max: 10 }],
])('the spread of %j is %j', (values, spread) => {
  expect(spreadOf(values)).toEqual(spread)
})

// Values of the interval without continuity correction, from the formula in E. B. Wilson, 1927.
test.each([
  [0, 0, null],
  [0, 1, [0, 0.7935]],
  [1, 1, [0.2065, 1]],
  [0, 10, [0, 0.2775]],
  [5, 10, [0.2366, 0.7634]],
  [40, 40, [0.9124, 1]],
  [81, 100, [0.7222, 0.8749]],
])('%i of %i runs have the interval %j', (successes, runs, bounds) => {
  const interval = wilsonInterval(successes, runs)
  expect(interval && [Number(interval.low.toFixed(4)), Number(interval.high.toFixed(4))]).toEqual(bounds)
})
