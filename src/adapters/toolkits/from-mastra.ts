import { isRecord } from '../../protocol/json.ts'
import type { Tool } from '../../tools/tool.ts'
import { jsonSchemaOf } from '../../tools/schema/read-schema.ts'

/** The members of a Mastra tool that are used, as `createTool` returns it. */
export type MastraTool = {
  readonly id: string
  readonly description?: string | undefined
  readonly inputSchema?: unknown
  readonly outputSchema?: unknown
  readonly requireApproval?: unknown
  /** Mastra's MCP client decides with this member and ignores `requireApproval`. */
  readonly needsApprovalFn?: unknown
  execute?: { call(input: unknown, context: unknown): unknown }['call'] | undefined
}

/** Converts a Mastra tool. It validates its input itself, and rejects for invalid input. */
export function fromMastra(tool: MastraTool): Tool {
  const { id, description = '', requireApproval = false, needsApprovalFn } = tool
  return {
    name: id,
    description,
    inputSchema: jsonSchemaOf(tool.inputSchema, 'input'),
    checksInput: true,
    outputSchema: jsonSchemaOf(tool.outputSchema, 'output'),
    // Mastra decides per call when this is a function. Requesting more approvals than Mastra is safe.
    needsApproval: requireApproval !== false || needsApprovalFn !== undefined ? 'ask' : 'allow',
    async call(input, { signal }) {
      if (tool.execute === undefined) throw new TypeError(`tool \`${id}\` has no function that can be called here`)
      return checked(await tool.execute(input, { abortSignal: signal }))
    },
  }
}

/** Throws for invalid input, which Mastra returns as a result. */
function checked(result: unknown): unknown {
  const isRefusal = isRecord(result) && result['error'] === true && 'validationErrors' in result
  if (!isRefusal) return result
  throw new TypeError(String(result['message']))
}
