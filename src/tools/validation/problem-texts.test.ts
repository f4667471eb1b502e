import { expect, test } from 'vitest'
import { createInputCheck } from './check-input.ts'
import { problemLines } from './explain-errors.ts'

const object = (properties: object, more: object = {}): object => ({ type: 'object', properties, ...more })
const inA = (schema: unknown): object => object({ a: schema })
const move = object({ kind: { const: 'move' }, to: { type: 'string' } }, { required: ['kind', 'to'] })
const remove = object({ kind: { const: 'delete' }, force: { type: 'boolean' } }, { required: ['kind'] })
const definitions = { $defs: { box: object({ x: { type: 'string' } }, { required: ['x'] }) } }

test.each<[keyword: string, schema: unknown, input: unknown, text: string]>([
  ['type', { type: 'object' }, 3, 'the argument: expected an object, got 3'],
  ['type', inA({ type: ['string', 'null'] }), { a: 1 }, 'a: expected string | null, got 1'],
  [
    'type',
    inA({ type: 'array', items: { type: 'string' } }),
    { a: {} },
    'a: expected Array<string>, got an empty object',
  ],
  ['type in capitals', inA({ type: 'INTEGER' }), { a: '1' }, 'a: expected integer, got the string "1"'],
  ['const', inA({ const: { k: 1 } }), { a: { k: 2 } }, 'a: expected {"k":1}, got {"k":2}'],
  ['enum', inA({ enum: [1, 2] }), { a: 3 }, 'a: expected 1 | 2, got 3'],
  ['minimum', inA({ minimum: 3 }), { a: 1 }, 'a: expected a number >= 3, got 1'],
  ['exclusiveMaximum', inA({ exclusiveMaximum: 3 }), { a: 3 }, 'a: expected a number < 3, got 3'],
  ['multipleOf', inA({ multipleOf: 5 }), { a: 3 }, 'a: expected a multiple of 5, got 3'],
  ['minLength', inA({ minLength: 3 }), { a: 'x' }, 'a: expected at least 3 characters, got the string "x"'],
  [
    'maxLength',
    inA({ maxLength: 3 }),
    { a: 'x'.repeat(100) },
    `a: expected at most 3 characters, got the string "${'x'.repeat(80)}"… (100 characters)`,
  ],
  ['pattern', inA({ pattern: '^a$' }), { a: 'b' }, 'a: expected a string that matches "^a$", got the string "b"'],
  ['required', object({ a: { type: 'string' } }, { required: ['a'] }), {}, 'a: required (string), but missing'],
  ['required alone', { required: ['a'] }, {}, 'a: required, but missing'],
  [
    'required of a reference',
    { ...definitions, ...object({ a: { $ref: '#/$defs/box' } }, { required: ['a'] }) },
    {},
    'a: required ({ x: string; }), but missing',
  ],
  ['$ref', { ...definitions, ...inA({ $ref: '#/$defs/box' }) }, { a: {} }, 'a.x: required (string), but missing'],
  [
    'dependentRequired',
    { dependentRequired: { card: ['name'] }, properties: { name: { type: 'string' } } },
    { card: 1, nam: 'x' },
    'name: required (string) when "card" is given, but missing; "nam" was given instead',
  ],
  ['dependencies', { dependencies: { b: ['a'] } }, { b: 1 }, 'a: required when "b" is given, but missing'],
  [
    'dependentSchemas',
    { dependentSchemas: { b: inA({ type: 'number' }) } },
    { b: 1, a: 'x' },
    'a: expected number, got the string "x"',
  ],
  ['if', { if: { required: ['b'] }, then: { required: ['a'] } }, { b: 1 }, 'a: required, but missing'],
  [
    'additionalProperties: false',
    object({ a: {}, b: {} }, { additionalProperties: false }),
    { 'x y': 2 },
    '["x y"]: not a known property; must be one of "a", "b"',
  ],
  [
    'additionalProperties',
    inA({ additionalProperties: { type: 'number' } }),
    { a: { b: '1' } },
    'a.b: expected number, got the string "1"',
  ],
  [
    'patternProperties',
    { patternProperties: { '^x-': { type: 'number' } } },
    { 'x-a': '1' },
    '["x-a"]: expected number, got the string "1"',
  ],
  [
    'unevaluatedProperties: false',
    object({ a: {} }, { allOf: [object({ color: {} })], unevaluatedProperties: false }),
    { a: 1, colour: 2 },
    'colour: not a known property; did you mean "color"?',
  ],
  [
    'propertyNames',
    inA({ propertyNames: { pattern: '^[a-z]+$' } }),
    { a: { X: 1 } },
    'a.X: not a valid name of a property: expected a string that matches "^[a-z]+$"',
  ],
  [
    'minProperties',
    inA({ minProperties: 2 }),
    { a: { b: 1 } },
    'a: expected at least 2 properties, got an object with "b"',
  ],
  [
    'maxProperties',
    inA({ maxProperties: 1 }),
    { a: { b: 1, c: 2 } },
    'a: expected at most 1 property, got an object with "b", "c"',
  ],
  ['minItems', inA({ minItems: 1 }), { a: [] }, 'a: expected at least 1 item, got an empty array'],
  ['maxItems', inA({ maxItems: 1 }), { a: [1, 2] }, 'a: expected at most 1 item, got an array of 2'],
  [
    'uniqueItems',
    inA({ uniqueItems: true }),
    { a: [1, 2, 1] },
    'a: expected no item twice, got the same at [0] and [2]',
  ],
  ['items: false', inA({ prefixItems: [{}], items: false }), { a: [1, 2] }, 'a[1]: expected no item here, got 2'],
  ['prefixItems', inA({ prefixItems: [{ type: 'string' }] }), { a: [2] }, 'a[0]: expected string, got 2'],
  [
    'contains',
    inA({ contains: { type: 'string' } }),
    { a: [1, 2] },
    'a: expected at least 1 of its items to fit string, got 0 of 2',
  ],
  [
    'minContains',
    inA({ contains: { type: 'string' }, minContains: 2, maxContains: 3 }),
    { a: [1, '2'] },
    'a: expected 2 to 3 of its items to fit string, got 1 of 2',
  ],
  [
    'maxContains',
    inA({ contains: { type: 'string' }, minContains: 0, maxContains: 0 }),
    { a: ['1'] },
    'a: expected none of its items to fit string, got 1 of 1',
  ],
  [
    'not',
    inA({ not: { type: 'string' } }),
    { a: 'x' },
    'a: expected a value that does not fit string, got the string "x"',
  ],
  ['not: {}', inA({ not: {} }), { a: 'x' }, 'a: expected no value here, got the string "x"'],
  ['a schema that is false', inA(false), { a: 'x' }, 'a: expected no value here, got the string "x"'],
  ['anyOf', inA({ anyOf: [{ type: 'string' }, { type: 'null' }] }), { a: 1 }, 'a: expected string | null, got 1'],
  [
    'anyOf with several',
    { anyOf: [{ required: ['a'] }, { required: ['b'] }] },
    {},
    'the argument: expected { a: unknown; } | { b: unknown; }, got an empty object',
  ],
  ['oneOf', inA({ oneOf: [{ type: 'string' }, { type: 'boolean' }] }), { a: 1 }, 'a: expected string | boolean, got 1'],
  [
    'oneOf of which two fit',
    inA({ oneOf: [{ type: 'integer' }, { type: 'number' }] }),
    { a: 1 },
    'a: fits more than one of integer | number (alternatives 1 and 2), expected exactly one, got 1',
  ],
  ['oneOf with a constant', { oneOf: [move, remove] }, { kind: 'delete', force: 1 }, 'force: expected boolean, got 1'],
  [
    'oneOf without the constant',
    { oneOf: [move, remove] },
    { kind: 'copy' },
    'kind: expected "move" | "delete", got the string "copy"',
  ],
  [
    'oneOf with null',
    { anyOf: [{ type: 'null' }, inA({ enum: ['x'] })] },
    { a: 'y' },
    'a: expected "x", got the string "y"',
  ],
])('the check says what "%s" expects, and what came', (_, schema, input, text) => {
  const verdict = createInputCheck(schema)(input)
  expect(verdict.type === 'wrong' && problemLines(verdict.problems)).toEqual([text])
})

test.each<[string, unknown, unknown]>([
  [
    'names',
    { properties: { [`a\n${'b'.repeat(1000)}`]: {} }, additionalProperties: false },
    { [`c\n${'d'.repeat(1000)}`]: 1 },
  ],
  ['constants', { enum: Array.from({ length: 100 }, (_, n) => `${n}\n${'x'.repeat(1000)}`) }, 'y\n'.repeat(1000)],
  ['patterns', { pattern: `^${'a'.repeat(900)}$` }, 'b'.repeat(1000)],
  ['alternatives', { oneOf: Array.from({ length: 500 }, (_, n) => inA({ const: n })) }, { a: 'x'.repeat(10_000) }],
  ['alternatives that fit', { oneOf: Array.from({ length: 500 }, (_, n) => inA({ maximum: n })) }, { a: -1 }],
  [
    'keys',
    inA({ const: 1 }),
    { a: Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`${n}${'k'.repeat(999)}`, 1])) },
  ],
])('the text about long %s is one short line', (_, schema, input) => {
  const verdict = createInputCheck(schema)(input)
  expect(verdict.type).toBe('wrong')
  const lines = verdict.type === 'wrong' ? problemLines(verdict.problems) : []
  for (const line of lines) expect(line).toMatch(/^.{1,600}$/)
})

const many = Array.from({ length: 5_000 }, (_, n) => `property_${n}_${'x'.repeat(60)}`)
const wide = object(Object.fromEntries(many.map((name) => [name, { type: 'string' }])))

test.each<[string, unknown, unknown]>([
  [
    'unknown properties next to 5,000 known ones',
    { ...wide, additionalProperties: false },
    Object.fromEntries(many.map((name) => [`${name}_`, 1])),
  ],
  ['5,000 missing properties', { ...wide, required: many }, { a: 1 }],
  [
    'the missing properties of 500 large objects',
    { items: object({ a: wide, b: wide }, { required: ['a', 'b'] }) },
    Array.from({ length: 500 }, () => ({})),
  ],
  ['5,000 constants', { items: { enum: many } }, Array.from({ length: 500 }, (_, n) => `${many[0]}${n}`)],
  [
    '500 alternatives with 40 properties',
    {
      oneOf: Array.from({ length: 500 }, (_, n) =>
        object(Object.fromEntries(many.slice(n, n + 40).map((name) => [name, { type: 'string' }])), {
          required: many.slice(n, n + 40),
        }),
      ),
    },
    {},
  ],
])('the check explains %s in bounded time', (_, schema, input) => {
  const check = createInputCheck(schema)
  const start = process.threadCpuUsage()
  expect(check(input).type).not.toBe('fits')
  expect(process.threadCpuUsage(start).user / 1000).toBeLessThan(2_000)
})
