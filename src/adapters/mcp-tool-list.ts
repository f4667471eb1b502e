import type { Client, RequestOptions, StandardSchemaV1 } from '@modelcontextprotocol/client'
import { isRecord } from '../protocol/json.ts'

/** A tool as a server describes it; nothing in it is known to be true. */
export type ListedTool = {
  readonly name: string
  readonly description: string
  readonly inputSchema: unknown
  readonly outputSchema: unknown
}

const maxTools = 10_000
const maxPages = 1000

/** Takes any result: one tool that is described badly must not make the others unusable. */
const anyResult: StandardSchemaV1<unknown, unknown> = {
  '~standard': { version: 1, vendor: 'codecell', validate: (value) => ({ value }) },
}

/** All tools of a server, page by page. Throws what the server answers or breaks, and for a list without an end. */
export async function listMcpTools(client: Client, options: RequestOptions): Promise<readonly ListedTool[]> {
  if (client.getServerCapabilities()?.tools === undefined) return []
  const tools: ListedTool[] = []
  let cursor: string | null = null
  for (let page = 0; page < maxPages && tools.length < maxTools; page++) {
    const params: { cursor?: string } = cursor === null ? {} : { cursor }
    const result = await client.request({ method: 'tools/list', params }, anyResult, options)
    if (!isRecord(result) || !Array.isArray(result['tools'])) throw new TypeError('its list of tools is not a list')
    tools.push(...result['tools'].flatMap((tool: unknown) => listedTool(tool)))
    const next = result['nextCursor']
    if (typeof next !== 'string' || next === cursor) return tools.slice(0, maxTools)
    cursor = next
  }
  throw new TypeError(`its list of tools goes on after ${maxPages} pages or ${maxTools} tools`)
}

function listedTool(value: unknown): ListedTool[] {
  if (!isRecord(value)) return []
  const { name, description, inputSchema, outputSchema } = value
  if (typeof name !== 'string' || name === '') return []
  return [{ name, description: typeof description === 'string' ? description : '', inputSchema, outputSchema }]
}
