import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkAnswers } from '../../../test/tools/check-answers.ts'
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
    'a misspelled property inside an array once',
    editFile,
    { path: 'a', edits: [{ old_text: 'x', newText: 'y' }] },
    ['edits[0].oldText: required (string), but missing; "old_text" was given instead'],
  ],
  [
    'a misspelled optional property',
    editFile,
    { path: 'a', edits: [], dry_run: true },
    ['dry_run: not a known property; did you mean "dryRun"?'],
  ],
  [
    'an unknown property',
    editFile,
    { path: 'a', edits: [], colour: 'red' },
    ['colour: not a known property; must be one of "path", "edits", "dryRun"'],
  ],
  [
    'a wrong type in the alternative that the input matches best',
    operation,
    { kind: 'delete', force: 'yes' },
    ['force: expected boolean, got the string "yes"'],
  ],
  [
    'a value that fits no alternative',
    operation,
    3,
    ['the argument: expected { kind: "move"; to: string; } | { force?: boolean; kind: "delete"; }, got 3'],
  ],
  [
    'a wrong constant with the nearest one',
    { properties: { mode: { enum: ['read', 'write'] } } },
    { mode: 'reed' },
    ['mode: expected "read" | "write" (did you mean "read"?), got the string "reed"'],
  ],
  ['a number below its bound', { properties: { n: { minimum: 1 } } }, { n: 0 }, ['n: expected a number >= 1, got 0']],
  [
    'a number at an exclusive bound of draft 4',
    { properties: { n: { minimum: 1, exclusiveMinimum: true } } },
    { n: 1 },
    ['n: expected a number > 1, got 1'],
  ],
  [
    'a fraction instead of an integer',
    { properties: { n: { type: 'integer' } } },
    { n: 0.5 },
    ['n: expected integer, got 0.5'],
  ],
  [
    'a string that does not match a safe pattern',
    { properties: { id: { pattern: '^[a-z]+-\\d+$' } } },
    { id: 'A1' },
    ['id: expected a string that matches "^[a-z]+-\\\\d+$", got the string "A1"'],
  ],
  [
    'a wrong type behind a recursive reference',
    { ...list, properties: { head: { $ref: '#/$defs/node' } } },
    { head: { next: { next: { v: 'x' } } } },
    ['head.next.next.v: expected number, got the string "x"'],
  ],
  [
    'five of many problems and the number of the rest',
    { additionalProperties: { type: 'number' } },
    Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`p${index}`, 'x'])),
    [...[0, 1, 2, 3, 4].map((index) => `p${index}: expected number, got the string "x"`), 'and 4 more'],
  ],
])('the check reports %s', (_, schema, input, problems) => {
  const verdict = createInputCheck(schema)(input)
  expect(verdict.type === 'wrong' && problemLines(verdict.problems)).toEqual(problems)
})

test.each<[string, unknown, unknown]>([
  ['any input without a schema', undefined, { a: 1 }],
  ['a missing property with a default', editFile, { path: 'a', edits: [] }],
  ['null for a nullable type of OpenAPI', { properties: { a: { type: 'string', nullable: true } } }, { a: null }],
  ['null for nullable constants', { properties: { a: { enum: ['x'], nullable: true } } }, { a: null }],
  [
    'null for a nullable reference',
    { $defs: { s: { type: 'string' } }, properties: { a: { $ref: '#/$defs/s', nullable: true } } },
    { a: null },
  ],
  ['a type that no draft defines', { properties: { a: { type: 'any' }, b: { type: 'str' } } }, { a: 1, b: 'x' }],
  ['any input when required is a boolean or a string', { required: 'abc', properties: { a: { required: true } } }, {}],
  [
    'any input when bounds are not numbers',
    { properties: { a: { minimum: '3', maxLength: {}, enum: 'x', items: 3 } } },
    { a: 1 },
  ],
  ['any text for a format', { properties: { at: { type: 'string', format: 'date-time' } } }, { at: 'tomorrow' }],
  ['any text for a pattern that does not compile', { properties: { a: { pattern: '(' } } }, { a: 'x' }],
  [
    'any text for a pattern that is invalid with the u flag',
    { properties: { a: { pattern: '^[\\w-]+\\-$' } } },
    { a: 'x' },
  ],
  ['any key for an unsafe pattern', { patternProperties: { '^(a+)+$': {} }, additionalProperties: false }, { aa: 1 }],
  [
    'a property named __proto__',
    JSON.parse('{"properties":{"__proto__":{"type":"string"}}}'),
    JSON.parse('{"__proto__":"x"}'),
  ],
])('the check accepts %s', (_, schema, input) => {
  expect(createInputCheck(schema)(input)).toEqual({ type: 'fits' })
})

describe('the check of a hostile schema', () => {
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
    ['a reference to another server', { $ref: 'http://127.0.0.1:1/x' }, {}, /^Unresolved \$ref/],
    ['60,000 constants', { enum: Array.from({ length: 60_000 }, (_, i) => `v${i}`) }, {}, /more than 50000 parts/],
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
    ['50,000 unique items', { uniqueItems: true }, Array.from({ length: 50_000 }, (_, i) => i), /too many steps/],
  ])('leaves the input unchecked for %s', (_, schema, input, reason) => {
    expect(createInputCheck(schema)(input)).toEqual({ type: 'unchecked', reason: expect.stringMatching(reason) })
  })

  test('does not match a pattern that would take years', () => {
    expect(createInputCheck({ type: 'string', pattern: '^(a+)+$' })(`${'a'.repeat(50)}b`)).toEqual({ type: 'fits' })
  })

  test('checks nothing after a check exceeded its budget', () => {
    const check = createInputCheck({ properties: { list: { uniqueItems: true } }, required: ['list'] })
    expect(check({}).type).toBe('wrong')
    expect(check({ list: Array.from({ length: 50_000 }, (_, i) => i) }).type).toBe('unchecked')
    expect(check({}).type).toBe('unchecked')
  })

  test('reports each problem in one short line', () => {
    const name = `a\n${'b'.repeat(1000)}`
    const verdict = createInputCheck({ required: [name], properties: { [name]: { const: 'x\n'.repeat(999) } } })({})
    expect(verdict.type === 'wrong' && verdict.problems.every(({ text }) => /^.{1,500}$/.test(text))).toBe(true)
  })
})

test('the check answers for any schema and input', () => {
  fc.assert(checkAnswers, { numRuns: 300 })
})
