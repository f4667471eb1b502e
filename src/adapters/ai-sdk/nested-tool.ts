import type { Tool as AiTool, ToolExecutionOptions, ToolSet } from 'ai'
import { issuesText } from '../foreign-tools/read-schema.ts'
import { isRecord } from '../../protocol/json.ts'
import type { Tool, ToolCallContext } from '../../tools/tool.ts'
import { ai } from './ai-package.ts'
import type { SchemaTexts } from './schema-texts.ts'

/** What a nested tool is given of the call of `exec` that its cell belongs to. */
export type OuterCall = Pick<ToolExecutionOptions<unknown>, 'messages' | 'experimental_sandbox'>

export type NestedToolOptions = {
  /** Contexts by tool name, as `toolsContext` of `generateText`. */
  readonly contexts: Readonly<Record<string, unknown>>
  readonly schemas: SchemaTexts
  readonly outerCall: (execCallId: string | null) => OuterCall
  /** Told what a tool that streams its result has come to so far, and how the call ended. */
  readonly onChange: (context: ToolCallContext, change: NestedChange) => void
}

type NestedChange = {
  readonly tool: string
  readonly state: 'running' | 'done' | 'failed'
  readonly preliminary?: unknown
}

/** The tools of a set that programs can call: those with a function, run here. Sets are read when they are handed over. */
export function nestedTools(tools: ToolSet, options: NestedToolOptions): Tool[] {
  return Object.entries(tools).flatMap(([name, tool]) => {
    // Who runs elsewhere, at the provider or in a browser, cannot be called by a program.
    if (tool.execute === undefined || tool.isProviderExecuted === true) return []
    if (name === 'exec' || name === 'wait') return []
    return [nestedTool(name, tool, options)]
  })
}

function nestedTool(name: string, tool: AiTool, options: NestedToolOptions): Tool {
  const { inputSchema, outputSchema, needsApproval, deferLoading = false } = tool
  return {
    name,
    description: descriptionOf(name, tool, options),
    inputSchema: options.schemas.json(inputSchema),
    ...(outputSchema === undefined ? {} : { outputSchema: options.schemas.json(outputSchema) }),
    deferred: deferLoading,
    ...(needsApproval === undefined
      ? {}
      : { needsApproval: async (input, context) => await isAsked(name, tool, { input, context, options }) }),
    async call(input, context) {
      options.onChange(context, { tool: name, state: 'running' })
      try {
        const result = await run(name, tool, { input, context, options })
        options.onChange(context, { tool: name, state: 'done' })
        return result
      } catch (error) {
        options.onChange(context, { tool: name, state: 'failed' })
        throw error
      }
    },
  }
}

type Call = { readonly input: unknown; readonly context: ToolCallContext; readonly options: NestedToolOptions }

async function isAsked(name: string, { needsApproval, ...tool }: AiTool, call: Call): Promise<boolean> {
  if (typeof needsApproval !== 'function') return needsApproval !== false
  const input = await validated(tool.inputSchema, call.input)
  const { toolCallId, messages, context } = await executionOptions(name, tool, call)
  return await needsApproval(input, { toolCallId, messages, context })
}

async function run(name: string, tool: AiTool, call: Call): Promise<unknown> {
  const input: unknown = await validated(tool.inputSchema, call.input)
  const result: unknown = await tool.execute?.(input, await executionOptions(name, tool, call))
  if (!isAsyncIterable(result)) return result
  let last: unknown = null
  // As in the SDK: the last value that a streaming tool yields is its result.
  for await (const value of result) {
    call.context.signal.throwIfAborted()
    last = value
    call.options.onChange(call.context, { tool: name, state: 'running', preliminary: value })
  }
  return last
}

async function executionOptions(
  name: string,
  { contextSchema }: Pick<AiTool, 'contextSchema'>,
  { context: { callId, execCallId, cellId, signal }, options }: Call,
): Promise<ToolExecutionOptions<unknown>> {
  const given = Object.hasOwn(options.contexts, name) ? options.contexts[name] : undefined
  const context = contextSchema === undefined ? given : await validated(contextSchema, given)
  const toolCallId = `${execCallId ?? `cell-${cellId}`}:${callId}`
  return { ...options.outerCall(execCallId), toolCallId, abortSignal: signal, context }
}

/** The value as the schema's own validator gives it back. */
async function validated(schema: AiTool['inputSchema'], value: unknown): Promise<unknown> {
  const result = await ai.asSchema<unknown>(schema).validate?.(value)
  if (result === undefined) return value
  if (result.success) return result.value
  const issues = issuesOf(result.error) ?? issuesOf(result.error.cause)
  throw issues === null ? result.error : new TypeError(issuesText(issues))
}

/** The issues of a validator of whatever make: a list of its own, or within its error. */
function issuesOf(error: unknown): readonly unknown[] | null {
  if (Array.isArray(error)) return error
  return isRecord(error) && Array.isArray(error['issues']) ? error['issues'] : null
}

function descriptionOf(name: string, { description }: AiTool, { contexts, outerCall }: NestedToolOptions): string {
  if (typeof description !== 'function') return description ?? ''
  const { experimental_sandbox: sandbox } = outerCall(null)
  const context = Object.hasOwn(contexts, name) ? contexts[name] : undefined
  return description(sandbox === undefined ? { context } : { context, experimental_sandbox: sandbox })
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}
