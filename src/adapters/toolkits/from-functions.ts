import type { Tool, ToolCallContext } from '../../tools/tool.ts'
import { readSchema } from './read-schema.ts'

/** What a function is given that stands for a tool without a schema. */
export type ToolFunction = { execute(input: unknown, context: ToolCallContext): unknown }['execute']

/** A tool without its name: a function, and what is known about it. */
export type FunctionDefinition<SCHEMA = unknown> = Omit<Tool, 'name' | 'kind' | 'call' | 'inputSchema'> & {
  readonly inputSchema?: SCHEMA
  execute(input: InputOf<SCHEMA>, context: ToolCallContext): unknown
}

/** What a Standard Schema makes of its input. Of other schemas nothing is known. */
type InputOf<SCHEMA> = SCHEMA extends {
  readonly '~standard': { readonly types?: { readonly output: infer OUTPUT } | undefined }
}
  ? OUTPUT
  : unknown

/**
 * Tools from functions by name. `inputSchema` and `outputSchema` are Standard Schemas (zod and others) or JSON Schema; a
 * Standard Schema checks the input, and the function gets what it makes of it.
 */
export function fromFunctions<SCHEMAS extends Readonly<Record<string, unknown>>>(functions: {
  readonly [NAME in keyof SCHEMAS]: ToolFunction | FunctionDefinition<SCHEMAS[NAME]>
}): Tool[] {
  return Object.entries<ToolFunction | FunctionDefinition>(functions).map(([name, definition]) => {
    if (typeof definition === 'function') return { name, call: (input, context) => definition(input, context) }
    const { input: inputSchema, parse, checks } = readSchema(definition.inputSchema)
    return {
      ...definition,
      name,
      inputSchema,
      checksInput: definition.checksInput ?? checks,
      outputSchema: readSchema(definition.outputSchema).output,
      call: async (input, context) => await definition.execute(await parse(input), context),
    }
  })
}
