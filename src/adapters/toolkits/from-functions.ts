import { defineTool, type ToolDefinition } from '../../tools/define-tool.ts'
import type { ToolSchema } from '../../tools/schema/standard-schema.ts'
import type { Tool, ToolCallContext } from '../../tools/tool.ts'

/** A function that is a tool without a schema. */
export type ToolFunction = { run(input: unknown, context: ToolCallContext): unknown }['run']

/** A tool without its name: a function, and what is known about it. */
export type FunctionDefinition<Input extends ToolSchema = ToolSchema> = Omit<ToolDefinition<Input>, 'name'>

/**
 * Returns a tool for each function, under the name of its member. A definition has the members of {@link defineTool} but for
 * the name.
 *
 * @throws {CodecellError} `INVALID_OPTION` as {@link defineTool} does.
 * @example
 * ```ts
 * const tools = fromFunctions({
 *   now: () => new Date().toISOString(),
 *   add: { input: z.object({ a: z.number(), b: z.number() }), run: ({ a, b }) => a + b },
 * })
 * ```
 */
export function fromFunctions<Inputs extends Readonly<Record<string, ToolSchema>>>(functions: {
  readonly [Name in keyof Inputs]: ToolFunction | FunctionDefinition<Inputs[Name]>
}): Tool[]
export function fromFunctions(functions: Readonly<Record<string, ToolFunction | FunctionDefinition>>): Tool[] {
  return Object.entries(functions).map(([name, definition]) =>
    typeof definition === 'function' ? { name, call: definition } : defineTool({ ...definition, name }),
  )
}
