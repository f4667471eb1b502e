import { SchemaRenderer, type RenderedType } from './schema-renderer.ts'
import { isSchema } from './schema.ts'
import { TypeNames } from './type-names.ts'

export type DeclaredTool = {
  readonly identifier: string
  readonly kind: 'function' | 'freeform'
  readonly description: string
  readonly inputSchema: unknown
  readonly outputSchema: unknown
  /** The name as the server spells it, if the identifier does not show it. */
  readonly sourceName?: string | null
}

/** A tool as a member of `tools`, and the named types that it uses. */
export type ToolDeclaration = { readonly signature: string; readonly named: readonly string[] }

/** Options of a declaration. */
export type DeclarationOptions = {
  /** Prefix of the names of types, so that many tools can be declared in one file; null for a single tool. */
  readonly typePrefix: string | null
  /** The type of an unknown result. */
  readonly unknownResult: 'unknown' | 'any'
  /** The document of the references of the schemas, when it is not each schema itself. */
  readonly renderer?: SchemaRenderer | undefined
}

/** Returns the signature of a tool with exact types; shared and recursive types are named. Never throws. */
export function declareTool(tool: DeclaredTool, options: DeclarationOptions): ToolDeclaration {
  try {
    return declare(tool, options)
  } catch {
    // Reached only by a JavaScript object whose members throw.
    return declare({ ...tool, inputSchema: undefined, outputSchema: undefined }, options)
  }
}

function declare(tool: DeclaredTool, options: DeclarationOptions): ToolDeclaration {
  const names = new TypeNames(options.typePrefix)
  const input = tool.kind === 'freeform' ? null : renderPart(tool.inputSchema, names, 'Input', options)
  const output = renderResult(tool.outputSchema, names, options)
  const argument = input === null ? 'input: string' : `args: ${input.type}`
  const name = tool.identifier === 'new' ? '"new"' : tool.identifier
  return {
    signature: `${name}(${argument}): Promise<${output.type}>;`,
    named: [...(input?.named ?? []), ...output.named],
  }
}

/** Returns the description of a tool together with its declaration. */
export function augmentedDescription(tool: DeclaredTool, renderer?: SchemaRenderer): string {
  const { signature, named } = declareTool(tool, { typePrefix: null, unknownResult: 'unknown', renderer })
  const note = typeof tool.sourceName === 'string' ? [`// ${tool.sourceName}`] : []
  const declaration = [...note, ...named, `declare const tools: { ${signature} };`].join('\n')
  const fence = '`'.repeat(longestRun(declaration) + 1)
  return `${tool.description}\n\nexec tool declaration:\n${fence}ts\n${declaration}\n${fence}`
}

function renderPart(schema: unknown, names: TypeNames, fallback: string, options: DeclarationOptions): RenderedType {
  if (schema === undefined) return { type: 'unknown', named: [] }
  return (options.renderer ?? new SchemaRenderer(schema)).render(schema, names, fallback)
}

function renderResult(schema: unknown, names: TypeNames, options: DeclarationOptions): RenderedType {
  const structured = structuredContentOf(schema)
  if (structured !== null) {
    const { type, named } = renderPart(structured.schema, names, 'Output', {
      ...options,
      renderer: structured.renderer,
    })
    return { type: mcpResult(type), named }
  }
  const output = renderPart(schema, names, 'Output', options)
  return output.type === 'unknown' ? { type: options.unknownResult, named: [] } : output
}

function mcpResult(type: string): string {
  return type === 'unknown' ? 'CallToolResult' : `CallToolResult<${type}>`
}

/** The members of an MCP result. */
const resultMembers: ReadonlySet<string> = new Set(['content', 'structuredContent', 'isError', '_meta'])

/**
 * Returns the schema of the structured content of an MCP result, which is a document of its own; null for other
 * results.
 */
function structuredContentOf(schema: unknown): { readonly schema: unknown; readonly renderer: SchemaRenderer } | null {
  const properties = isSchema(schema) ? schema['properties'] : undefined
  if (!isSchema(properties)) return null
  const { content, isError, structuredContent } = properties
  const isResult =
    typeOf(content) === 'array' &&
    typeOf(isError) === 'boolean' &&
    Object.keys(properties).every((name) => resultMembers.has(name))
  return isResult ? { schema: structuredContent, renderer: new SchemaRenderer(structuredContent) } : null
}

function typeOf(schema: unknown): unknown {
  return isSchema(schema) ? schema['type'] : undefined
}

/** Returns the length of the longest run of backticks, at least two: a longer fence cannot be closed from inside. */
function longestRun(text: string): number {
  let longest = 2
  for (const [run] of text.matchAll(/`+/g)) longest = Math.max(longest, run.length)
  return longest
}
