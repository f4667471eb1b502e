import { expect, test } from 'vitest'
import { firstDifference } from './difference.ts'

test.each([
  [{ a: [1, { b: null }] }, { a: [1, { b: null }] }, null],
  [{ a: [1, 2] }, { a: [1, 3] }, '.a[1]: 2, 3'],
  [[1], [1, 'x'], '[1]: undefined, "x"'],
  [{ a: 1 }, {}, '.a: 1, undefined'],
  [{ error: 'p' }, { error: 'q' }, '.error: "p", "q"'],
  [[], {}, ': [], {}'],
])('firstDifference() compares %j with %j', (first, second, difference) => {
  expect(firstDifference(first, second)).toBe(difference)
})
