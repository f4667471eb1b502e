import { expect, test } from 'vitest'
import { createCatalogue } from '../../tools/catalogue.ts'
import { execDescription } from './exec-description.ts'
import { execToolSpec } from './exec-tool.ts'
import { waitDescription, waitToolSpec } from './wait-tool.ts'

test('the spec of exec is a custom tool with a grammar', () => {
  expect(execToolSpec('Runs it.')).toEqual({
    type: 'custom',
    name: 'exec',
    description: 'Runs it.',
    format: {
      type: 'grammar',
      syntax: 'lark',
      definition: [
        '',
        'start: pragma_source | plain_source',
        'pragma_source: PRAGMA_LINE NEWLINE SOURCE',
        'plain_source: SOURCE',
        String.raw`PRAGMA_LINE: /[ \t]*\/\/ @exec:[^\r\n]*/`,
        String.raw`NEWLINE: /\r?\n/`,
        String.raw`SOURCE: /[\s\S]+/`,
        '',
      ].join('\n'),
    },
  })
})

test.each([
  ['exact', []],
  ['backoff', [['cell_ids', 'array']]],
] as const)('the spec of wait with the policy "%s" is a function tool', (waitPolicy, more) => {
  const spec = waitToolSpec(waitPolicy)
  const description = waitDescription(waitPolicy)
  expect(spec).toMatchObject({ type: 'function', name: 'wait', description, strict: false })
  expect(spec.parameters).toMatchObject({ type: 'object', required: ['cell_id'], additionalProperties: false })
  expect(Object.entries(spec.parameters['properties'] ?? {}).map(([name, { type }]) => [name, type])).toEqual([
    ['cell_id', 'string'],
    ...more,
    ['max_tokens', 'number'],
    ['terminate', 'boolean'],
    ['yield_time_ms', 'number'],
  ])
})

test.each([
  '`tools`',
  '`ALL_TOOLS`',
  'text(',
  'image(',
  'audio(',
  'generatedImage(',
  'content(',
  'store(',
  'load(',
  'notify(',
  'setTimeout(',
  'clearTimeout(',
  'yield_control(',
  'exit(',
  'as_settled(',
  'stream_settled(',
  '// @exec:',
  'yield_time_ms',
  'max_output_tokens',
])('the description of exec mentions %s', (word) => {
  expect(execDescription()).toContain(word)
})

test('the description of exec names the missing parts of QuickJS in one line, and nothing else changes', () => {
  const lines = execDescription(createCatalogue([]), { engine: 'quickjs' }).split('\n')
  expect(lines.filter((line) => line.includes('QuickJS'))).toEqual([expect.stringContaining('`Intl` does not exist')])
  const others = lines.filter((line) => !line.includes('QuickJS')).join('\n')
  expect(others).toBe(execDescription(createCatalogue([]), { engine: 'v8' }))
  expect(others).toBe(execDescription(createCatalogue([])))
})

test('the description of exec is short and ends with a section for each tool', () => {
  const description = execDescription(createCatalogue([]))
  expect(description.length).toBeLessThan(4000)
  expect(execDescription()).toBe(`${description}\n\n${execDescription().slice(description.length + 2)}`)
  const catalogue = createCatalogue([{ name: 'echo', description: 'Echoes', call: (input) => input }])
  expect(execDescription(catalogue)).toBe(`${description}\n\n### \`echo\`\n${catalogue.entries[0]?.description}`)
})
