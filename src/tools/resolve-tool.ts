import { CodecellError } from '../errors.ts'
import { isPromise } from '../platform/is-promise.ts'
import { ignoreRejection } from '../protocol/guarded-calls.ts'
import { readSchema, type ReadSchema, type ReadStandardSchema, type Validate } from './schema/read-schema.ts'
import { issueLines, issuesText } from './schema/schema-issues.ts'
import type { JsonSchema } from './schema/standard-schema.ts'
import type { Tool } from './tool.ts'
import { isDeferredResult } from './deferred-result.ts'
import { checkTools } from './check-tools.ts'

/** Tools with Standard Schemas, and what they are resolved to. */
const resolvedTools = new WeakMap<Tool, Tool>()
/** The schemas that validate the input of resolved tools. */
const inputSchemas = new WeakMap<Tool, ReadStandardSchema>()

/** The validation of results that arrive later, by resolved tool. */
const outputChecks = new WeakMap<Tool, (value: unknown) => Promise<unknown>>()

/** Schemas that validate asynchronously, once that is known. */
const asynchronous = new WeakSet<ReadStandardSchema>()

/** How a tool calls its schemas, for error messages. */
export type SchemaNames = { readonly input: string; readonly output: string }

const ownNames: SchemaNames = { input: 'inputSchema', output: 'outputSchema' }

/**
 * Checks tools, and returns them with JSON Schemas; see {@link resolveTool}.
 *
 * @throws {CodecellError} `INVALID_OPTION` that names the tool and the member.
 */
export function resolveTools(tools: readonly Tool[]): readonly Tool[] {
  checkTools(tools)
  return tools.map((tool) => resolveTool(tool))
}

/**
 * Returns the tool with JSON Schemas instead of Standard Schemas, which validate inside `call`. A tool without
 * Standard Schemas is returned as it is.
 *
 * @throws {CodecellError} `INVALID_OPTION` for a schema that is neither JSON Schema nor a Standard Schema with JSON Schema.
 */
export function resolveTool(tool: Tool, names: SchemaNames = ownNames): Tool {
  // A server that sends a strange schema stops nothing: its tool is called unchecked.
  if (tool.server !== undefined) return tool
  const known = resolvedTools.get(tool)
  if (known !== undefined) return known
  const input = usable(tool, readSchema(tool.inputSchema), names.input)
  const output = usable(tool, readSchema(tool.outputSchema), names.output)
  if (input.type !== 'standard' && output.type !== 'standard') return tool
  const resolved: Tool = {
    ...membersOf(tool),
    inputSchema: jsonOf(input, 'input'),
    outputSchema: jsonOf(output, 'output'),
    checksInput: tool.checksInput ?? input.type === 'standard',
    call: async (given, context) => {
      const value = input.type === 'standard' ? await validated(input.validate, given) : given
      const result: unknown = await tool.call(value, context)
      if (output.type !== 'standard' || isDeferredResult(result)) return result
      return await validResult(tool, output.validate, result)
    },
  }
  resolvedTools.set(tool, resolved)
  if (output.type === 'standard') outputChecks.set(resolved, (value) => validResult(tool, output.validate, value))
  if (input.type === 'standard') inputSchemas.set(resolved, input)
  return resolved
}

/** Returns a tool with JSON Schemas whose schemas are not to be read before they are needed. */
export function resolvedTool(tool: Tool): Tool {
  resolvedTools.set(tool, tool)
  return tool
}

/**
 * Returns the lines that say why an input does not fit the Standard Schema of a resolved tool. Empty for an input that fits, for a
 * tool without such a schema, and for a schema that validates asynchronously: that one validates when the tool is called.
 */
export function schemaProblems(tool: Tool, input: unknown): readonly string[] {
  const schema = inputSchemas.get(tool)
  if (schema === undefined || asynchronous.has(schema)) return []
  try {
    const verdict = schema.validate(structuredClone(input))
    if (!isPromise(verdict)) return verdict.type === 'invalid' ? issueLines(verdict.issues) : []
    ignoreRejection(verdict)
    asynchronous.add(schema)
    return []
  } catch {
    // The call itself reports it.
    return []
  }
}

/**
 * Returns the value as the schema validated it.
 *
 * @throws {TypeError} with the issues of a value that does not fit.
 */
export async function validated(validate: Validate, value: unknown): Promise<unknown> {
  const verdict = await validate(value)
  if (verdict.type === 'invalid') throw new TypeError(issuesText(verdict.issues))
  return verdict.value
}

/**
 * Returns the validation of results that arrive later; null for a tool without a Standard Schema. It rejects with
 * `TOOL_OUTCOME_UNKNOWN` for a result that does not fit.
 */
export function resultValidator(tool: Tool): ((result: unknown) => Promise<unknown>) | null {
  return outputChecks.get(tool) ?? null
}

/** The tool has run: the error leaves open what the call has done. */
async function validResult({ name }: Tool, validate: Validate, result: unknown): Promise<unknown> {
  const verdict = await validate(result)
  if (verdict.type === 'valid') return verdict.value
  const issues = issueLines(verdict.issues).join('; ')
  throw new CodecellError('TOOL_OUTCOME_UNKNOWN', `the result of tool \`${name}\` does not fit its schema: ${issues}`)
}

function usable(
  { name }: Tool,
  schema: ReadSchema,
  member: string,
): Exclude<ReadSchema, { readonly type: 'unusable' }> {
  if (schema.type !== 'unusable') return schema
  throw new CodecellError(
    'INVALID_OPTION',
    `Cannot use the "${member}" of tool ${JSON.stringify(name)}: ${schema.reason}`,
    { details: { option: `tools.${name}.${member}`, expected: 'JSON Schema or a Standard Schema with JSON Schema' } },
  )
}

function jsonOf(
  schema: Exclude<ReadSchema, { readonly type: 'unusable' }>,
  side: 'input' | 'output',
): JsonSchema | undefined {
  if (schema.type === 'none') return undefined
  return schema.type === 'json' ? schema.json : schema[side]
}

/** All members of a tool, with the value that says so: the list is complete. */
const memberNames: { readonly [Name in keyof Required<Tool>]: true } = {
  name: true,
  namespace: true,
  namespaceDescription: true,
  server: true,
  kind: true,
  takesAnyInput: true,
  checksInput: true,
  description: true,
  inputSchema: true,
  outputSchema: true,
  allowedCallers: true,
  deferred: true,
  annotations: true,
  needsApproval: true,
  variantOf: true,
  idempotent: true,
  revert: true,
  call: true,
}

/** A tool can be an instance of a class, with methods that need their instance. */
function membersOf(tool: Tool): Tool {
  const members = Object.keys(memberNames).flatMap((name) => {
    const value: unknown = Reflect.get(tool, name)
    if (value === undefined) return []
    if (typeof value !== 'function') return [[name, value] as const]
    return [[name, (...given: readonly unknown[]): unknown => Reflect.apply(value, tool, given)] as const]
  })
  return { ...tool, ...Object.fromEntries(members) }
}
