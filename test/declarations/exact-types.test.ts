import { expect, test } from 'vitest'
import { typeOf } from './assignments.ts'
import { complaintsOf } from './type-checker.ts'

type Row = readonly [what: string, schema: unknown, text: string]

/** Schemas as real servers have them. */
const common: readonly Row[] = [
  [
    'a local reference',
    {
      type: 'object',
      properties: { p: { $ref: '#/$defs/P' } },
      $defs: { P: { type: 'object', properties: { x: { type: 'number' } }, required: ['x'] } },
    },
    'type T = { p?: { x: number; }; };',
  ],
  [
    'recursion',
    {
      $ref: '#/$defs/node',
      $defs: {
        node: {
          type: 'object',
          properties: { v: { type: 'string' }, next: { $ref: '#/$defs/node' } },
          required: ['v'],
        },
      },
    },
    'type T_Node = { next?: T_Node; v: string; };\ntype T = T_Node;',
  ],
  [
    'allOf',
    {
      allOf: [
        { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
        { type: 'object', properties: { b: { type: 'number' } } },
      ],
    },
    'type T = { a: string; b?: number; };',
  ],
  [
    'const and enum',
    {
      type: 'object',
      properties: { k: { const: 'x' }, e: { type: 'string', enum: ['a', 'b'] } },
      required: ['k', 'e'],
    },
    'type T = { e: "a" | "b"; k: "x"; };',
  ],
  ['null beside a type', { type: ['string', 'null'] }, 'type T = string | null;'],
  [
    'a tuple',
    { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }] },
    'type T = [string?, number?, ...Array<unknown>];',
  ],
  [
    'a tuple of draft 7',
    { type: 'array', items: [{ type: 'string' }, { type: 'number' }], additionalItems: false, minItems: 1 },
    'type T = [string, number?];',
  ],
  [
    'a discriminated union',
    {
      oneOf: [
        { type: 'object', properties: { type: { const: 'circle' }, r: { type: 'number' } }, required: ['type', 'r'] },
        {
          type: 'object',
          properties: { type: { const: 'square' }, side: { type: 'number' } },
          required: ['type', 'side'],
        },
      ],
    },
    'type T = { r: number; type: "circle"; } | { side: number; type: "square"; };',
  ],
  [
    'descriptions',
    {
      type: 'object',
      properties: { q: { type: 'string', description: 'What to look for.\n  Words. ' } },
      required: ['q'],
    },
    'type T = {\n // What to look for.\n // Words.\n q: string;\n};',
  ],
  [
    'properties next to anyOf of required',
    {
      type: 'object',
      properties: { id: { type: 'string' }, name: { type: 'string' } },
      anyOf: [{ required: ['id'] }, { required: ['name'] }],
    },
    'type T = { id?: string; name?: string; } & ({ id: unknown; } | { name: unknown; });',
  ],
  [
    'an array of a union',
    { type: 'array', items: { anyOf: [{ type: 'string' }, { type: 'number' }] } },
    'type T = Array<string | number>;',
  ],
  ['nullable of OpenAPI', { type: 'string', nullable: true }, 'type T = string | null;'],
  [
    'patternProperties',
    { type: 'object', patternProperties: { '^[a-z]+$': { type: 'number' } } },
    'type T = { [key: string]: number; };',
  ],
  [
    'limits and a default',
    {
      type: 'object',
      properties: { limit: { type: 'integer', minimum: 1, maximum: 50, default: 5, description: 'How many' } },
    },
    'type T = {\n // How many (int, >=1, <=50, default 5)\n limit?: number;\n};',
  ],
  [
    'a required property with a default',
    {
      $defs: { size: { type: 'number', default: 1 } },
      type: 'object',
      properties: {
        a: { type: 'string', default: '' },
        b: { $ref: '#/$defs/size' },
        c: { allOf: [{ $ref: '#/$defs/size' }] },
        d: { type: 'object', properties: { e: { type: 'boolean', default: false } }, required: ['e'] },
      },
      required: ['a', 'b', 'c', 'd'],
    },
    'type T = { a?: string; b?: number; c?: number; d: { e?: boolean; }; };',
  ],
  [
    'a default in another schema than required',
    {
      $defs: { base: { type: 'object', properties: { a: { type: 'string' } }, required: ['a', 'b'] } },
      allOf: [{ $ref: '#/$defs/base' }],
      properties: { a: { default: '' }, b: { type: 'number' } },
    },
    'type T = { a?: string; b: number; };',
  ],
  [
    'types in capitals, as Gemini writes them',
    {
      type: 'OBJECT',
      properties: { a: { type: 'STRING', nullable: true }, b: { type: 'ARRAY', items: { type: 'INTEGER' } } },
      required: ['a'],
    },
    'type T = { a: string | null; b?: number[]; };',
  ],
  ['a map', { type: 'object', additionalProperties: { type: 'number' } }, 'type T = { [key: string]: number; };'],
  [
    'allOf beside properties',
    {
      type: 'object',
      properties: { a: { type: 'string' } },
      allOf: [{ properties: { b: { type: 'number' } }, required: ['b'] }],
    },
    'type T = { a?: string; b: number; };',
  ],
  [
    'type object or null',
    { type: ['object', 'null'], properties: { a: { type: 'string' } } },
    'type T = { a?: string; } | null;',
  ],
  [
    'boolean schemas',
    { type: 'object', properties: { any: true, none: false } },
    'type T = { any?: unknown; none?: never; };',
  ],
  [
    'properties next to additional ones of another type',
    { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: { type: 'number' } },
    'type T = { a?: string; [key: string]: number | string | undefined; };',
  ],
]

const rare: readonly Row[] = [
  [
    'keys by prefix',
    { type: 'object', patternProperties: { '^x-': { type: 'string' } }, additionalProperties: false },
    'type T = { [key: `x-${string}`]: string; };',
  ],
  [
    'two definitions with equal names',
    {
      type: 'object',
      properties: { a: { $ref: '#/$defs/a-b' }, b: { $ref: '#/$defs/a_b' } },
      $defs: {
        'a-b': { properties: { x: { $ref: '#/$defs/a-b' } } },
        a_b: { properties: { y: { $ref: '#/$defs/a_b' } } },
      },
    },
    'type T_AB = { x?: T_AB; };\ntype T_AB2 = { y?: T_AB2; };\ntype T = { a?: T_AB; b?: T_AB2; };',
  ],
  [
    'a long definition that is used twice and has the name of a global',
    {
      type: 'object',
      properties: { from: { $ref: '#/$defs/Promise' }, to: { $ref: '#/$defs/Promise' } },
      $defs: {
        Promise: {
          type: 'object',
          properties: {
            street: { type: 'string' },
            town: { type: 'string' },
            postcode: { type: 'string' },
            country: { type: 'string' },
          },
        },
      },
    },
    'type T_Promise = { country?: string; postcode?: string; street?: string; town?: string; };\ntype T = { from?: T_Promise; to?: T_Promise; };',
  ],
  [
    'properties next to a reference',
    {
      $ref: '#/$defs/P',
      properties: { b: { type: 'number' } },
      $defs: { P: { type: 'object', properties: { a: { type: 'string' } } } },
    },
    'type T = { a?: string; } & { b?: number; };',
  ],
  [
    'an anchor',
    { properties: { a: { $ref: '#here' } }, $defs: { x: { $anchor: 'here', type: 'number' } } },
    'type T = { a?: number; };',
  ],
  [
    'a dynamic reference',
    {
      $dynamicAnchor: 'node',
      type: 'object',
      properties: { kids: { type: 'array', items: { $dynamicRef: '#node' } } },
    },
    'type T_Input = { kids?: T_Input[]; };\ntype T = T_Input;',
  ],
  [
    'a required name without a schema',
    { type: 'object', properties: { a: { type: 'string' } }, required: ['b'] },
    'type T = { a?: string; b: unknown; };',
  ],
  [
    'a tuple with optional and further elements',
    { prefixItems: [{ type: 'string' }, { type: 'number' }], items: { type: 'string' }, minItems: 1 },
    'type T = [string, number?, ...Array<string>];',
  ],
  [
    'an enum that is too long',
    {
      enum: [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29,
        30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41,
      ],
    },
    'type T = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13 | 14 | 15 | 16 | 17 | 18 | 19 | 20 | 21 | 22 | 23 | 24 | 25 | 26 | 27 | 28 | 29 | 30 | 31 | 32 | 33 | 34 | 35 | 36 | 37 | 38 | 39 | number;',
  ],
  [
    'an optional integer as Pydantic writes it',
    {
      type: 'object',
      properties: { n: { anyOf: [{ type: 'integer', minimum: 1 }, { type: 'null' }], default: null, title: 'N' } },
    },
    'type T = {\n // (int, >=1)\n n?: number | null;\n};',
  ],
  [
    'text that tries to end its comment',
    {
      type: 'object',
      properties: { 'a*/b\u2028c': { type: 'string', description: '*/ evil\u2028x\n```\n// y', pattern: '^`*/\n' } },
    },
    'type T = {\n // */ evil\n // x\n // ```\n // // y (/^`*/ /)\n "a*/b\\u2028c"?: string;\n};',
  ],
  [
    'formats, lengths and patterns',
    {
      type: 'object',
      properties: {
        d: { type: 'string', format: 'date-time' },
        p: { type: 'string', pattern: '^a+$', minLength: 1, maxLength: 9 },
        t: { type: 'array', items: { type: 'string' }, minItems: 1, uniqueItems: true },
      },
    },
    'type T = {\n // (date-time)\n d?: string;\n // (1-9 chars, /^a+$/)\n p?: string;\n // (>=1 items, unique)\n t?: string[];\n};',
  ],
  [
    'string next to enum alternatives',
    { type: 'string', anyOf: [{ enum: ['a'] }, { const: 'b' }] },
    'type T = "a" | "b";',
  ],
  ['a schema that allows nothing', { not: {} }, 'type T = never;'],
  [
    'a commented property inside a line',
    {
      type: 'object',
      properties: {
        a: { type: 'array', items: { type: 'object', properties: { b: { type: 'string', description: 'B' } } } },
      },
    },
    'type T = { a?: Array<{\n // B\n b?: string;\n}>; };',
  ],
]

test.each([...common, ...rare])('the type of %s is exact', (_, schema, text) => {
  expect(typeOf(schema, 'T').text).toBe(text)
})

test('the compiler accepts all of these types', () => {
  const texts = [...common, ...rare].map(([, schema], at) => typeOf(schema, `c${at}`).text)
  expect(complaintsOf(texts.join('\n'))).toEqual([])
})
