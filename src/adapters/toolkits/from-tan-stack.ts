import type { Tool } from '../../tools/tool.ts'
import { jsonSchemaOf, validatorOf } from '../../tools/schema/read-schema.ts'
import { validated } from '../../tools/resolve-tool.ts'

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
  const validate = validatorOf(tool.inputSchema)
  return {
    name,
    description,
    inputSchema: jsonSchemaOf(tool.inputSchema, 'input'),
    checksInput: validate !== null,
    outputSchema: jsonSchemaOf(tool.outputSchema, 'output'),
    needsApproval: needsApproval ? 'ask' : 'allow',
    async call(input, { callId, signal }) {
      if (tool.execute === undefined)
        throw new TypeError(`tool \`${name}\` runs in a browser and cannot be called here`)
      // Its context has no place to give a call up, so an abort only drops the answer.
      signal.throwIfAborted()
      const value = validate === null ? input : await validated(validate, input)
      return await tool.execute(value, { toolCallId: callId, emitCustomEvent: () => undefined })
    },
  }
}
