import fc from 'fast-check'
import { expect, test } from 'vitest'
import { longestMatch } from './pattern-cost.ts'

test.each([
  ['^[a-z]+$', 524_288],
  ['^\\d{4}-\\d{2}-\\d{2}$', 1_048_576],
  ['foo|bar', 262_144],
  ['^[\\w.]+@[\\w.]+\\.[a-z]{2,}$', 64],
  ['^a?b{2,3}c$', 1_048_576],
  ['[*+?(]', 524_288],
  ['\\p{L}+', 512],
  ['^(?<year>\\d{4})(?=x)$', 1_048_576],
])('%s is matched against texts up to %i characters', (pattern, length) => {
  expect(longestMatch(pattern)).toBe(length)
})

test.each([
  '(a+)+$',
  '(a*)*',
  '(a|a)*$',
  '(.*a){20}',
  '(a?){30}a{30}',
  '^(?:a+){2,}b',
  '(x+x+)+y',
  '(a)\\1*',
  '((a{100}){100}){100}',
  '(',
  '[',
  'a'.repeat(1001),
])('%s is matched against short texts at most', (pattern) => {
  expect(longestMatch(pattern)).toBeLessThanOrEqual(4)
})

test('matching what may be matched takes no time worth speaking of', () => {
  const atom = fc.constantFrom('a', 'b', '.', '[ab]', '\\w', 'a|b', '')
  const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
    pattern: fc.oneof(
      { depthSize: 'small' },
      atom,
      fc.tuple(tie('pattern'), tie('pattern')).map((two) => two.join('')),
      fc
        .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{2,5}', '{3}', '*?'))
        .map(([inner, sign]) => `(?:${inner})${sign}`),
    ),
  }))
  fc.assert(
    fc.property(pattern, (text) => {
      const length = Math.min(longestMatch(`${text}$`), 4096)
      if (length < 0) return
      const before = process.cpuUsage()
      new RegExp(`${text}$`, 'u').test(`${'a'.repeat(length - 1)}!`)
      expect(process.cpuUsage(before).user).toBeLessThan(500_000)
    }),
    { numRuns: 500 },
  )
})
