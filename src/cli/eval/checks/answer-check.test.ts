import { describe, expect, test } from 'vitest'
import { Fields } from '../values/fields.ts'
import { parseCheck } from '../tasks/parse-check.ts'
import { answerIn, checkAnswer } from './answer-check.ts'

/** Returns whether a check accepts the final text of a model. */
function accepts(members: object, text: string): boolean {
  const check = parseCheck(new Fields('check', { type: 'answer', ...members }), '/tasks')
  if (check.type !== 'answer') throw new Error('not an answer')
  return checkAnswer(check, text).passes
}

test.each([
  ['ANSWER: 42', '42'],
  ['I think.\n\nANSWER: 42\n', '42'],
  ['**ANSWER:** 42', '42'],
  ['**ANSWER: 42**', '42'],
  ['Answer: `a b`', 'a b'],
  ['ANSWER:\n42', '42'],
  ['ANSWER: 1\nNo, wait.\nANSWER: 2', '2'],
  ['ANSWER: a\nb', 'a\nb'],
  ['### Answer: "x"', 'x'],
  ['Final answer: 42', '42'],
  ['ANSWER:', ''],
  ['The ANSWER: 42 is right', null],
  ['42', null],
  ['', null],
])('the answer in %j is %j', (text, answer) => {
  expect(answerIn(text)).toBe(answer)
})

describe('a check of the answer', () => {
  test.each([
    [{ equals: 'paid' }, 'Paid.', true],
    [{ equals: 'paid' }, 'paid  ', true],
    [{ equals: 'paid' }, 'not paid', false],
    [{ equals: 'paid' }, '', false],
    [{ oneOf: ['a b', 'c'] }, 'A  b', true],
    [{ oneOf: ['a b', 'c'] }, 'ab', false],
    [{ contains: 'ab' }, 'xABx', true],
    [{ contains: ['ab', 'cd'] }, 'ab', false],
    [{ matches: '^r-\\d+$' }, 'R-12', true],
    [{ matches: '^r-\\d+$' }, 'r-12 or r-13', false],
    [{ number: 1234.5 }, '1,234.50', true],
    [{ number: 1234.5 }, '1 234.5 EUR', true],
    [{ number: 1234.5 }, '€1,234.5', true],
    [{ number: 1234.5 }, '1234.51', false],
    [{ number: 1234.5, within: 0.01 }, '1234.51', true],
    [{ number: -3 }, '−3', true],
    [{ number: 3 }, '-3', false],
    [{ number: 5 }, '5 or 6', false],
    [{ number: 5 }, 'five', false],
    [{ number: 5 }, '', false],
    [{ number: 1 }, '1, 234', false],
    [{ list: ['a', 'b'] }, 'a, b', true],
    [{ list: ['a', 'b'] }, 'b, a', false],
    [{ list: ['a', 'b'] }, '1. a\n2. b', true],
    [{ set: ['a', 'b'] }, 'B; a', true],
    [{ set: ['a', 'b'] }, '- b\n- a', true],
    [{ set: ['a', 'b'] }, 'a', false],
    [{ set: ['a', 'b'] }, 'a, b, c', false],
    [{ set: ['a', 'b'] }, 'a, b, b', false],
  ])('%j of %j returns %s', (members, answer, passes) => {
    expect(accepts(members, `Done.\nANSWER: ${answer}`)).toBe(passes)
    expect(accepts(members, answer)).toBe(false)
  })
})
