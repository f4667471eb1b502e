import { randomUUID } from 'node:crypto'
import { isCallToolResult, type CallToolResult, type ListToolsResult } from '@modelcontextprotocol/server'
import { messageOf } from '../errors.ts'
import { isRecord } from '../protocol/json.ts'
import { createCatalogue } from '../tools/catalogue.ts'
import type { Tool } from '../tools/tool.ts'

type ListedTool = ListToolsResult['tools'][number]

/** Tools that the client calls itself, by the name it calls them. */
export type DirectTools = ReadonlyMap<string, Tool>

/** With `passthrough` every tool that allows it; otherwise those that programs cannot call. */
export function directTools(tools: readonly Tool[], passthrough: boolean): DirectTools {
  const offered = tools.filter(({ allowedCallers = ['direct', 'code'] }) =>
    passthrough
      ? allowedCallers.includes('direct')
      : allowedCallers.includes('direct') && !allowedCallers.includes('code'),
  )
  // Named as programs name them, whoever may call them.
  const named = offered.map((tool): Tool => ({ ...tool, allowedCallers: ['direct', 'code'] }))
  return new Map(createCatalogue(named).entries.map(({ identifier, tool }) => [identifier, tool]))
}

/** The tools that programs can call. */
export function programTools(tools: readonly Tool[]): readonly Tool[] {
  return tools.filter(({ allowedCallers }) => allowedCallers === undefined || allowedCallers.includes('code'))
}

export function listedTool(name: string, tool: Tool): ListedTool {
  const { description, annotations, inputSchema } = tool
  const output = structuredSchema(tool.outputSchema)
  return {
    name,
    ...(description === undefined ? {} : { description }),
    inputSchema: isRecord(inputSchema) ? { ...inputSchema, type: 'object' } : { type: 'object' },
    ...(output === null ? {} : { outputSchema: output }),
    ...(annotations === undefined ? {} : { annotations: { ...annotations } }),
  }
}

/** Calls a tool for the client. What is an MCP result already stays as it is. */
export async function callDirectly(tool: Tool, input: unknown, signal: AbortSignal): Promise<CallToolResult> {
  try {
    const context = { cellId: '', callId: randomUUID(), execCallId: null, signal }
    const result = await tool.call(input ?? {}, context)
    if (isRecord(result) && Array.isArray(result['content']) && isCallToolResult(result)) return result
    const text = typeof result === 'string' ? result : (JSON.stringify(result) ?? 'null')
    return { content: [{ type: 'text', text }] }
  } catch (error) {
    return { content: [{ type: 'text', text: messageOf(error) }], isError: true }
  }
}

/** The schema of the structured part, out of the one that describes a whole MCP result to programs. */
function structuredSchema(schema: unknown): (Record<string, unknown> & { type: 'object' }) | null {
  if (!isRecord(schema) || !isRecord(schema['properties'])) return null
  const { content, structuredContent } = schema['properties']
  if (content === undefined || !isRecord(structuredContent)) return null
  // Older clients refuse the whole list for an output that is no object.
  return structuredContent['type'] === 'object' ? { ...structuredContent, type: 'object' } : null
}
