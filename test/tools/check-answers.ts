import fc from 'fast-check'
import { expect } from 'vitest'
import { createInputCheck } from '../../src/tools/validation/check-input.ts'

const keyword = fc.constantFrom(
  'type',
  'properties',
  'required',
  'items',
  'anyOf',
  'oneOf',
  'allOf',
  'not',
  '$ref',
  '$id',
  'enum',
  'const',
  'pattern',
  'patternProperties',
  'additionalProperties',
  'nullable',
  'if',
  'then',
  'dependentRequired',
  'dependencies',
  'contains',
  'minimum',
  'multipleOf',
  '$defs',
  '__proto__',
  '__absolute_ref__',
  '$recursiveRef',
  'prefixItems',
  'propertyNames',
)

/** Schemas, and values that only look like schemas. */
const schema = fc.letrec((tie) => ({
  leaf: fc.oneof(
    fc.constantFrom<unknown>(
      'string',
      'object',
      'array',
      '#',
      '#/$defs/a',
      '(',
      '^a*$',
      null,
      true,
      false,
      0,
      1,
      -1,
      'a',
    ),
    fc.jsonValue({ maxDepth: 1 }),
  ),
  map: fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('schema'), { maxKeys: 3 }),
  schema: fc.oneof(
    { depthSize: 'small' },
    tie('leaf'),
    fc.dictionary(
      keyword,
      fc.oneof(tie('leaf'), tie('schema'), tie('map'), fc.array(tie('schema'), { maxLength: 3 })),
      { maxKeys: 5 },
    ),
  ),
})).schema

/** Inputs that share some names with the schemas. */
const input = fc.oneof(fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.jsonValue()), fc.jsonValue())

/**
 * Asserts that the validation of any schema returns a verdict for any input: it does not throw, and each problem is one
 * short line.
 */
export const checkAnswers: fc.IProperty<[unknown, unknown]> = fc.property(schema, input, (anySchema, anyInput) => {
  const verdict = createInputCheck(anySchema)(anyInput)
  if (verdict.type !== 'wrong') return
  expect(verdict.problems.length).toBeGreaterThan(0)
  for (const { text } of verdict.problems) expect(text).toMatch(/^.{1,600}$/)
})
