import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cpuMs } from '../../../test/support/cpu-time.ts'
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
  ['^I?\\d+[:|-]\\d+(?:;\\d+[:|-]\\d+)*$', 65_536],
  ['^[a-z0-9]+(?:-[a-z0-9]+)*$', 131_072],
  ['^(?<host>[^:/]+)(?::\\d{1,5})?(?:/[^/]+)*$', 65_536],
  ['^(?:a|b[cd]|\\x65\\u0066)*$', 131_072],
  ['a(?:,a)*', 512],
])('longestMatch() limits %s to strings of %i characters', (pattern, length) => {
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
  '^(?:a+,?)+$',
  '^(?:[^,]*,)*$'.repeat(2),
  '^(?:(?:a*)?b)*c$',
  '^(?:a|\\w)*$',
  '^(?:[\\s\\S]|\\d)*$',
  '^(?:\\p{L}|a)*$',
  `^${'(?:a?)?'.repeat(40)}!$`,
  `^${'(?:a?|b?)'.repeat(40)}!$`,
  '^(?:a(?=b)|b)*$',
  '(',
  '[',
  'a'.repeat(1001),
])('longestMatch() limits %s to strings of at most 4 characters', (pattern) => {
  expect(longestMatch(pattern)).toBeLessThanOrEqual(4)
})

test('longestMatch() allows only matches that take about as long as a million steps', () => {
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
  const match = (text: string): void => {
    const length = Math.min(longestMatch(text), 4096)
    if (length >= 0) new RegExp(text, 'u').test(`${'a'.repeat(length - 1)}!`)
  }
  // One match of this pattern tries nearly a million paths.
  const tenMatches = cpuMs(() => {
    for (let count = 0; count < 10; count++) match('(?:(?:a)*)?$')
  })
  fc.assert(
    fc.property(pattern, (text) => {
      expect(cpuMs(() => match(`${text}$`))).toBeLessThan(10 * tenMatches)
    }),
    { numRuns: 500 },
  )
})
