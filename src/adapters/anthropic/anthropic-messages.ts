import { execInputSchema } from '../../agent/input/exec-arguments.ts'
import { isRecord } from '../../protocol/json.ts'
import type { Session } from '../../session/api/session-options.ts'
import { CodeModeCore, codeModeCoreOptionNames } from '../code-mode/code-mode-core.ts'
import { itemsWithNotes } from '../code-mode/append-notes.ts'
import { objectSchema } from '../code-mode/object-schema.ts'
import { DirectTools } from '../code-mode/direct-tools.ts'
import { answerOptionNames, type AnswerOptions, type ModelApiOptions } from '../code-mode/model-api-options.ts'
import { resultBlock, type ToolResultBlock } from './tool-result-block.ts'
import { checkOptions, type OptionNames } from '../../options/check-options.ts'
import { outsideSession } from '../../session/api/option-names.ts'

/** Marks the end of what the API may cache. */
export type CacheControl = { type: 'ephemeral'; ttl?: '5m' | '1h' }

export type AnthropicOptions = ModelApiOptions & {
  /** Set on the last tool, so that all of them are cached: they do not change while the session's tools do not. */
  readonly cacheControl?: CacheControl
}

/** A tool of the Messages API. */
export type AnthropicTool = {
  name: string
  description: string
  input_schema: { type: 'object'; [member: string]: unknown }
  cache_control?: CacheControl
}

export interface AnthropicCodeMode extends AsyncDisposable {
  readonly session: Session
  /** For the `tools` of each request: the same text as long as the session's tools are the same. */
  readonly tools: AnthropicTool[]
  /**
   * Makes the tool calls among the content of a message, side by side; the results are the content of the user's next
   * message. An empty list: the model called nothing.
   */
  answer(content: readonly unknown[], options?: AnswerOptions): Promise<ToolResultBlock[]>
  /** Terminates all cells and lets go of the hosts. */
  close(): Promise<void>
}

type Call = { readonly id: string; readonly name: string; readonly input: unknown }

const optionNames: OptionNames<AnthropicOptions> = {
  ...codeModeCoreOptionNames,
  tools: 'any',
  otherTools: 'any',
  cacheControl: 'any',
}

/** Code mode for the Anthropic Messages API, without an SDK. Throws what `createSession` throws. */
export async function codeMode(options: AnthropicOptions = {}): Promise<AnthropicCodeMode> {
  checkOptions('codeMode', options, optionNames, outsideSession)
  const { tools = [], otherTools = [], cacheControl, ...coreOptions } = options
  const core = await CodeModeCore.open(tools, coreOptions, 'none')
  const direct = new DirectTools(tools, coreOptions)
  return {
    session: core.session,
    get tools() {
      const all = [
        toolOf('exec', core.describeExec(), execInputSchema),
        toolOf('wait', core.waitSpec.description, core.waitSpec.parameters),
        ...direct.entries.map(([name, { description = '', inputSchema }]) => toolOf(name, description, inputSchema)),
      ]
      const last = all.length - 1
      return all.map((tool, index) =>
        cacheControl === undefined || index !== last ? tool : { ...tool, cache_control: cacheControl },
      )
    },
    async answer(content, answering = {}) {
      checkOptions('answer', answering, answerOptionNames)
      const { signal } = answering
      const ours = content.flatMap((block) => callOf(block)).filter(({ name }) => !otherTools.includes(name))
      return await Promise.all(ours.map(async (call) => await made(call, { core, direct }, signal)))
    },
    close: async () => await core[Symbol.asyncDispose](),
    [Symbol.asyncDispose]: async () => await core[Symbol.asyncDispose](),
  }
}

async function made(
  { id, name, input }: Call,
  { core, direct }: { readonly core: CodeModeCore; readonly direct: DirectTools },
  signal: AbortSignal | undefined,
): Promise<ToolResultBlock> {
  const options = signal === undefined ? { callId: id } : { callId: id, signal }
  if (name === 'exec' || name === 'wait') {
    const answer = name === 'exec' ? await core.exec(input, options) : await core.wait(core.parseWait(input), options)
    return resultBlock(id, itemsWithNotes(answer), { isError: !answer.success })
  }
  const { items, success } = await direct.call(name, input, { callId: id, signal: signal ?? null })
  return resultBlock(id, items, { isError: !success })
}

function callOf(block: unknown): Call[] {
  if (!isRecord(block) || block['type'] !== 'tool_use') return []
  const { id, name, input } = block
  return typeof id === 'string' && typeof name === 'string' ? [{ id, name, input }] : []
}

function toolOf(name: string, description: string, schema: unknown): AnthropicTool {
  return { name, description, input_schema: { ...(isRecord(schema) ? schema : objectSchema({})), type: 'object' } }
}
