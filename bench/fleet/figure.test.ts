import { expect, test } from 'vitest'
import { figureRow } from './figure.ts'

const figure = { figure: 'a call', against: 'a commit', values: '1 ms' }

test.each([
  [1.3, { max: 1.3 }, '| a call | a commit | 1.30 | ≤ 1.3 | met | 1 ms |'],
  [1.31, { max: 1.3 }, '| a call | a commit | 1.31 | ≤ 1.3 | missed | 1 ms |'],
  [30, { min: 30 }, '| a call | a commit | 30.00 | ≥ 30 | met | 1 ms |'],
  [29.9, { min: 30 }, '| a call | a commit | 29.90 | ≥ 30 | missed | 1 ms |'],
  [null, { min: 30 }, '| a call | a commit |  | ≥ 30 | not measured | 1 ms |'],
])('the ratio %j with the target %j is the row %s', (ratio, target, row) => {
  expect(figureRow({ ...figure, ratio, target })).toBe(row)
})
