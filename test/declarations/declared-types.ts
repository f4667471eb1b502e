import { declareTool } from '../../src/declarations/render-tool.ts'

/** Returns the types in the declaration that a model sees of a tool with these schemas, with named types before them. */
export function declaredTypes(schemas: { readonly inputSchema?: unknown; readonly outputSchema?: unknown }): {
  readonly input: string
  readonly output: string
} {
  const { inputSchema, outputSchema } = schemas
  const tool = { identifier: 'tool', kind: 'function', description: '', inputSchema, outputSchema } as const
  const { signature, named } = declareTool(tool, { typePrefix: null, unknownResult: 'unknown' })
  const [, input = '', output = ''] = /^tool\(args: (.*)\): Promise<(.*)>;$/s.exec(signature) ?? []
  return { input: [...named, input].join('\n'), output: [...named, output].join('\n') }
}
