import type { HostPool, SessionListener, Tool } from '../../../index.ts'
import { codeMode, type CodeMode, type ResponsesItem } from '../../../openai-responses.ts'
import type { CallOutput, ModelCall, ModelTool } from '../models/model-turn.ts'
import { isObject } from '../values/fields.ts'

/** How the model calls tools: each by a call of its own, or from programs. */
export const modes = ['plain', 'code'] as const

export type Mode = (typeof modes)[number]

export type ToolRunnerOptions = {
  readonly mode: Mode
  readonly tools: readonly Tool[]
  readonly hosts: HostPool
  readonly listeners: readonly SessionListener[]
  /** The form of `exec`. */
  readonly execForm: 'function' | 'custom'
}

/** The tools of a model in one of the modes. In both modes, names, texts and the maximum length of outputs are those of codecell. */
export interface ToolRunner extends AsyncDisposable {
  readonly tools: readonly ModelTool[]
  /** Runs calls in parallel. Rejects only with the reason of the signal. */
  run(calls: readonly ModelCall[], signal: AbortSignal): Promise<readonly CallOutput[]>
}

export async function openToolRunner({
  mode,
  tools,
  hosts,
  listeners,
  execForm,
}: ToolRunnerOptions): Promise<ToolRunner> {
  const allowedCallers = [mode === 'plain' ? 'direct' : 'code'] as const
  const session = await codeMode({
    hosts,
    listeners,
    form: execForm,
    tools: tools.map((tool) => ({ ...tool, allowedCallers })),
  })
  const offered = declaredTools(session).filter(({ name }) => mode === 'code' || !isCodeTool(name))
  return {
    tools: offered,
    async run(calls, signal) {
      return await Promise.all(
        calls.map(async (call): Promise<CallOutput> => {
          // A model can invent a call of a tool that this mode does not have.
          if (mode === 'plain' && isCodeTool(call.name)) return textOutput(call, `unsupported call: ${call.name}`)
          const items = await session.runToolCalls([itemOf(call)], { signal })
          return { id: call.id, text: textIn(items), items }
        }),
      )
    },
    [Symbol.asyncDispose]: () => session.close(),
  }
}

function isCodeTool(name: string): boolean {
  return name === 'exec' || name === 'wait'
}

function declaredTools(session: CodeMode): readonly ModelTool[] {
  return session.tools.map((tool): ModelTool => {
    const { name, description } = tool
    return tool.type === 'custom'
      ? { form: 'custom', name, description, parameters: {}, declaration: tool }
      : { form: 'function', name, description, parameters: tool.parameters, declaration: tool }
  })
}

function itemOf({ form, id, name, input }: ModelCall): object {
  return form === 'custom'
    ? { type: 'custom_tool_call', call_id: id, name, input }
    : { type: 'function_call', call_id: id, name, arguments: input }
}

function textOutput({ form, id }: ModelCall, text: string): CallOutput {
  const type = form === 'custom' ? 'custom_tool_call_output' : 'function_call_output'
  return { id, text, items: [{ type, call_id: id, output: text }] }
}

/** Returns outputs as one text, with a remark instead of an image. */
function textIn(items: readonly ResponsesItem[]): string {
  const parts = items.flatMap((item) => ('output' in item ? [item.output] : []))
  return parts.flatMap((output) => (typeof output === 'string' ? [output] : output.map(partText))).join('\n')
}

function partText(part: unknown): string {
  return isObject(part) && typeof part['text'] === 'string'
    ? part['text']
    : '[image omitted: evaluations have only texts]'
}
