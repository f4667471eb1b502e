import { checkOptions, type Elsewhere, type OptionNames } from '../options/check-options.ts'
import type { DeferredResult } from './deferred-result.ts'
import { resolveTool, validated } from './resolve-tool.ts'
import { validatorOf } from './schema/read-schema.ts'
import type { SchemaInput, SchemaOutput, ToolSchema } from './schema/standard-schema.ts'
import type { ApprovalPolicy, RevertedCall, Tool, ToolCallContext } from './tool.ts'

/** A tool with types: what `run` takes and returns follows from the schemas `input` and `output`. */
export type ToolDefinition<Input extends ToolSchema = ToolSchema, Output extends ToolSchema = ToolSchema> = Omit<
  Tool,
  'inputSchema' | 'outputSchema' | 'checksInput' | 'takesAnyInput' | 'needsApproval' | 'revert' | 'call'
> & {
  /** The schema of the input. A Standard Schema validates the input, and `run` gets its output. */
  readonly input?: Input
  /** The schema of the result. A Standard Schema validates what `run` returns, and the cell gets its output. */
  readonly output?: Output
  /** The policy of calls, as in {@link Tool.needsApproval}; a function gets the validated input. */
  readonly needsApproval?:
    | ApprovalPolicy
    | {
        decide(input: SchemaOutput<Input>, context: ToolCallContext): ApprovalPolicy | Promise<ApprovalPolicy>
      }['decide']
  /** Undoes a call, as in {@link Tool.revert}; `input` is the validated input. */
  revert?(call: RevertedCall<SchemaOutput<Input>>, context: { readonly signal: AbortSignal }): unknown
  /**
   * Runs the tool. Its result reaches the cell as JSON, the message of what it throws as the message of an error. A tool whose
   * result arrives later returns `context.defer()`.
   */
  run(
    input: SchemaOutput<Input>,
    context: ToolCallContext,
  ): SchemaInput<Output> | DeferredResult | Promise<SchemaInput<Output> | DeferredResult>
}

const definitionNames: OptionNames<ToolDefinition> = {
  name: 'any',
  namespace: 'any',
  namespaceDescription: 'any',
  server: 'any',
  kind: ['function', 'freeform'],
  description: 'any',
  input: 'any',
  output: 'any',
  allowedCallers: 'any',
  deferred: 'boolean',
  annotations: 'any',
  needsApproval: 'any',
  variantOf: 'any',
  idempotent: 'boolean',
  revert: 'function',
  run: 'function',
}

/** The corresponding options for names that other libraries use. */
const elsewhere: Elsewhere = {
  inputSchema: 'the option "input"',
  parameters: 'the option "input"',
  schema: 'the option "input"',
  outputSchema: 'the option "output"',
  call: 'the option "run"',
  execute: 'the option "run"',
  handler: 'the option "run"',
}

/**
 * Defines a tool with types. `input` and `output` are Standard Schemas (zod, ArkType, Valibot and others) or JSON Schemas. A
 * Standard Schema validates: `run` gets the output of `input`, with its defaults and transforms.
 *
 * @throws {CodecellError} `INVALID_OPTION` for an unknown member, and for a schema that is neither JSON Schema nor a Standard
 * Schema with JSON Schema.
 * @example
 * ```ts
 * import { createSession, defineTool } from 'codecell'
 * import { z } from 'zod'
 *
 * const weather = defineTool({
 *   name: 'get_weather',
 *   description: 'The weather in a city',
 *   input: z.object({ city: z.string(), days: z.number().default(1) }),
 *   output: z.object({ celsius: z.array(z.number()) }),
 *   run: ({ days }) => ({ celsius: Array.from({ length: days }, () => 21) }),
 * })
 * await using session = await createSession({ tools: [weather] })
 * ```
 */
export function defineTool<Input extends ToolSchema, Output extends ToolSchema>(
  definition: ToolDefinition<Input, Output>,
): Tool {
  return toolOf(definition)
}

function toolOf(definition: ToolDefinition): Tool {
  checkOptions('defineTool', definition, definitionNames, elsewhere)
  // oxlint-disable-next-line typescript/unbound-method -- the definition's methods are called on the definition
  const { input, output, needsApproval, run: _run, revert: _revert, ...members } = definition
  const validate = validatorOf(input)
  const valid = async (value: unknown): Promise<unknown> =>
    validate === null ? value : await validated(validate, value)
  const tool: Tool = {
    ...members,
    inputSchema: input,
    outputSchema: output,
    ...policyOf(needsApproval, valid),
    ...(definition.revert === undefined
      ? {}
      : {
          revert: async (call, context) =>
            await definition.revert?.({ ...call, input: await valid(call.input) }, context),
        }),
    call: (value, context) => definition.run(value, context),
  }
  return resolveTool(tool, { input: 'input', output: 'output' })
}

function policyOf(
  needsApproval: ToolDefinition['needsApproval'],
  valid: (value: unknown) => Promise<unknown>,
): Pick<Tool, 'needsApproval'> {
  if (needsApproval === undefined) return {}
  if (typeof needsApproval !== 'function') return { needsApproval }
  return { needsApproval: async (input, context) => await needsApproval(await valid(input), context) }
}
