import type { Tool } from '../../tools/tool.ts'
import { readSchema } from './read-schema.ts'

/** What is used of a server tool of TanStack AI. */
export type TanStackTool = {
  readonly name: string
  readonly description?: string | undefined
  readonly inputSchema?: unknown
  readonly outputSchema?: unknown
  readonly needsApproval?: boolean | undefined
  execute?: { call(input: unknown, context?: unknown): unknown }['call'] | undefined
}

/** A tool from one of TanStack AI's, as `toolDefinition(…).server(…)` makes it; its schema checks the input here. */
export function fromTanStack(tool: TanStackTool): Tool {
  const { name, description = '', needsApproval = false } = tool
  const { input: inputJson, parse, checks } = readSchema(tool.inputSchema)
  return {
    name,
    description,
    inputSchema: inputJson,
    checksInput: checks,
    outputSchema: readSchema(tool.outputSchema).output,
    needsApproval: needsApproval ? 'ask' : 'allow',
    async call(input, { callId, signal }) {
      if (tool.execute === undefined)
        throw new TypeError(`tool \`${name}\` runs in a browser and cannot be called here`)
      // Its context has no place to give a call up, so an abort only drops the answer.
      signal.throwIfAborted()
      return await tool.execute(await parse(input), { toolCallId: callId, emitCustomEvent: () => undefined })
    },
  }
}
