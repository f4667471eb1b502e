import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cpuMs } from '../../../../test/support/cpu-time.ts'
import { longestMatch } from './pattern-cost.ts'

test.each([
  ['^[a-z]+$', 524_288],
  ['^\\d{4}-\\d{2}-\\d{2}$', 1_048_576],
  ['foo|bar', 131_072],
  ['^[\\w.]+@[\\w.]+\\.[a-z]{2,}$', 64],
  ['^a?b{2,3}c$', 1_048_576],
  ['[*+?(]', 524_288],
  ['\\p{L}+', 1024],
  ['^(?<year>\\d{4})(?=x)$', 1_048_576],
  ['^I?\\d+[:|-]\\d+(?:;\\d+[:|-]\\d+)*$', 131_072],
  ['^[a-z0-9]+(?:-[a-z0-9]+)*$', 262_144],
  ['^(?<host>[^:/]+)(?::\\d{1,5})?(?:/[^/]+)*$', 131_072],
  ['^(?:a|b[cd]|\\x65\\u0066)*$', 262_144],
  ['a(?:,a)*', 512],
  ['b{1000}c', 1024],
  ['[a-z]{30}!', 32_768],
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
  '^(?:a?){19}b{9000}c$',
  '^(?=(?:a?){19}b{9000}c)',
  '(?<=(?:a|a){9}b{900}c)x',
  '^(?:\\ud83d\\ude00|😀)*$',
  '^(?:[\\ud83d\\ude00]|😀)*$',
  '^(?:[\\ud83d\\ude00-\\ud83d\\ude4f]|😀)*$',
  '^(?:[^\\ud83d]|😀)*$',
  '(',
  '[',
  'a'.repeat(1001),
])('longestMatch() limits %s to strings of at most 4 characters', (pattern) => {
  expect(longestMatch(pattern)).toBeLessThanOrEqual(4)
})

test('longestMatch() analyzes classes of many characters in bounded time', () => {
  const character = (index: number): string => String.fromCodePoint(0x4e00 + 2 * index)
  const classes = Array.from({ length: 4 }, (_, start) => {
    return `[${Array.from({ length: 110 }, (_item, index) => character(start * 110 + index)).join('')}]?`
  })
  // The best of three: the first one also compiles the analysis.
  const times = [100, 101, 102].map((count) => cpuMs(() => longestMatch(`^(?:${classes.join('')}x){${count}}$`)))
  expect(Math.min(...times)).toBeLessThan(5 * twoMillionSteps())
})

test('longestMatch() allows only matches that take about as long as two million steps', () => {
  const atom = fc.constantFrom('a', 'b', '.', '[ab]', '\\w', 'a|b', '', 'a{400}', '😀', '\\ud83d\\ude00', '(?=a*)')
  const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
    pattern: fc.oneof(
      { depthSize: 'small' },
      atom,
      fc.tuple(tie('pattern'), tie('pattern')).map((two) => two.join('')),
      fc
        .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{2,5}', '{3}', '{0,300}', '*?'))
        .map(([inner, sign]) => `(?:${inner})${sign}`),
    ),
  }))
  const match = (text: string, filler: string): void => {
    const length = Math.min(longestMatch(text), 65_536)
    if (length >= 0) new RegExp(text, 'u').test(`${filler.repeat(Math.max(0, length - 1) / filler.length)}!`)
  }
  const mostMs = 10 * twoMillionSteps()
  fc.assert(
    fc.property(pattern, fc.constantFrom('a', 'ab', '😀'), (text, filler) => {
      expect(cpuMs(() => match(`${text}$`, filler))).toBeLessThan(mostMs)
    }),
    { numRuns: 500 },
  )
})

/** Returns the CPU time of a match of about two million steps, in milliseconds. */
function twoMillionSteps(): number {
  return cpuMs(() => /[ab]{64}c/u.test('a'.repeat(32_768))) + 5
}
