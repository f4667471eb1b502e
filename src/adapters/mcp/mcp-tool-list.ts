import {
  ProtocolError,
  SdkError,
  SdkErrorCode,
  type Client,
  type RequestOptions,
  type StandardSchemaV1,
} from '@modelcontextprotocol/client'
import { messageOf } from '../../errors.ts'
import { isRecord } from '../../protocol/json.ts'
import type { JsonSchema } from '../../tools/schema/standard-schema.ts'
import type { ToolAnnotations } from '../../tools/tool.ts'
import { serverText } from './server-text.ts'
import { quote, receivedResult } from './wire/wire-reader.ts'

/** The description of a tool by its server, which is untrusted. */
export type ListedTool = {
  readonly name: string
  readonly description: string
  readonly inputSchema: JsonSchema | undefined
  readonly outputSchema: JsonSchema | undefined
  readonly annotations: ToolAnnotations
}

/** The tools of a server, and warnings about its list. */
export type ToolListing = { readonly tools: readonly ListedTool[]; readonly warnings: readonly string[] }

const maxTools = 10_000
const maxPages = 1000
const tooManyTools = `it lists more than ${maxTools} tools; the others are left out`
/** Maximum lengths of a description and of a schema as JSON, in characters. */
const maxDescription = 20_000
const maxSchema = 1_048_576

/** Accepts any result: one invalid tool must not make the others unusable. */
const anyResult: StandardSchemaV1<unknown, unknown> = {
  '~standard': { version: 1, vendor: 'codecell', validate: (value) => ({ value }) },
}

/** Timeout for the tools of a server that has declared none, in milliseconds. */
const undeclaredMs = 5000

/**
 * Lists all tools of a server, page by page. Rejects with errors of the server. A server that has not declared tools can have some;
 * its errors mean that it has none.
 */
export async function listMcpTools(client: Client, options: RequestOptions): Promise<ToolListing> {
  if (client.getServerCapabilities()?.tools !== undefined) return await listPages(client, options)
  try {
    return await listPages(client, { ...options, timeout: Math.min(options.timeout ?? undeclaredMs, undeclaredMs) })
  } catch (error) {
    const isTimeout = error instanceof SdkError && error.code === SdkErrorCode.RequestTimeout
    if (!(error instanceof ProtocolError) && !isTimeout) throw error
    const text = `it does not declare tools and has not listed any: ${serverText(messageOf(error), 300)}`
    return { tools: [], warnings: [text] }
  }
}

async function listPages(client: Client, options: RequestOptions): Promise<ToolListing> {
  const tools = new Map<string, ListedTool>()
  const warnings = new Set<string>()
  const cursors = new Set<string>()
  let cursor: string | null = null
  do {
    const params: { cursor?: string } = cursor === null ? {} : { cursor }
    const result = receivedResult(await client.request({ method: 'tools/list', params }, anyResult, options))
    for (const tool of listedTools(result, warnings)) {
      if (tools.has(tool.name)) warnings.add(`it lists tool ${quote(tool.name)} twice; the first one is used`)
      else if (tools.size < maxTools) tools.set(tool.name, tool)
      else warnings.add(tooManyTools)
    }
    cursor = cursorAfter(result, cursors, warnings)
  } while (cursor !== null && !warnings.has(tooManyTools))
  return { tools: [...tools.values()], warnings: [...warnings] }
}

/** Returns the cursor of the next page; null at the end, which some servers write as an empty string. */
function cursorAfter(result: unknown, cursors: Set<string>, warnings: Set<string>): string | null {
  const next = isRecord(result) ? result['nextCursor'] : null
  const cursor = typeof next === 'number' ? String(next) : next
  if (typeof cursor !== 'string' || cursor === '') return null
  if (cursors.has(cursor) || cursors.size >= maxPages) {
    warnings.add(
      cursors.has(cursor) ? 'its list of tools repeats a page' : `its list of tools exceeds ${maxPages} pages`,
    )
    return null
  }
  cursors.add(cursor)
  return cursor
}

/** Returns the tools of a page. Servers in Go write an empty list as null. */
function listedTools(result: unknown, warnings: Set<string>): readonly ListedTool[] {
  const tools = isRecord(result) ? result['tools'] : undefined
  if (tools === null) return []
  if (!Array.isArray(tools)) throw new TypeError(`expected a list of tools, got ${quote(tools)}`)
  return tools.flatMap((tool: unknown) => {
    const listed = listedTool(tool)
    if (listed.length === 0) warnings.add(`it lists a tool without a name: ${serverText(quote(tool), 200)}`)
    return listed
  })
}

function listedTool(value: unknown): ListedTool[] {
  if (!isRecord(value)) return []
  const { name, description } = value
  if (typeof name !== 'string' || name === '') return []
  return [
    {
      name,
      description: typeof description === 'string' ? description.slice(0, maxDescription) : '',
      inputSchema: boundedSchema(value['inputSchema']),
      outputSchema: boundedSchema(value['outputSchema']),
      annotations: annotationsOf(value),
    },
  ]
}

/** A tool without a usable schema accepts or returns any value. */
function boundedSchema(schema: unknown): JsonSchema | undefined {
  if (typeof schema === 'boolean') return schema
  return isRecord(schema) && JSON.stringify(schema).length <= maxSchema ? schema : undefined
}

const hints = ['readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint'] as const

/** Returns the hints of a tool that have the right type. The title can be outside the hints. */
function annotationsOf(tool: Record<string, unknown>): ToolAnnotations {
  const given = isRecord(tool['annotations']) ? tool['annotations'] : {}
  const title = tool['title'] ?? given['title']
  const known = hints.flatMap((hint) => (typeof given[hint] === 'boolean' ? [[hint, given[hint]] as const] : []))
  return {
    ...(typeof title === 'string' && title !== '' ? { title: title.slice(0, maxDescription) } : {}),
    ...Object.fromEntries(known),
  }
}
