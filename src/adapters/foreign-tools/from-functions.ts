import type { Tool, ToolCallContext } from '../../tools/tool.ts'
import { readSchema } from './read-schema.ts'

/** What a function that becomes a tool takes and gives. */
export type ToolFunction = {
  execute(input: unknown, context: ToolCallContext): unknown
}['execute']

/** A tool without its name: a function, and what is known about it. */
export type FunctionDefinition = Omit<Tool, 'name' | 'kind' | 'call'> & { readonly execute: ToolFunction }

/**
 * Tools from functions by name. `inputSchema` and `outputSchema` are Standard Schemas (zod and others) or JSON Schema; a
 * Standard Schema checks the input, and the function gets what it makes of it.
 */
export function fromFunctions(functions: Readonly<Record<string, ToolFunction | FunctionDefinition>>): Tool[] {
  return Object.entries(functions).map(([name, definition]) => {
    if (typeof definition === 'function') return { name, call: (input, context) => definition(input, context) }
    const { execute, inputSchema, outputSchema, ...rest } = definition
    const { input: inputJson, parse } = readSchema(inputSchema)
    return {
      ...rest,
      name,
      inputSchema: inputJson,
      outputSchema: readSchema(outputSchema).output,
      call: async (input, context) => await execute.call(definition, await parse(input), context),
    }
  })
}
