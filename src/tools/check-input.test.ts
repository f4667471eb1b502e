import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createInputCheck } from './check-input.ts'
import { problemLines } from './explain-errors.ts'

const editFile = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  type: 'object',
  properties: {
    path: { type: 'string' },
    edits: {
      type: 'array',
      items: {
        type: 'object',
        properties: { oldText: { type: 'string' }, newText: { type: 'string' } },
        required: ['oldText', 'newText'],
        additionalProperties: false,
      },
    },
    dryRun: { type: 'boolean', default: false },
  },
  required: ['path', 'edits'],
  additionalProperties: false,
}

const operation = {
  anyOf: [
    { type: 'object', properties: { kind: { const: 'move' }, to: { type: 'string' } }, required: ['kind', 'to'] },
    { type: 'object', properties: { kind: { const: 'delete' }, force: { type: 'boolean' } }, required: ['kind'] },
  ],
}

const list = {
  $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' }, v: { type: 'number' } } } },
}

test.each<[string, unknown, unknown, readonly string[]]>([
  ['a wrong type', editFile, { path: 1, edits: [] }, ['path: expected string, got 1']],
  ['a missing property', editFile, { edits: [] }, ['path: required (string), but missing']],
  [
    'a misspelt property inside an array, once',
    editFile,
    { path: 'a', edits: [{ old_text: 'x', newText: 'y' }] },
    ['edits[0].oldText: required (string), but missing; "old_text" was given in its place'],
  ],
  [
    'a misspelt optional property',
    editFile,
    { path: 'a', edits: [], dry_run: true },
    ['dry_run: not a known property; did you mean "dryRun"?'],
  ],
  [
    'a property nobody knows',
    editFile,
    { path: 'a', edits: [], colour: 'red' },
    ['colour: not a known property; known are "path", "edits", "dryRun"'],
  ],
  [
    'only the alternative that was meant',
    operation,
    { kind: 'delete', force: 'yes' },
    ['force: expected boolean, got the string "yes"'],
  ],
  [
    'all alternatives where none was meant',
    operation,
    3,
    ['the argument: expected { kind: "move"; to: string; } | { force?: boolean; kind: "delete"; }, got 3'],
  ],
  [
    'the nearest of several constants',
    { properties: { mode: { enum: ['read', 'write'] } } },
    { mode: 'reed' },
    ['mode: expected "read" | "write" (did you mean "read"?), got the string "reed"'],
  ],
  ['a bound', { properties: { n: { minimum: 1 } } }, { n: 0 }, ['n: expected a number >= 1, got 0']],
  [
    'a bound in the words of draft 4',
    { properties: { n: { minimum: 1, exclusiveMinimum: true } } },
    { n: 1 },
    ['n: expected a number > 1, got 1'],
  ],
  ['a whole number', { properties: { n: { type: 'integer' } } }, { n: 0.5 }, ['n: expected integer, got 0.5']],
  [
    'a pattern that is safe for the length of the text',
    { properties: { id: { pattern: '^[a-z]+-\\d+$' } } },
    { id: 'A1' },
    ['id: expected a string that matches "^[a-z]+-\\\\d+$", got the string "A1"'],
  ],
  [
    'what a recursive reference leads to',
    { ...list, properties: { head: { $ref: '#/$defs/node' } } },
    { head: { next: { next: { v: 'x' } } } },
    ['head.next.next.v: expected number, got the string "x"'],
  ],
  [
    'five of many problems',
    { additionalProperties: { type: 'number' } },
    Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`p${index}`, 'x'])),
    [...[0, 1, 2, 3, 4].map((index) => `p${index}: expected number, got the string "x"`), 'and 4 more'],
  ],
])('the check names %s', (_, schema, input, problems) => {
  const verdict = createInputCheck(schema)(input)
  expect(verdict.type === 'wrong' && problemLines(verdict.problems)).toEqual(problems)
})

test.each<[string, unknown, unknown]>([
  ['no schema', undefined, { a: 1 }],
  ['a default that was not given', editFile, { path: 'a', edits: [] }],
  ['null where OpenAPI says nullable', { properties: { a: { type: 'string', nullable: true } } }, { a: null }],
  ['null beside constants and nullable', { properties: { a: { enum: ['x'], nullable: true } } }, { a: null }],
  [
    'null for a nullable reference',
    { $defs: { s: { type: 'string' } }, properties: { a: { $ref: '#/$defs/s', nullable: true } } },
    { a: null },
  ],
  ['a type that no draft knows', { properties: { a: { type: 'any' }, b: { type: 'str' } } }, { a: 1, b: 'x' }],
  ['required as a boolean, or as a text', { required: 'abc', properties: { a: { required: true } } }, {}],
  ['bounds that are no numbers', { properties: { a: { minimum: '3', maxLength: {}, enum: 'x', items: 3 } } }, { a: 1 }],
  ['any format', { properties: { at: { type: 'string', format: 'date-time' } } }, { at: 'tomorrow' }],
  ['a pattern that does not compile', { properties: { a: { pattern: '(' } } }, { a: 'x' }],
  ['a pattern that the u flag refuses', { properties: { a: { pattern: '^[\\w-]+\\-$' } } }, { a: 'x' }],
  ['keys of unsafe patterns', { patternProperties: { '^(a+)+$': {} }, additionalProperties: false }, { aa: 1 }],
  [
    'a property named __proto__',
    JSON.parse('{"properties":{"__proto__":{"type":"string"}}}'),
    JSON.parse('{"__proto__":"x"}'),
  ],
])('the check lets through %s', (_, schema, input) => {
  expect(createInputCheck(schema)(input)).toEqual({ type: 'fits' })
})

describe('a schema that is an attack', () => {
  const pairs = Object.fromEntries(
    Array.from({ length: 30 }, (_, index) => {
      const next = { $ref: `#/$defs/a${index + 1}` }
      return [`a${index}`, { allOf: [next, next] }]
    }),
  )
  const deep = (levels: number): unknown => {
    let schema: unknown = {}
    for (let level = 0; level < levels; level++) schema = { properties: { a: schema } }
    return schema
  }
  const cyclic: Record<string, unknown> = { type: 'object' }
  cyclic['properties'] = { self: cyclic }

  test.each<[string, unknown, unknown, RegExp]>([
    ['2^30 branches', { $defs: { ...pairs, a30: {} }, $ref: '#/$defs/a0' }, {}, /too many steps|too long/],
    ['a reference to itself', { $ref: '#' }, {}, /call stack/],
    ['a reference to another machine', { $ref: 'http://127.0.0.1:1/x' }, {}, /^Unresolved \$ref/],
    ['a million constants', { enum: Array.from({ length: 1e6 }, (_, i) => `v${i}`) }, {}, /more than 50000 parts/],
    ['ten thousand levels', deep(10_000), {}, /deeper than 100 levels/],
    ['an object that contains itself', cyclic, {}, /deeper than 100 levels/],
    [
      'a getter that throws',
      {
        get type() {
          throw new Error('no')
        },
      },
      {},
      /^no$/,
    ],
    [
      'uniqueness of 50 000 items',
      { uniqueItems: true },
      Array.from({ length: 50_000 }, (_, i) => i),
      /too many steps/,
    ],
  ])('%s: the input is passed on unchecked', (_, schema, input, reason) => {
    expect(createInputCheck(schema)(input)).toEqual({ type: 'unchecked', reason: expect.stringMatching(reason) })
  })

  test('a pattern that would take years is not matched', () => {
    expect(createInputCheck({ type: 'string', pattern: '^(a+)+$' })(`${'a'.repeat(50)}b`)).toEqual({ type: 'fits' })
  })

  test('once a check was too much, none is tried again', () => {
    const check = createInputCheck({ properties: { list: { uniqueItems: true } }, required: ['list'] })
    expect(check({}).type).toBe('wrong')
    expect(check({ list: Array.from({ length: 50_000 }, (_, i) => i) }).type).toBe('unchecked')
    expect(check({}).type).toBe('unchecked')
  })

  test('names, constants and values are kept short and on one line', () => {
    const name = `a\n${'b'.repeat(1000)}`
    const verdict = createInputCheck({ required: [name], properties: { [name]: { const: 'x\n'.repeat(999) } } })({})
    expect(verdict.type === 'wrong' && verdict.problems.every(({ text }) => /^.{1,500}$/.test(text))).toBe(true)
  })
})

test('whatever schema and input come, the check answers', () => {
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
  const { schema } = fc.letrec((tie) => ({
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
  }))
  const input = fc.oneof(fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.jsonValue()), fc.jsonValue())
  fc.assert(
    fc.property(schema, input, (anySchema, anyInput) => {
      const verdict = createInputCheck(anySchema)(anyInput)
      if (verdict.type !== 'wrong') return
      expect(verdict.problems.length).toBeGreaterThan(0)
      for (const { text } of verdict.problems) expect(text).toMatch(/^.{1,600}$/)
    }),
    { numRuns: 2000 },
  )
})
