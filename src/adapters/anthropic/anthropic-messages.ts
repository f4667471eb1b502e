import { execInputSchema } from '../../agent/input/exec-arguments.ts'
import { isRecord } from '../../protocol/json.ts'
import { codeModeBase, type CodeModeBase } from '../code-mode/code-mode-base.ts'
import { CodeModeCore, codeModeCoreOptionNames } from '../code-mode/code-mode-core.ts'
import { itemsWithNotifications } from '../code-mode/append-notifications.ts'
import { objectSchema } from '../code-mode/object-schema.ts'
import { DirectTools } from '../code-mode/direct-tools.ts'
import {
  runToolCallsOptionNames,
  type RunToolCallsOptions,
  type ModelApiOptions,
} from '../code-mode/model-api-options.ts'
import { resultBlock, type ToolResultBlock } from './tool-result-block.ts'
import { checkOptions, type OptionNames } from '../../options/check-options.ts'
import { outsideSession } from '../../session/api/option-names.ts'

/** Marks the end of the part of a request that the API can cache. */
export type CacheControl = { type: 'ephemeral'; ttl?: '5m' | '1h' }

export type CodeModeOptions = ModelApiOptions & {
  /** Set on the last tool, so that the API caches all of them. They change only with the tools of the session. */
  readonly cacheControl?: CacheControl
}

/** A tool of the Messages API. */
export type AnthropicTool = {
  name: string
  description: string
  input_schema: { type: 'object'; [member: string]: unknown }
  cache_control?: CacheControl
}

export interface CodeMode extends CodeModeBase {
  /** For the `tools` of each request. The text is the same as long as the tools of the session are the same. */
  readonly tools: AnthropicTool[]
  /**
   * Runs the tool calls of a message in parallel. The results are the content of the user's next message; the list is empty
   * when the model called no tool.
   */
  runToolCalls(content: readonly unknown[], options?: RunToolCallsOptions): Promise<ToolResultBlock[]>
}

type Call = { readonly id: string; readonly name: string; readonly input: unknown }

const optionNames: OptionNames<CodeModeOptions> = {
  ...codeModeCoreOptionNames,
  tools: 'any',
  skippedTools: 'any',
  cacheControl: 'any',
}

/**
 * Creates code mode for the Anthropic Messages API, without an SDK.
 *
 * @throws {CodecellError} `INVALID_OPTION`, and what `createSession` throws
 * @example
 * ```ts
 * await using mode = await codeMode({ tools })
 * const message = await client.messages.create({ model, max_tokens: 4096, messages, tools: mode.tools })
 * ```
 */
export async function codeMode(options: CodeModeOptions = {}): Promise<CodeMode> {
  checkOptions('codeMode', options, optionNames, outsideSession)
  const { tools = [], skippedTools = [], cacheControl, ...coreOptions } = options
  const core = await CodeModeCore.open(tools, coreOptions, 'none')
  const direct = new DirectTools(tools, coreOptions)
  return {
    ...codeModeBase(core),
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
    async runToolCalls(content, runOptions = {}) {
      checkOptions('runToolCalls', runOptions, runToolCallsOptionNames)
      const { signal } = runOptions
      const ours = content.flatMap((block) => callOf(block)).filter(({ name }) => !skippedTools.includes(name))
      return await Promise.all(ours.map(async (call) => await run(call, { core, direct }, signal)))
    },
  }
}

async function run(
  { id, name, input }: Call,
  { core, direct }: { readonly core: CodeModeCore; readonly direct: DirectTools },
  signal: AbortSignal | undefined,
): Promise<ToolResultBlock> {
  const options = signal === undefined ? { callId: id } : { callId: id, signal }
  if (name === 'exec' || name === 'wait') {
    const response = name === 'exec' ? await core.exec(input, options) : await core.wait(core.parseWait(input), options)
    return resultBlock(id, itemsWithNotifications(response), { isError: !response.success })
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
