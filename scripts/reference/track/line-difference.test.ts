import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cutLine, lineDifference } from './line-difference.ts'

test.each([
  ['a\nb\nc', 'a\nb\nc', []],
  ['a\nb\nc', 'a\nc', ['- b']],
  ['a\nc', 'a\nb\nc', ['+ b']],
  ['a\nb\nc\nd', 'a\nx\nc\ny\nd', ['- b', '+ x', '+ y']],
  ['a\na', 'a', ['- a']],
])('lineDifference() compares %j with %j', (first, second, difference) => {
  expect(lineDifference(first, second)).toEqual(difference)
})

test('lineDifference() has as few lines as the texts allow', () => {
  const text = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(text, text, (first, second) => {
      const lines = lineDifference(first.join('\n'), second.join('\n'))
      const count = (mark: string): number => lines.filter((line) => line.startsWith(mark)).length
      expect(first.length - count('-')).toBe(second.length - count('+'))
      expect(first.length - count('-')).toBe(longestCommon(first, second))
    }),
  )
})

test('cutLine() keeps the first difference of a long line', () => {
  const line = `${'x'.repeat(500)}difference${'y'.repeat(500)}`
  expect(cutLine(line, `${'x'.repeat(500)}other`)).toBe(`…${'x'.repeat(60)}difference${'y'.repeat(90)}…`)
  expect(cutLine('short')).toBe('short')
})

function longestCommon([first, ...rest]: readonly string[], second: readonly string[]): number {
  if (first === undefined) return 0
  const at = second.indexOf(first)
  const without = longestCommon(rest, second)
  return at === -1 ? without : Math.max(without, 1 + longestCommon(rest, second.slice(at + 1)))
}
