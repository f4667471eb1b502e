import type { Tool } from '../../tools/tool.ts'
import { jsonSchemaOf, validatorOf } from '../../tools/schema/read-schema.ts'
import { validated } from '../../tools/resolve-tool.ts'

/** The members of a TanStack AI server tool that are used. */
export type TanStackTool = {
  readonly name: string
  readonly description?: string | undefined
  readonly inputSchema?: unknown
  readonly outputSchema?: unknown
  readonly needsApproval?: boolean | undefined
  execute?: { call(input: unknown, context?: unknown): unknown }['call'] | undefined
}

/** Converts a TanStack AI tool, as `toolDefinition(…).server(…)` returns it. Its schema validates the input here. */
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
      // The context of TanStack AI has no signal, so an abort only drops the result.
      signal.throwIfAborted()
      const value = validate === null ? input : await validated(validate, input)
      return await tool.execute(value, { toolCallId: callId, emitCustomEvent: () => undefined })
    },
  }
}
