import { describe, expect, test } from 'vitest'
import { createInputCheck } from './check-input.ts'
import { unknownValue } from './visit.ts'

const fits = (schema: unknown, input: unknown): boolean => createInputCheck(schema)(input).type !== 'wrong'

/** Schemas with a part that codecell cannot check, and values for which that part decides. */
const leftOut: readonly (readonly [name: string, schema: object | boolean, value: unknown])[] = [
  ['a format', { type: 'string', format: 'uuid' }, 'a@b.c'],
  ['an unknown format', { format: 'int128' }, 7],
  ['a pattern with flags', { pattern: '(?i)^admin$' }, 'guest'],
  ['a pattern of another language', { pattern: '^[[:alpha:]]+$' }, 'guest'],
  ['a pattern about letters, with others than ASCII', { pattern: '^\\w+$' }, 'größe'],
  ['an unsafe pattern', { pattern: '^(a+)+$' }, `${'a'.repeat(40)}b`],
  ['a pattern that is a number', { pattern: 1 }, 'guest'],
  ['an unknown keyword', { isEven: true }, 7],
  ['an unknown type', { type: 'file' }, 'x'],
  ['one unknown type of two', { type: ['null', 'file'] }, 'x'],
  ['a keyword with an invalid value', { minimum: '3' }, 1],
  ['an empty enum', { enum: [] }, 1],
  ['a reference to nowhere', { $ref: '#/$defs/nowhere' }, 1],
  ['a reference to another document', { $ref: 'https://example.com/schema.json' }, 1],
  ['a reference that leads back to itself', { $id: 'https://example.com/loop', $ref: '#' }, 1],
  ['another dialect', { $schema: 'https://example.com/dialect', type: 'string' }, 1],
  ['encoded content', { contentEncoding: 'base64' }, '%'],
  ['a step with errors of rounding', { multipleOf: 0.0001 }, 0.0075],
  ['a property with a format', { properties: { a: { format: 'date' } } }, { a: 'x' }],
  ['unreadable names', { patternProperties: { '(?i)^x': { type: 'string' } } }, { a: 1 }],
  ['a required property with a default', { required: ['a'], properties: { a: { default: 1 } } }, {}],
  ['null where OpenAPI allows it', { type: 'string', nullable: true }, null],
  ['keywords next to a reference', { $defs: { a: {} }, $ref: '#/$defs/a', type: 'string' }, 1],
  [
    'keywords next to a reference in draft 7, which Ajv reads',
    {
      $schema: 'http://json-schema.org/draft-07/schema#',
      definitions: { a: {} },
      $ref: '#/definitions/a',
      type: 'string',
    },
    1,
  ],
  ['a type that no constant has', { type: 'string', enum: [true, false] }, 'true'],
  ['constants of another type', { type: 'string', enum: [1, 2] }, 1],
  ['a constant of another type', { type: 'string', const: 1 }, '1'],
  ['a discriminator', { discriminator: { propertyName: 'k' }, oneOf: [{ type: 'object' }, {}] }, { k: 'a' }],
  ['a line feed before the end', { pattern: '^a$' }, 'a\n'],
  ['a line separator', { pattern: '^a.b$' }, 'a\u2028b'],
  ['a keyword of a later draft', { $schema: 'http://json-schema.org/draft-04/schema#', const: 1 }, 2],
  ['an unknown value', { type: 'string' }, unknownValue],
]

/** Keywords that refuse a value because a schema inside accepts it, or because it does not. */
const negating: readonly (readonly [
  name: string,
  wrap: (schema: unknown, value: unknown) => readonly [unknown, unknown],
])[] = [
  ['nothing', (schema, value) => [schema, value]],
  ['not', (schema, value) => [{ not: schema }, value]],
  ['not not', (schema, value) => [{ not: { not: schema } }, value]],
  ['not anyOf', (schema, value) => [{ not: { anyOf: [schema, false] } }, value]],
  ['not allOf', (schema, value) => [{ not: { allOf: [schema, {}] } }, value]],
  ['oneOf with another that fits', (schema, value) => [{ oneOf: [schema, {}] }, value]],
  ['oneOf with none that fits', (schema, value) => [{ oneOf: [schema, false] }, value]],
  ['if and then', (schema, value) => [{ if: schema, then: false }, value]],
  ['if and else', (schema, value) => [{ if: schema, else: false }, value]],
  ['then', (schema, value) => [{ not: { if: true, then: schema } }, value]],
  ['contains', (schema, value) => [{ contains: schema }, [value]]],
  ['minContains', (schema, value) => [{ contains: schema, minContains: 2 }, [value, value]]],
  ['maxContains', (schema, value) => [{ contains: schema, minContains: 0, maxContains: 0 }, [value]]],
  ['not properties', (schema, value) => [{ not: { properties: { p: schema } } }, { p: value }]],
  [
    'not required and properties',
    (schema, value) => [{ not: { required: ['p'], properties: { p: schema } } }, { p: value }],
  ],
  ['not items', (schema, value) => [{ not: { items: schema } }, [value]]],
  ['not prefixItems', (schema, value) => [{ not: { prefixItems: [schema] } }, [value]]],
  [
    'not dependentSchemas',
    (schema, value) => [{ not: { dependentSchemas: { q: { properties: { q: schema } } } } }, { q: value }],
  ],
  ['not additionalProperties', (schema, value) => [{ not: { additionalProperties: schema } }, { p: value }]],
  ['not unevaluatedProperties', (schema, value) => [{ not: { unevaluatedProperties: schema } }, { p: value }]],
  ['not unevaluatedItems', (schema, value) => [{ not: { unevaluatedItems: schema } }, [value]]],
  [
    'unevaluatedProperties after anyOf',
    (schema, value) => [
      { anyOf: [{ properties: { p: schema, q: {} } }, { properties: { p: {} } }], unevaluatedProperties: false },
      { p: value, q: 1 },
    ],
  ],
]

describe.each(leftOut)('an input for which %s decides', (_, schema, value) => {
  test.each(negating)('is not refused inside %s', (_name, wrap) => {
    const [wrapped, input] = wrap(schema, value)
    expect(fits(wrapped, input)).toBe(true)
  })
})

test.each<[string, unknown, unknown]>([
  ['another property', { properties: { a: { not: { format: 'uuid' } }, b: { type: 'string' } } }, { a: 'x', b: 1 }],
  ['a type that some constants have', { type: 'string', enum: ['a', 1] }, 1],
  ['a pattern and more than one line', { pattern: '^.+$' }, 'a\nb'],
  ['the type next to a format', { not: { not: { type: 'string', format: 'uuid' } } }, 1],
  [
    'both alternatives',
    {
      oneOf: [
        { type: 'string', format: 'uuid' },
        { type: 'string', format: 'email' },
      ],
    },
    1,
  ],
  ['two alternatives in spite of a third', { oneOf: [{ format: 'uuid' }, { type: 'string' }, { maxLength: 9 }] }, 'x'],
  ['then and else', { if: { format: 'uuid' }, then: { minLength: 3 }, else: { minLength: 4 } }, 'x'],
  ['the number of certain items', { contains: { const: 1 }, minContains: 3 }, [1, 2, 3]],
  [
    'a property next to a broken reference',
    { properties: { a: { $ref: '#/nowhere' }, b: { type: 'string' } } },
    { b: 1 },
  ],
  ['a name that no pattern can match', { patternProperties: { '^x': {} }, additionalProperties: false }, { y: 1 }],
  [
    'a property that no alternative knows',
    { anyOf: [{ properties: { a: { format: 'date' } } }], unevaluatedProperties: false },
    { a: 'x', b: 1 },
  ],
])('an input is refused for %s', (_, schema, input) => {
  expect(fits(schema, input)).toBe(false)
})

describe('a required property with a default', () => {
  const withDefault = { type: 'string', default: 'x' }
  const needsA = { type: 'object', required: ['a'] }
  const definitions = { $defs: { a: withDefault, object: { ...needsA, properties: { a: withDefault } }, bare: needsA } }

  test.each<[string, object, unknown]>([
    ['directly', { ...needsA, properties: { a: withDefault } }, {}],
    ['with a default of null', { ...needsA, properties: { a: { default: null } } }, {}],
    ['through a reference', { ...definitions, ...needsA, properties: { a: { $ref: '#/$defs/a' } } }, {}],
    ['through allOf', { ...definitions, ...needsA, properties: { a: { allOf: [{ $ref: '#/$defs/a' }] } } }, {}],
    ['in another member of allOf', { allOf: [needsA, { properties: { a: withDefault } }] }, {}],
    [
      'next to a reference that requires it',
      { ...definitions, $ref: '#/$defs/bare', properties: { a: withDefault } },
      {},
    ],
    ['in a nested object', { properties: { o: { ...needsA, properties: { a: withDefault } } } }, { o: {} }],
    [
      'in a nested object in two schemas',
      { allOf: [{ properties: { o: needsA } }, { properties: { o: { properties: { a: withDefault } } } }] },
      { o: {} },
    ],
    ['in an object of a list', { ...definitions, type: 'array', items: { $ref: '#/$defs/object' } }, [{}]],
    ['by a pattern', { ...needsA, patternProperties: { '^a$': withDefault } }, {}],
    [
      'in one of several alternatives',
      { oneOf: [{ ...needsA, properties: { a: withDefault } }, { type: 'null' }] },
      {},
    ],
    ['that another property requires', { dependentRequired: { b: ['a'] }, properties: { a: withDefault } }, { b: 1 }],
  ])('may be missing %s', (_, schema, input) => {
    expect(fits(schema, input)).toBe(true)
  })

  test('is checked when it is there', () => {
    expect(fits({ ...needsA, properties: { a: withDefault } }, { a: 1 })).toBe(false)
  })

  test('does not make another one optional', () => {
    expect(fits({ ...needsA, properties: { a: {}, b: withDefault } }, {})).toBe(false)
    expect(fits({ ...needsA, properties: { b: { properties: { a: withDefault } } } }, { b: {} })).toBe(false)
  })
})

test.each([
  ['OBJECT', {}, []],
  ['Array', [], {}],
  ['STRING', 'x', 1],
  ['INTEGER', 1, 1.5],
  ['Number', 1.5, '1'],
  ['BOOLEAN', true, 'true'],
  ['NULL', null, 0],
])('the type %s is the type of that name', (type, right, wrong) => {
  expect([fits({ type }, right), fits({ type }, wrong)]).toEqual([true, false])
  expect([fits({ type: [type] }, right), fits({ not: { type } }, right)]).toEqual([true, false])
})

describe('the check of a schema that is hard to check', () => {
  const chain = Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`a${n}`, { $ref: `#/$defs/a${n + 1}` }]))

  test.each<[string, unknown, unknown]>([
    ['5,000 references in a row', { $defs: chain, $ref: '#/$defs/a0' }, {}],
    [
      'two references to each other',
      { $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } }, $ref: '#/$defs/a' },
      {},
    ],
    ['a reference to itself inside not', { not: { $ref: '#' } }, {}],
    ['a deep input for a recursive schema', { properties: { a: { $ref: '#' } } }, nested(20_000)],
    ['a pattern that takes years', { pattern: '^(\\w+\\s?)+$' }, `${'word '.repeat(1_000)}!`],
    [
      '10,000 patterns of names',
      { patternProperties: Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`^(a|b)*${n}$`, false])) },
      Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`ab${n}x`, n])),
    ],
    ['many unique objects', { uniqueItems: true }, Array.from({ length: 30_000 }, (_, n) => ({ n }))],
    [
      'defaults in 10,000 alternatives',
      { required: ['a'], anyOf: Array.from({ length: 10_000 }, () => ({ properties: { a: { default: 1 } } })) },
      {},
    ],
  ])('ends soon for %s', (_, schema, input) => {
    const start = process.threadCpuUsage()
    expect(fits(schema, input)).toBe(true)
    expect(process.threadCpuUsage(start).user / 1000).toBeLessThan(2_000)
  })
})

function nested(levels: number): object {
  let value = {}
  for (let level = 0; level < levels; level++) value = { a: value }
  return value
}
