import { untilAborted } from '../../session/common/until-aborted.ts'
import { neverDeferred } from '../../tools/deferred-result.ts'
import { errorResponse, defaultMaxOutputTokens, type ModelResponse } from '../../agent/response/response.ts'
import { truncateItems } from '../../agent/response/truncate.ts'
import { isRecord } from '../../protocol/json.ts'
import type { ContentItem } from '../../protocol/content-item.ts'
import { approveDirect, type DirectApprovalOptions } from '../../session/approvals/approve-direct.ts'
import { limitRanges } from '../../session/common/limits.ts'
import { apiNames, maxApiName } from '../../tools/api-names.ts'
import { resolveTools } from '../../tools/resolve-tool.ts'
import { describedWithSource } from '../../tools/source-name.ts'
import type { Tool } from '../../tools/tool.ts'
import type { CodeModeCoreOptions } from './code-mode-core.ts'

export type DirectCall = { readonly callId: string; readonly signal: AbortSignal | null }

/**
 * The tools that the model can call itself in addition to `exec`: those whose `allowedCallers` include `direct`. Tools without
 * `allowedCallers` are available only to programs.
 */
export class DirectTools {
  readonly #tools: ReadonlyMap<string, Tool>
  readonly #options: DirectApprovalOptions
  readonly #maxTokens: number
  readonly #timeoutMs: number

  constructor(
    tools: readonly Tool[],
    options: Pick<CodeModeCoreOptions, 'maxOutputTokensCap' | 'limits'> & DirectApprovalOptions,
  ) {
    const direct = resolveTools(tools).filter(({ allowedCallers, kind }) => {
      return allowedCallers?.includes('direct') === true && kind !== 'freeform'
    })
    this.#tools = apiNames(direct, maxApiName)
    this.#options = options
    this.#maxTokens = Math.min(defaultMaxOutputTokens, options.maxOutputTokensCap ?? Infinity)
    this.#timeoutMs = options.limits?.toolTimeoutMs ?? limitRanges.toolTimeoutMs.default
  }

  /** The tools with their names, and descriptions that have the names of their servers. */
  get entries(): readonly (readonly [name: string, tool: Pick<Tool, 'description' | 'inputSchema'>])[] {
    return [...this.#tools].map(([name, tool]) => {
      const description = describedWithSource(name, tool)
      return [name, { inputSchema: tool.inputSchema, ...(description === undefined ? {} : { description }) }]
    })
  }

  has(name: string): boolean {
    return this.#tools.has(name)
  }

  /** Makes a call. Rejects only for an abort: other failures are responses. */
  async call(name: string, input: unknown, { callId, signal }: DirectCall): Promise<ModelResponse> {
    const tool = this.#tools.get(name)
    if (tool === undefined) return errorResponse(`unsupported call: ${name}`)
    const timeout = AbortSignal.timeout(this.#timeoutMs)
    const either = AbortSignal.any(signal === null ? [timeout] : [timeout, signal])
    const ids = { cellId: 'direct', callId, execCallId: null, key: callId, epoch: 0 }
    const context = { ...ids, signal: either, defer: neverDeferred }
    try {
      if (!isRecord(input)) throw new TypeError(`tool \`${name}\` expects a JSON object for arguments`)
      await approveDirect({ identifier: name, tool, input }, context, this.#options)
      either.throwIfAborted()
      // A tool can ignore its signal.
      const result = await untilAborted<unknown>(tool.call(input, context), either)
      const items = truncateItems(itemsOf(result), this.#maxTokens)
      return { items, success: true, cellId: null }
    } catch (error) {
      if (signal?.aborted === true) throw error
      return errorResponse(error)
    }
  }
}

/** Converts a result to items: the content of an MCP result, or any other result as text. */
function itemsOf(result: unknown): ContentItem[] {
  if (isRecord(result) && Array.isArray(result['content']))
    return result['content'].map((block: unknown) => itemOf(block))
  return [textItem(typeof result === 'string' ? result : jsonOf(result))]
}

function itemOf(block: unknown): ContentItem {
  if (!isRecord(block)) return textItem(jsonOf(block))
  const { type, text, data, mimeType } = block
  if (type === 'text' && typeof text === 'string') return textItem(text)
  if (type === 'image' && typeof data === 'string' && typeof mimeType === 'string') {
    return { type: 'input_image', image_url: `data:${mimeType};base64,${data}`, detail: 'high' }
  }
  return textItem(jsonOf(block))
}

function jsonOf(value: unknown): string {
  return JSON.stringify(value) ?? 'null'
}

function textItem(text: string): ContentItem {
  return { type: 'input_text', text }
}
