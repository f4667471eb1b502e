import { expect, test } from 'vitest'
import { incompleteInputs, sampleInputs } from './sample-inputs.ts'

test('samples have only the required members, all members, and each further value of a member', () => {
  const properties = { mode: { enum: ['a', 'b'] }, on: { type: 'boolean' }, at: { type: 'integer', minimum: 3 } }
  expect(sampleInputs({ type: 'object', properties, required: ['at'] })).toEqual([
    { at: 3 },
    { mode: 'a', on: true, at: 3 },
    { mode: 'b', on: true, at: 3 },
    { mode: 'a', on: false, at: 3 },
  ])
})

test.each([
  [{ type: ['string', 'null'], maxLength: 1 }, ['a', null]],
  [{ anyOf: [{ type: 'number', exclusiveMinimum: 1 }, { const: 'x' }] }, [2, 'x']],
  [{ type: 'array', items: { $ref: '#/$defs/a~1b' }, minItems: 2, $defs: { 'a/b': { const: 1 } } }, [[1, 1]]],
  [{ type: 'object', additionalProperties: { type: 'boolean' } }, [{ free: true }]],
  [{ allOf: [{ properties: { a: { const: 1 } } }, { properties: { b: { const: 2 } } }] }, [{}, { a: 1, b: 2 }]],
  [{ type: 'string', pattern: '^\\d+[hdw]$' }, ['1d']],
  [{ type: 'string', format: 'uuid' }, ['3b241101-e2bb-4255-8caf-4136c566a962']],
])('samples of %j are valid', (schema, samples) => {
  expect(sampleInputs(schema)).toEqual(samples)
})

test('a recursive schema has samples of a bounded depth', () => {
  const node = { type: 'object', properties: { next: { $ref: '#/$defs/node' } } }
  expect(JSON.stringify(sampleInputs({ ...node, $defs: { node } })).length).toBeLessThan(2000)
})

test('an incomplete input lacks one required member that has no default', () => {
  const properties = { a: { const: 1 }, b: { const: 2 }, c: { type: 'number', default: 3 } }
  expect(incompleteInputs({ type: 'object', properties, required: ['a', 'b', 'c'] })).toEqual([
    { b: 2, c: 1 },
    { a: 1, c: 1 },
  ])
})
