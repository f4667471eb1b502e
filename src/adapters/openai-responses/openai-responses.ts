import { execInputSchema } from '../../agent/input/exec-arguments.ts'
import { execToolSpec, type ExecToolSpec } from '../../agent/tools/exec-tool.ts'
import { notificationItem, type NotificationItem } from '../../agent/response/notification-item.ts'
import { isRecord } from '../../protocol/json.ts'
import type { Session } from '../../session/api/session-options.ts'
import { CodeModeCore, codeModeCoreOptionNames, type CodeModeResponse } from '../code-mode/code-mode-core.ts'
import { itemsWithNotes } from '../code-mode/append-notes.ts'
import { objectSchema } from '../code-mode/object-schema.ts'
import { DirectTools } from '../code-mode/direct-tools.ts'
import { answerOptionNames, type AnswerOptions, type ModelApiOptions } from '../code-mode/model-api-options.ts'
import { outputOf, type ResponsesOutput } from './responses-output.ts'
import { checkOptions, type OptionNames } from '../../options/check-options.ts'
import { outsideSession } from '../../session/api/option-names.ts'

export type ResponsesOptions = ModelApiOptions & {
  /** `custom` (default): `exec` takes raw source. `function`: JSON, for models without custom tools. */
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

export interface ResponsesCodeMode extends AsyncDisposable {
  readonly session: Session
  /** For the `tools` of each request: the same text as long as the session's tools are the same. */
  readonly tools: (ExecToolSpec | ResponsesFunction)[]
  /** Makes the tool calls among the items of a response, side by side; the results are the input of the next request. */
  answer(output: readonly unknown[], options?: AnswerOptions): Promise<ResponsesItem[]>
  /** Terminates all cells and lets go of the hosts. */
  close(): Promise<void>
}

type Call = { readonly form: 'custom' | 'function'; readonly id: string; readonly name: string; readonly input: string }

const optionNames: OptionNames<ResponsesOptions> = {
  ...codeModeCoreOptionNames,
  tools: 'any',
  otherTools: 'any',
  form: ['custom', 'function'],
}

/** Code mode for the OpenAI Responses API, without an SDK. Throws what `createSession` throws. */
export async function codeMode(options: ResponsesOptions = {}): Promise<ResponsesCodeMode> {
  checkOptions('codeMode', options, optionNames, outsideSession)
  const { tools = [], otherTools = [], form = 'custom', ...coreOptions } = options
  const core = await CodeModeCore.open(tools, coreOptions, 'none')
  const direct = new DirectTools(tools, coreOptions)
  const place = { core, direct, form }
  return {
    session: core.session,
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
    async answer(output, answering = {}) {
      checkOptions('answer', answering, answerOptionNames)
      const { signal } = answering
      const ours = output.flatMap((item) => callOf(item)).filter(({ name }) => !otherTools.includes(name))
      const answers = await Promise.all(ours.map(async (call) => await made(call, place, signal)))
      return answers.flat()
    },
    close: async () => await core[Symbol.asyncDispose](),
    [Symbol.asyncDispose]: async () => await core[Symbol.asyncDispose](),
  }
}

type Place = { readonly core: CodeModeCore; readonly direct: DirectTools; readonly form: 'custom' | 'function' }

async function made(call: Call, place: Place, signal: AbortSignal | undefined): Promise<ResponsesItem[]> {
  const { form, id, name, input } = call
  const options = signal === undefined ? { callId: id } : { callId: id, signal }
  if (name === 'exec') {
    return answered(call, place, await place.core.exec(form === 'custom' ? input : parsed(input), options))
  }
  if (name === 'wait' && form === 'function')
    return answered(call, place, await place.core.wait(place.core.parseWait(input), options))
  if (form === 'custom') return [result(call, `unsupported custom tool call: ${name}`)]
  const { items } = await place.direct.call(name, parsed(input), { callId: id, signal: signal ?? null })
  return [result(call, outputOf(items))]
}

function answered(call: Call, { form }: Place, answer: CodeModeResponse): ResponsesItem[] {
  // Only the output of a custom tool call can be followed by another for the same call.
  if (form === 'function') return [result(call, outputOf(itemsWithNotes(answer)))]
  const { execCallId, notifications } = answer
  const notes = notifications.flatMap((text) => notificationItem({ execCallId, text }) ?? [])
  return [result(call, outputOf(itemsWithNotes({ ...answer, notifications: [] }))), ...notes]
}

function result({ form, id }: Call, output: ResponsesOutput): ResponsesItem {
  return form === 'custom'
    ? { type: 'custom_tool_call_output', call_id: id, output }
    : { type: 'function_call_output', call_id: id, output }
}

/** A tool call among what a model put out, or nothing. */
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

/** The value of JSON text. What is none stays text: `exec` takes a bare source, and other tools say what they expect. */
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
