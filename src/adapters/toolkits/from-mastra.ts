import { isRecord } from '../../protocol/json.ts'
import type { Tool } from '../../tools/tool.ts'
import { jsonSchemaOf } from '../../tools/schema/read-schema.ts'

/** What is used of a tool of Mastra, as `createTool` makes it. */
export type MastraTool = {
  readonly id: string
  readonly description?: string | undefined
  readonly inputSchema?: unknown
  readonly outputSchema?: unknown
  readonly requireApproval?: unknown
  /** Mastra's MCP client decides with this one, whatever the other says. */
  readonly needsApprovalFn?: unknown
  execute?: { call(input: unknown, context: unknown): unknown }['call'] | undefined
}

/** A tool from one of Mastra's. It checks its input itself; what does not fit rejects. */
export function fromMastra(tool: MastraTool): Tool {
  const { id, description = '', requireApproval = false, needsApprovalFn } = tool
  return {
    name: id,
    description,
    inputSchema: jsonSchemaOf(tool.inputSchema, 'input'),
    checksInput: true,
    outputSchema: jsonSchemaOf(tool.outputSchema, 'output'),
    // Mastra decides per call where this is a function; asking more often than it would is the safe side.
    needsApproval: requireApproval !== false || needsApprovalFn !== undefined ? 'ask' : 'allow',
    async call(input, { signal }) {
      if (tool.execute === undefined) throw new TypeError(`tool \`${id}\` has no function to call here`)
      return checked(await tool.execute(input, { abortSignal: signal }))
    },
  }
}

/** Mastra gives back what did not fit instead of throwing it. */
function checked(result: unknown): unknown {
  const isRefusal = isRecord(result) && result['error'] === true && 'validationErrors' in result
  if (!isRefusal) return result
  throw new TypeError(String(result['message']))
}
