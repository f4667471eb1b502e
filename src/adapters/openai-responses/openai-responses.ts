import { execInputSchema } from '../../agent/input/exec-arguments.ts'
import { execToolSpec, type ExecToolSpec } from '../../agent/tools/exec-tool.ts'
import { notificationItem, type NotificationItem } from '../../agent/response/notification-item.ts'
import { isRecord } from '../../protocol/json.ts'
import { codeModeBase, type CodeModeBase } from '../code-mode/code-mode-base.ts'
import { CodeModeCore, codeModeCoreOptionNames, type CodeModeResponse } from '../code-mode/code-mode-core.ts'
import { itemsWithNotifications } from '../code-mode/append-notifications.ts'
import { objectSchema } from '../code-mode/object-schema.ts'
import { DirectTools } from '../code-mode/direct-tools.ts'
import {
  runToolCallsOptionNames,
  type RunToolCallsOptions,
  type ModelApiOptions,
} from '../code-mode/model-api-options.ts'
import { outputOf, type ResponsesOutput } from './responses-output.ts'
import { checkOptions, type OptionNames } from '../../options/check-options.ts'
import { outsideSession } from '../../session/api/option-names.ts'

export type CodeModeOptions = ModelApiOptions & {
  /**
   * The input of `exec`. `custom`: raw source. `function`: JSON, for models without custom tools.
   *
   * @default 'custom'
   */
  readonly form?: 'custom' | 'function'
}

/** A function tool of the Responses API. */
export type ResponsesFunction = {
  type: 'function'
  name: string
  description: string
  strict: false
  parameters: Record<string, unknown>
}

/** An item for the `input` of the next request. */
export type ResponsesItem =
  | { readonly type: 'custom_tool_call_output'; readonly call_id: string; readonly output: ResponsesOutput }
  | { readonly type: 'function_call_output'; readonly call_id: string; readonly output: ResponsesOutput }
  | NotificationItem

export interface CodeMode extends CodeModeBase {
  /** For the `tools` of each request. The text is the same as long as the tools of the session are the same. */
  readonly tools: (ExecToolSpec | ResponsesFunction)[]
  /** Runs the tool calls of a response in parallel. The results are the input of the next request. */
  runToolCalls(output: readonly unknown[], options?: RunToolCallsOptions): Promise<ResponsesItem[]>
}

type Call = { readonly form: 'custom' | 'function'; readonly id: string; readonly name: string; readonly input: string }

const optionNames: OptionNames<CodeModeOptions> = {
  ...codeModeCoreOptionNames,
  tools: 'any',
  skippedTools: 'any',
  form: ['custom', 'function'],
}

/**
 * Creates code mode for the OpenAI Responses API, without an SDK.
 *
 * @throws {CodecellError} `INVALID_OPTION`, and what `createSession` throws
 * @example
 * ```ts
 * await using mode = await codeMode({ tools })
 * const response = await client.responses.create({ model, input, tools: mode.tools })
 * ```
 */
export async function codeMode(options: CodeModeOptions = {}): Promise<CodeMode> {
  checkOptions('codeMode', options, optionNames, outsideSession)
  const { tools = [], skippedTools = [], form = 'custom', ...coreOptions } = options
  const core = await CodeModeCore.open(tools, coreOptions, 'none')
  const direct = new DirectTools(tools, coreOptions)
  return {
    ...codeModeBase(core),
    get tools() {
      const exec = core.describeExec()
      const directTools = direct.entries.map(([name, { description = '', inputSchema }]) =>
        functionTool(name, description, inputSchema),
      )
      return [
        form === 'custom' ? execToolSpec(exec) : functionTool('exec', exec, execInputSchema),
        functionTool('wait', core.waitSpec.description, core.waitSpec.parameters),
        ...directTools,
      ]
    },
    async runToolCalls(output, runOptions = {}) {
      checkOptions('runToolCalls', runOptions, runToolCallsOptionNames)
      const { signal } = runOptions
      const ours = output.flatMap((item) => callOf(item)).filter(({ name }) => !skippedTools.includes(name))
      const results = await Promise.all(ours.map(async (call) => await run(call, { core, direct, signal })))
      return results.flat()
    },
  }
}

type CallServices = {
  readonly core: CodeModeCore
  readonly direct: DirectTools
  readonly signal: AbortSignal | undefined
}

async function run(call: Call, { core, direct, signal }: CallServices): Promise<ResponsesItem[]> {
  const { form, id, name, input } = call
  const options = signal === undefined ? { callId: id } : { callId: id, signal }
  if (name === 'exec') return resultsOf(call, await core.exec(form === 'custom' ? input : parsed(input), options))
  if (name === 'wait' && form === 'function') return resultsOf(call, await core.wait(core.parseWait(input), options))
  if (form === 'custom') return [result(call, `unsupported custom tool call: ${name}`)]
  const { items } = await direct.call(name, parsed(input), { callId: id, signal: signal ?? null })
  return [result(call, outputOf(items))]
}

function resultsOf(call: Call, response: CodeModeResponse): ResponsesItem[] {
  // Only the output of a custom tool call can be followed by another output for the same call.
  if (call.form === 'function') return [result(call, outputOf(itemsWithNotifications(response)))]
  const { execCallId, notifications } = response
  const items = notifications.flatMap((text) => notificationItem({ execCallId, text }) ?? [])
  return [result(call, outputOf(itemsWithNotifications({ ...response, notifications: [] }))), ...items]
}

function result({ form, id }: Call, output: ResponsesOutput): ResponsesItem {
  return form === 'custom'
    ? { type: 'custom_tool_call_output', call_id: id, output }
    : { type: 'function_call_output', call_id: id, output }
}

/** Returns the tool call in an item of a response, or an empty list. */
function callOf(item: unknown): Call[] {
  if (!isRecord(item)) return []
  const { type, call_id: id, name } = item
  if (typeof id !== 'string' || typeof name !== 'string') return []
  if (type === 'custom_tool_call') return [{ form: 'custom', id, name, input: textOf(item['input']) }]
  return type === 'function_call' ? [{ form: 'function', id, name, input: textOf(item['arguments']) }] : []
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** Parses JSON. Other text stays a string: `exec` accepts a bare source, and other tools report what they expect. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return json
  }
}

function functionTool(name: string, description: string, schema: unknown): ResponsesFunction {
  return {
    type: 'function',
    name,
    description,
    strict: false,
    parameters: isRecord(schema) ? { ...schema } : objectSchema({}),
  }
}
