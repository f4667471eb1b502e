import { renderSchema } from './render-schema.ts'
import { SchemaRenderer, type RenderedType } from './schema-renderer.ts'
import { isSchema } from './schema.ts'
import { TypeNames } from './type-names.ts'

export type DeclaredTool = {
  readonly identifier: string
  readonly kind: 'function' | 'freeform'
  readonly description: string
  readonly inputSchema: unknown
  readonly outputSchema: unknown
}

/** A tool as a member of `tools`, and the named types that it needs. */
export type ToolDeclaration = { readonly signature: string; readonly named: readonly string[] }

/** How a declaration is written for its reader. */
export type DeclarationOptions = {
  /** Stands before the names of types, so that many tools can be declared in one file; null where one stands alone. */
  readonly typePrefix: string | null
  /** The type of a result of which nothing is known. */
  readonly unknownResult: 'unknown' | 'any'
  /** The document that references of the tool's schemas lead into, when that is not each schema itself. */
  readonly renderer?: SchemaRenderer | undefined
}

/** A type that is longer than this says nothing to a model that is worth its tokens (contract 15.3). */
const maxInputLength = 16_000

/** The type of a tool's argument as one expression, in the style of the contract. */
export function renderInput(schema: unknown): string {
  const type = renderSchema(schema)
  return type.length > maxInputLength ? 'unknown' : type
}

/** The type of a tool's result; an MCP result by its usual name (contract 15.4). */
export function renderOutput(schema: unknown): string {
  const structured = structuredContentOf(schema)
  if (structured === null) return renderSchema(schema)
  return mcpResult(renderSchema(structured.schema))
}

/** A tool's signature, with types that are exact; what they share and what recurs is named. Never throws. */
export function declareTool(tool: DeclaredTool, options: DeclarationOptions): ToolDeclaration {
  try {
    return declare(tool, options)
  } catch {
    // Only a schema that is an object of JavaScript and throws when it is looked at comes here.
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

/** What a model reads about one tool: its description and its declaration (contract 15.5). */
export function augmentedDescription(tool: DeclaredTool, renderer?: SchemaRenderer): string {
  const { signature, named } = declareTool(tool, { typePrefix: null, unknownResult: 'unknown', renderer })
  const declaration = [...named, `declare const tools: { ${signature} };`].join('\n')
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

/** The schema of an MCP result's structured content, a document of its own as the server sent it; null for other results. */
function structuredContentOf(schema: unknown): { readonly schema: unknown; readonly renderer: SchemaRenderer } | null {
  const properties = isSchema(schema) ? schema['properties'] : undefined
  if (!isSchema(properties)) return null
  const { content, isError, _meta: meta, structuredContent } = properties
  const isResult = typeOf(content) === 'array' && typeOf(isError) === 'boolean' && typeOf(meta) === 'object'
  return isResult ? { schema: structuredContent, renderer: new SchemaRenderer(structuredContent) } : null
}

function typeOf(schema: unknown): unknown {
  return isSchema(schema) ? schema['type'] : undefined
}

/** The longest run of back-ticks, at least two: a fence that is longer cannot be closed from inside. */
function longestRun(text: string): number {
  let longest = 2
  for (const [run] of text.matchAll(/`+/g)) longest = Math.max(longest, run.length)
  return longest
}
