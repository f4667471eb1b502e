import { expect, test } from 'vitest'
import { isBlank, trimBlank } from './white-space.ts'

const blanks = '\t\n\v\f\r \u0085\u00a0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000'

test('isBlank() accepts all characters of Unicode White_Space', () => {
  expect([isBlank(''), isBlank(blanks)]).toEqual([true, true])
})

test.each(['\ufeff', '\u200b', '\u180e', 'x', '\ud800', ' 0 '])('isBlank() returns false for %j', (text) => {
  expect(isBlank(text)).toBe(false)
})

test.each([
  ['', ''],
  [blanks, ''],
  [`${blanks}a b${blanks}`, 'a b'],
  ['\ufeff x', '\ufeff x'],
])('trimBlank() turns %j into %j', (text, trimmed) => {
  expect(trimBlank(text)).toBe(trimmed)
})

test('trimBlank() takes linear time for a long run of blanks in the middle', () => {
  const text = `a${' '.repeat(1_000_000)}b`
  expect(trimBlank(text)).toBe(text)
})
