import {
  ProtocolError,
  SdkError,
  SdkErrorCode,
  type Client,
  type RequestOptions,
  type StandardSchemaV1,
} from '@modelcontextprotocol/client'
import { isRecord } from '../../protocol/json.ts'
import type { JsonSchema } from '../../tools/schema/standard-schema.ts'
import type { ToolAnnotations } from '../../tools/tool.ts'
import { receivedResult } from './wire/wire-reader.ts'

/** The description of a tool by its server, which is untrusted. */
export type ListedTool = {
  readonly name: string
  readonly description: string
  readonly inputSchema: JsonSchema | undefined
  readonly outputSchema: JsonSchema | undefined
  readonly annotations: ToolAnnotations
}

const maxTools = 10_000
const maxPages = 1000
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
 * Lists all tools of a server, page by page. Rejects with errors of the server, and for an endless list. A server that has not
 * declared tools can have some; its errors mean that it has none.
 */
export async function listMcpTools(client: Client, options: RequestOptions): Promise<readonly ListedTool[]> {
  if (client.getServerCapabilities()?.tools !== undefined) return await listPages(client, options)
  try {
    return await listPages(client, { ...options, timeout: Math.min(options.timeout ?? undeclaredMs, undeclaredMs) })
  } catch (error) {
    const isTimeout = error instanceof SdkError && error.code === SdkErrorCode.RequestTimeout
    if (error instanceof ProtocolError || isTimeout) return []
    throw error
  }
}

async function listPages(client: Client, options: RequestOptions): Promise<readonly ListedTool[]> {
  const tools: ListedTool[] = []
  let cursor: string | null = null
  for (let page = 0; page < maxPages && tools.length < maxTools; page++) {
    const params: { cursor?: string } = cursor === null ? {} : { cursor }
    const result = receivedResult(await client.request({ method: 'tools/list', params }, anyResult, options))
    if (!isRecord(result) || !Array.isArray(result['tools'])) throw new TypeError('expected a list of tools')
    tools.push(...result['tools'].flatMap((tool: unknown) => listedTool(tool)))
    const next = result['nextCursor']
    if (typeof next !== 'string' || next === cursor) return tools.slice(0, maxTools)
    cursor = next
  }
  throw new TypeError(`its list of tools exceeds ${maxPages} pages or ${maxTools} tools`)
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
