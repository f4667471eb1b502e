import type { Tool as AiTool, ToolApprovalStatus, ToolExecutionOptions, ToolSet } from 'ai'
import { jsonSchemaOf } from '../../tools/schema/read-schema.ts'
import { issuesText } from '../../tools/schema/schema-issues.ts'
import { isRecord } from '../../protocol/json.ts'
import type { Tool, ToolCallContext } from '../../tools/tool.ts'
import type { AiPackage } from './ai-package.ts'
import type { SchemaTexts } from './schema-texts.ts'

/** The part of a call of `exec` that the nested tools of its cell receive. */
export type ExecContext = Pick<ToolExecutionOptions<unknown>, 'messages' | 'experimental_sandbox'>

export type NestedToolOptions = {
  readonly ai: AiPackage
  /** As `toolsContext` of `generateText`. */
  readonly toolsContext: Readonly<Record<string, unknown>>
  readonly schemas: SchemaTexts
  readonly approvals: NestedApprovals
  readonly execContext: (execCallId: string | null) => ExecContext
  /** Whether an earlier process requested an approval of the call. Then it is requested again. */
  readonly wasAsked: (context: ToolCallContext) => Promise<boolean>
  /** Receives the preliminary results of tools that stream, and the end of each call. */
  readonly onChange: (context: ToolCallContext, change: NestedChange) => void
}

/** Approvals by tool name, in the terms of the SDK's `toolApproval`. */
export type NestedApprovals = Readonly<Record<string, NestedApproval>>

type NestedApproval = ToolApprovalStatus | ((input: unknown, options: AskedCall) => MaybePromise<ToolApprovalStatus>)

type AskedCall = Pick<ToolExecutionOptions<unknown>, 'toolCallId' | 'messages'> & { readonly toolContext: unknown }

type MaybePromise<Value> = Value | PromiseLike<Value>

type NestedChange = {
  readonly tool: string
  readonly state: 'running' | 'done' | 'failed'
  readonly preliminary?: unknown
}

/** Converts the tools of a set that programs can call: those with a function that runs in this process. */
export function nestedTools(tools: ToolSet, options: NestedToolOptions): Tool[] {
  return Object.entries(tools).flatMap(([name, tool]) => {
    // A program cannot call tools that run at the provider or in a browser.
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
    inputSchema: jsonSchemaOf(options.schemas.json(inputSchema), 'input'),
    checksInput: options.ai.asSchema<unknown>(inputSchema).validate !== undefined,
    ...(outputSchema === undefined ? {} : { outputSchema: jsonSchemaOf(options.schemas.json(outputSchema), 'output') }),
    deferred: deferLoading,
    ...(needsApproval === undefined && !Object.hasOwn(options.approvals, name)
      ? {}
      : {
          needsApproval: async (input, context) =>
            (await isAsked(name, tool, { input, context, options })) ? 'ask' : 'allow',
        }),
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

/** Returns whether a call needs an approval. As in the SDK, the run takes precedence over the tool. */
async function isAsked(name: string, { needsApproval, ...tool }: AiTool, call: Call): Promise<boolean> {
  const approval = Object.hasOwn(call.options.approvals, name) ? call.options.approvals[name] : undefined
  const isDecided = typeof approval !== 'function' && typeof needsApproval !== 'function'
  if (approval === undefined && isDecided) return needsApproval !== false
  if (typeof approval !== 'function' && approval !== undefined) return isAskedFor(name, approval)
  if (await call.options.wasAsked(call.context)) return true
  const input = await validated(call.options, tool.inputSchema, call.input)
  const { toolCallId, messages, context } = await executionOptions(name, tool, call)
  if (approval !== undefined)
    return isAskedFor(name, await approval(input, { toolCallId, messages, toolContext: context }))
  return typeof needsApproval !== 'function' || (await needsApproval(input, { toolCallId, messages, context }))
}

function isAskedFor(name: string, status: ToolApprovalStatus): boolean {
  const { type, reason = '' } = typeof status === 'object' ? status : { type: status ?? 'not-applicable' }
  if (type !== 'denied') return type === 'user-approval'
  throw new TypeError(`the call of tool \`${name}\` was denied${reason === '' ? '' : `: ${reason}`}`)
}

async function run(name: string, tool: AiTool, call: Call): Promise<unknown> {
  const input: unknown = await validated(call.options, tool.inputSchema, call.input)
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
  const given = Object.hasOwn(options.toolsContext, name) ? options.toolsContext[name] : undefined
  const context = contextSchema === undefined ? given : await validated(options, contextSchema, given)
  const toolCallId = `${execCallId ?? `cell-${cellId}`}:${callId}`
  return { ...options.execContext(execCallId), toolCallId, abortSignal: signal, context }
}

/** Returns the output of the schema's own validator. */
async function validated({ ai }: NestedToolOptions, schema: AiTool['inputSchema'], value: unknown): Promise<unknown> {
  const result = await ai.asSchema<unknown>(schema).validate?.(value)
  if (result === undefined) return value
  if (result.success) return result.value
  const issues = issuesOf(result.error) ?? issuesOf(result.error.cause)
  throw issues === null ? result.error : new TypeError(issuesText(issues))
}

/** Returns the issues of any validator: a list, or the list in its error. */
function issuesOf(error: unknown): readonly unknown[] | null {
  if (Array.isArray(error)) return error
  return isRecord(error) && Array.isArray(error['issues']) ? error['issues'] : null
}

function descriptionOf(
  name: string,
  { description }: AiTool,
  { toolsContext, execContext }: NestedToolOptions,
): string {
  if (typeof description !== 'function') return description ?? ''
  const { experimental_sandbox: sandbox } = execContext(null)
  const context = Object.hasOwn(toolsContext, name) ? toolsContext[name] : undefined
  return description(sandbox === undefined ? { context } : { context, experimental_sandbox: sandbox })
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}
