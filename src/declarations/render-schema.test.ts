import { stripTypeScriptTypes } from 'node:module'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyCharacter } from '../../test/support/any-character.ts'
import { renderSchema } from './render-schema.ts'
import { declaredTypes } from '../../test/declarations/declared-types.ts'
import { augmentedDescription } from './render-tool.ts'

const text = { type: 'string' }
const rendered: [schema: unknown, type: string][] = [
  [true, 'unknown'],
  [false, 'never'],
  [
    { type: 'object', properties: { path: text, lines: { type: 'integer' } }, required: ['path'] },
    '{ lines?: number; path: string; }',
  ],
  [{ type: 'object' }, '{ [key: string]: unknown; }'],
  [{ type: 'object', additionalProperties: false }, '{}'],
  [{ required: ['a'] }, '{ [key: string]: unknown; }'],
  [{ additionalProperties: { type: 'number' } }, '{ [key: string]: number; }'],
  [{ type: 'object', properties: { a: text }, additionalProperties: true }, '{ a?: string; [key: string]: unknown; }'],
  [{ enum: ['a', 1, null, true] }, '"a" | 1 | null | true'],
  [{ const: { k: [1] } }, '{"k":[1]}'],
  [{ const: 1, enum: [2], type: 'string' }, '1'],
  [{ enum: [], type: 'string' }, 'string'],
  [{ anyOf: [text, { type: 'null' }] }, 'string | null'],
  [{ anyOf: [], oneOf: [text, { type: 'boolean' }] }, 'string | boolean'],
  [{ allOf: [{ anyOf: [text, { type: 'number' }] }, text] }, '(string | number) & string'],
  [{ type: ['array', 'null'], items: { type: 'number' } }, 'Array<number> | null'],
  [{ type: 'array' }, 'unknown[]'],
  [{ prefixItems: [text, { type: 'number' }] }, '[string, number]'],
  [
    { type: 'object', properties: { 'x-y': text, $ok: { type: 'boolean' }, '1a': { type: 'null' }, 'a"b': text } },
    '{ $ok?: boolean; "1a"?: null; "a\\"b"?: string; "x-y"?: string; }',
  ],
  [
    {
      type: 'object',
      properties: {
        cmd: { type: 'string', description: ' Command to run.\n\n  Second line. ' },
        n: { type: 'number' },
      },
      required: ['cmd'],
      additionalProperties: text,
    },
    '{\n  // Command to run.\n  // Second line.\n  cmd: string;\n  n?: number;\n  [key: string]: string;\n}',
  ],
  [{ $ref: '#/$defs/a~1b', $defs: { 'a/b': { type: 'number' } } }, 'number'],
  [{ $ref: '#/$defs/none' }, 'unknown'],
  [{ $ref: 'https://example.com/schema' }, 'unknown'],
  [
    { $ref: '#/$defs/N', $defs: { N: { type: 'object', properties: { next: { $ref: '#/$defs/N' } } } } },
    '{ next?: { next?: unknown; }; }',
  ],
]

describe('renderSchema()', () => {
  test.each(rendered)('renderSchema(%j) renders its type', (schema, type) => {
    expect(renderSchema(schema)).toBe(type)
  })

  test('renderSchema() renders any JSON to a type and nothing else', () => {
    // With more members schemas are so large that their type is `unknown`.
    const few = { maxLength: 2, maxKeys: 2 }
    const schemaLike = fc.letrec((tie) => ({
      schema: fc.oneof(
        { maxDepth: 3, depthSize: 'small' },
        fc.jsonValue(),
        fc.record(
          {
            type: fc.oneof(
              fc.constantFrom('object', 'array', 'string', 'integer'),
              fc.array(fc.constantFrom('object', 'null')),
            ),
            properties: fc.dictionary(fc.string({ unit: anyCharacter }), tie('schema'), few),
            items: tie('schema'),
            prefixItems: fc.array(tie('schema'), few),
            anyOf: fc.array(tie('schema'), few),
            allOf: fc.array(tie('schema'), few),
            enum: fc.array(fc.jsonValue()),
            const: fc.jsonValue(),
            required: fc.array(fc.string()),
            description: fc.oneof(
              fc.string({ unit: anyCharacter }),
              fc.constantFrom('*/ x', 'a\u2028b: 1', '`\n```\n'),
            ),
            $ref: fc.constantFrom('#', '#/properties', '#/nope'),
            additionalProperties: tie('schema'),
          },
          { requiredKeys: [] },
        ),
      ),
    })).schema
    fc.assert(
      fc.property(schemaLike, (schema) => {
        expect(stripTypeScriptTypes(`type T = ${renderSchema(schema)}\n;`).trim()).toBe('')
      }),
      { numRuns: 100 },
    )
  })

  test('renderSchema() bounds the type of a recursive schema', () => {
    const cyclic: Record<string, unknown> = { type: 'object' }
    cyclic['properties'] = { a: cyclic, b: cyclic }
    expect(renderSchema(cyclic).length).toBeLessThan(2_000_000)
    const branching = { $ref: '#/$defs/0', $defs: {} as Record<string, unknown> }
    for (let n = 0; n < 40; n++)
      branching.$defs[n] = { allOf: [{ $ref: `#/$defs/${n + 1}` }, { $ref: `#/$defs/${n + 1}` }] }
    expect(renderSchema(branching).length).toBeLessThan(2_000_000)
  })
})

describe('the declaration of a tool', () => {
  const mcp = {
    content: { type: 'array', items: { type: 'object' } },
    isError: { type: 'boolean' },
    _meta: { type: 'object' },
  }

  test('a declaration names the result of an MCP tool', () => {
    const structuredContent = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] }
    expect(declaredTypes({ outputSchema: { type: 'object', properties: { ...mcp, structuredContent } } }).output).toBe(
      'CallToolResult<{ n: number; }>',
    )
    expect(declaredTypes({ outputSchema: { type: 'object', properties: mcp } }).output).toBe('CallToolResult')
  })

  test('a description contains the declaration in a fence that its text cannot close', () => {
    const inputSchema = { type: 'object', properties: { a: { type: 'string', description: '```\nout' } } }
    const tool = {
      identifier: 'echo',
      kind: 'function',
      description: 'Echoes',
      inputSchema,
      outputSchema: undefined,
    } as const
    expect(augmentedDescription(tool)).toBe(
      'Echoes\n\nexec tool declaration:\n````ts\ndeclare const tools: { echo(args: {\n // ```\n // out\n a?: string;\n}): Promise<unknown>; };\n````',
    )
    expect(augmentedDescription({ ...tool, kind: 'freeform' })).toContain(
      'declare const tools: { echo(input: string): Promise<unknown>; };',
    )
  })
})
