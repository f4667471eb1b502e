import { stringOf, type SampleTool } from './sample-tool.ts'

/** The files last as long as the page. */
const files = new Map([
  ['notes/ideas.md', '# Ideas\n\n- one program instead of ten turns\n- only the result reaches the model\n'],
  ['notes/todo.md', '# To do\n\n- [ ] read the tutorial\n- [x] open the playground\n'],
  ['data/prices.csv', 'item,price\npencil,1.20\nnotebook,4.50\nlamp,39.00\n'],
])

const path = { type: 'string', description: 'For example notes/todo.md' } as const

export const fileTools: readonly SampleTool[] = [
  {
    tool: {
      name: 'files_list',
      description: 'Lists the paths of all files.',
      annotations: { readOnlyHint: true },
      inputSchema: { type: 'object', properties: {}, additionalProperties: false },
      outputSchema: { type: 'array', items: { type: 'string' } },
      call: () => [...files.keys()].sort(),
    },
    result: ['notes/ideas.md'],
  },
  {
    tool: {
      name: 'files_read',
      description: 'Returns the content of a file.',
      annotations: { readOnlyHint: true },
      inputSchema: { type: 'object', properties: { path }, required: ['path'], additionalProperties: false },
      outputSchema: { type: 'string' },
      call: (input) => {
        const content = files.get(stringOf(input, 'path'))
        if (content === undefined) throw new Error(`File not found: ${JSON.stringify(stringOf(input, 'path'))}`)
        return content
      },
    },
    result: '# Ideas\n',
  },
  {
    tool: {
      name: 'files_write',
      description: 'Writes a file. An existing file is replaced.',
      inputSchema: {
        type: 'object',
        properties: { path, content: { type: 'string' } },
        required: ['path', 'content'],
        additionalProperties: false,
      },
      outputSchema: { type: 'object', properties: { bytes: { type: 'number' } }, required: ['bytes'] },
      call: (input) => {
        const content = stringOf(input, 'content')
        files.set(stringOf(input, 'path'), content)
        return { bytes: new TextEncoder().encode(content).length }
      },
    },
    result: { bytes: 12 },
  },
]
