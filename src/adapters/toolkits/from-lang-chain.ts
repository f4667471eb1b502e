import type { Tool } from '../../tools/tool.ts'
import { jsonSchemaOf } from '../../tools/schema/read-schema.ts'

/** What is used of a structured tool of LangChain. */
export type LangChainTool = {
  readonly name: string
  readonly description?: string | undefined
  readonly schema?: unknown
  invoke(input: unknown, config: { signal: AbortSignal }): unknown
}

/** A tool from one of LangChain's. It checks its input itself. */
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
