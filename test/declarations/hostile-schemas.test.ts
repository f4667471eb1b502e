import { describe, expect, test } from 'vitest'
import { augmentedDescription } from '../../src/declarations/render-tool.ts'
import { renderSchema } from '../../src/declarations/render-schema.ts'
import { SchemaRenderer } from '../../src/declarations/schema-renderer.ts'
import { judge, typeOf } from './assignments.ts'
import { CountedReads } from './counted-reads.ts'
import { complaintsOf } from './type-checker.ts'

type Json = Record<string, unknown>

const many = (count: number, member: (at: number) => unknown): Json =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`m${at}`, member(at)]))

function deep(levels: number, around: (schema: unknown) => unknown): unknown {
  let schema: unknown = { type: 'string' }
  for (let level = 0; level < levels; level++) schema = around(schema)
  return schema
}

function cyclic(): Json {
  const schema: Json = { type: 'object' }
  schema['properties'] = { a: schema, b: schema, c: { type: 'array', items: schema } }
  return schema
}

const twice = (at: number): readonly Json[] => [{ $ref: `#/$defs/m${at + 1}` }, { $ref: `#/$defs/m${at + 1}` }]
const throwing = new Proxy(
  {},
  {
    get: () => {
      throw new RangeError('no')
    },
    has: () => {
      throw new RangeError('no')
    },
  },
)
const list = (length: number, member: (at: number) => unknown): unknown[] =>
  Array.from({ length }, (_, at) => member(at))

const schemas: readonly (readonly [what: string, schema: unknown])[] = [
  ['objects in 10,000 levels', deep(10_000, (schema) => ({ type: 'object', properties: { a: schema } }))],
  ['arrays in 10,000 levels', deep(10_000, (schema) => ({ type: 'array', items: schema }))],
  ['10,000 references in a row', { $ref: '#/$defs/m0', $defs: many(10_000, (at) => ({ $ref: `#/$defs/m${at + 1}` })) }],
  ['2^40 members of allOf', { $ref: '#/$defs/m0', $defs: many(40, (at) => ({ allOf: twice(at) })) }],
  ['2^40 members of anyOf', { $ref: '#/$defs/m0', $defs: many(40, (at) => ({ anyOf: twice(at) })) }],
  ['2^40 properties', { $ref: '#/$defs/m0', $defs: many(40, (at) => ({ properties: { ...Object(twice(at)) } })) }],
  ['an object that contains itself', cyclic()],
  ['a reference to itself', { $ref: '#' }],
  ['10,000 properties', { properties: many(10_000, () => ({ type: 'string', description: 'x'.repeat(20) })) }],
  ['3,900 long descriptions', { properties: many(3_900, () => ({ type: 'string', description: 'x'.repeat(1_200) })) }],
  ['10,000 values', { enum: list(10_000, (at) => `value${at}`) }],
  ['10,000 alternatives', { anyOf: list(10_000, (at) => ({ const: at })) }],
  ['10,000 conditions', { allOf: list(10_000, (at) => ({ properties: { [`p${at}`]: { type: 'string' } } })) }],
  ['30,000 anchors', { $ref: '#none', all: list(30_000, (at) => ({ $anchor: `a${at}` })) }],
  ['a comment of 500,000 lines', { properties: { a: { description: 'y\n'.repeat(500_000) } } }],
  ['a constant of 1 MB', { const: 'x'.repeat(1_000_000) }],
  ['10,000 required names', { required: list(10_000, String) }],
  ['10,000 patterns', { patternProperties: many(10_000, () => ({ type: 'string' })) }],
  ['10,000 elements', { prefixItems: list(10_000, () => ({ type: 'string' })) }],
  ['10,000 types', { type: list(10_000, () => 'object'), properties: { a: { type: 'string' } } }],
  ['an object that throws', throwing],
  ['a property that throws', { properties: { a: throwing } }],
  ['a constant without a JSON text', { const: 1n }],
]

/** More than any of these schemas needs. Without limits it would be far more. */
const mostReads = 500_000

describe('a hostile schema', () => {
  test.each(schemas)('with %s has a short description and is read within the limits', (_, schema) => {
    const reads = new CountedReads(mostReads)
    expect(describeTool(reads.of(schema)).length).toBeLessThan(17_000)
    expect(typeof renderSchema(reads.of(schema))).toBe('string')
    expect(reads.count).toBeLessThan(mostReads)
  })

  test('has a type that the compiler accepts', () => {
    const texts = schemas.map(([, schema], at) => typeOf(schema, `c${at}`).text)
    expect(complaintsOf(texts.join('\n'))).toEqual([])
  })
})

test('text in a schema does not become code', () => {
  const schemasWithText = [
    '*/ evil',
    '\n}; evil: {',
    '\u2028evil',
    '\u2029evil',
    '\r\nevil',
    '```\nevil',
    '// evil',
    '${evil}',
    '`evil',
    '\\" evil',
    '__proto__',
  ].map((evil) => ({
    type: 'object',
    title: evil,
    properties: { [evil]: { type: 'string', description: evil, pattern: evil, format: evil, default: evil } },
    patternProperties: { [`^${evil}`]: { enum: [evil] } },
    required: [evil, `${evil}2`],
    anyOf: [{ const: { [evil]: evil } }, { $ref: '#' }],
    $defs: { [evil]: { properties: { self: { $ref: `#/$defs/${evil}` } } } },
    additionalProperties: { $ref: `#/$defs/${evil}` },
  }))
  for (const schema of schemasWithText) expect(describeTool(schema).match(/^`{3,}/gm)).toHaveLength(2)
  // The compiler accepts each type and refuses the value that follows it.
  const verdicts = judge(schemasWithText.map((schema) => ({ schema, value: 1 })))
  expect(verdicts.filter((verdict) => verdict === null)).toEqual([])
})

test('SchemaRenderer reads a document that 1,200 schemas share once', () => {
  const reference = (at: number): unknown => ({ $ref: `#/components/m${at}` })
  const inTen = (at: number, step: number): number => at - (at % 10) + ((at + step) % 10)
  const component = (at: number): unknown => ({
    type: 'object',
    properties: {
      id: { type: 'string' },
      next: reference(inTen(at, 1)),
      other: { type: 'array', items: reference(inTen(at, 7)) },
    },
  })
  const reads = new CountedReads(200_000)
  const renderer = new SchemaRenderer(reads.of({ components: many(1_000, component) }))
  for (let at = 0; at < 1_200; at++) {
    expect(describeTool({ type: 'object', properties: { body: reference(at % 1_000) } }, renderer).length).toBeLessThan(
      17_000,
    )
  }
  expect(reads.count).toBeLessThan(200_000)
})

function describeTool(inputSchema: unknown, renderer?: SchemaRenderer): string {
  const tool = { identifier: 'f', kind: 'function', description: '', inputSchema, outputSchema: undefined } as const
  return augmentedDescription(tool, renderer)
}
