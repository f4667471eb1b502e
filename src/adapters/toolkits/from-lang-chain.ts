import type { Tool } from '../../tools/tool.ts'
import { jsonSchemaOf } from '../../tools/schema/read-schema.ts'

/** The members of a structured LangChain tool that are used. */
export type LangChainTool = {
  readonly name: string
  readonly description?: string | undefined
  readonly schema?: unknown
  invoke(input: unknown, config: { signal: AbortSignal }): unknown
}

/** Converts a LangChain tool. It validates its input itself. */
export function fromLangChain(tool: LangChainTool): Tool {
  const { name, description = '' } = tool
  return {
    name,
    description,
    inputSchema: jsonSchemaOf(tool.schema, 'input'),
    checksInput: true,
    call: (input, { signal }) => tool.invoke(input, { signal }),
  }
}
