import { messageOf } from '../errors.ts'
import type { NestedCallEnd, Place } from '../protocol/activity.ts'
import type { CellEvent } from '../protocol/event.ts'
import { limitText } from '../protocol/cell-limits.ts'
import { isRecord, jsonDepth } from '../protocol/json.ts'
import type { Catalogue } from '../tools/catalogue.ts'
import type { Tool } from '../tools/tool.ts'
import type { ActivityFeed } from './activity-feed.ts'
import { approveCall, type ApprovalHandler } from './approval.ts'
import type { InputChecks } from './input-checks.ts'
import type { Limits } from './limits.ts'
import { shortenedText } from './shortened-text.ts'

/** The answer to a nested tool call: JSON text, or the text it failed with. */
export type ToolAnswer =
  | { readonly type: 'tool_response'; readonly body: string }
  | { readonly type: 'tool_error'; readonly body: string }

export type NestedCallsOptions = {
  readonly cellId: string
  readonly execCallId: string | null
  readonly catalogue: Catalogue
  readonly limits: Limits
  /** Null: nobody can be asked. */
  readonly onApproval: ApprovalHandler | null
  readonly inputChecks: InputChecks
  readonly feed: ActivityFeed | null
  readonly answered: (id: number, answer: ToolAnswer) => void
}

type ToolCallEvent = Extract<CellEvent, { readonly type: 'tool_call' }>

type Call = { readonly identifier: string; readonly tool: Tool; readonly input: string }

/** The nested tool calls of one cell: each reaches its tool once, and is answered at most once. */
export class NestedCalls {
  readonly #options: NestedCallsOptions
  readonly #running = new Map<number, AbortController>()
  #made = 0

  constructor(options: NestedCallsOptions) {
    this.#options = options
  }

  /** Calls that are not answered yet. */
  get size(): number {
    return this.#running.size
  }

  /** Makes the call a cell asked for. False when the cell's host speaks of a call or a tool that cannot be. */
  make({ id, tool: identifier, body: input }: ToolCallEvent, place: Place | null): boolean {
    const tool = this.#options.catalogue.find(identifier)
    if (tool === undefined || id !== this.#made + 1) return false
    this.#made = id
    const controller = new AbortController()
    this.#running.set(id, controller)
    this.#tellStart(id, { identifier, tool, input }, place)
    void this.#run(id, { identifier, tool, input }, controller)
    return true
  }

  async #run(id: number, call: Call, controller: AbortController): Promise<void> {
    const answer = await this.#answer(id, call, controller)
    if (!this.#running.delete(id)) return
    this.#tellEnd(id, answer)
    this.#options.answered(id, answer)
  }

  async #answer(id: number, { identifier, tool, input }: Call, controller: AbortController): Promise<ToolAnswer> {
    const { cellId, execCallId, limits, onApproval, inputChecks, feed } = this.#options
    try {
      const value = inputOf(tool, input, limits)
      const misfit = inputChecks.refusalOf(identifier, tool, value)
      if (misfit !== null) throw refusal(misfit)
      const context = { cellId, callId: `tool-${id}`, execCallId, signal: controller.signal }
      // Who is asked may take their time: the tool's has not begun.
      if (tool.needsApproval !== undefined) {
        await approveCall({ identifier, tool, input: value }, context, { ask: onApproval, feed })
      }
      controller.signal.throwIfAborted()
      const result = await withinTime(tool.call(value, context), limits.toolTimeoutMs, controller)
      return { type: 'tool_response', body: jsonOf(result, limits) }
    } catch (error) {
      return { type: 'tool_error', body: shortenedText(messageOf(error), limits.errorBytes).toWellFormed() }
    }
  }

  #tellStart(id: number, { identifier, tool, input }: Call, place: Place | null): void {
    const { name, namespace = null, kind = 'function', server = null } = tool
    this.#options.feed?.tell({
      type: 'nested_call_started',
      cellId: this.#options.cellId,
      callId: `tool-${id}`,
      identifier,
      name,
      namespace,
      kind,
      server,
      input,
      place,
    })
  }

  #tellEnd(id: number, end: NestedCallEnd): void {
    this.#options.feed?.tell({
      type: 'nested_call_ended',
      cellId: this.#options.cellId,
      callId: `tool-${id}`,
      end,
    })
  }

  /** Tells every tool that its answer is not wanted any more; late answers go nowhere. */
  cancel(): void {
    const calls = [...this.#running]
    this.#running.clear()
    for (const [id, controller] of calls) {
      this.#tellEnd(id, { type: 'cancelled' })
      controller.abort(cancelled())
    }
  }
}

function cancelled(): DOMException {
  return new DOMException('code mode nested tool call cancelled', 'AbortError')
}

/** What the tool is given, or the text that refuses it (contract D1). */
function inputOf({ name, namespace, kind, takesAnyInput }: Tool, input: string, limits: Limits): unknown {
  const bytes = Buffer.byteLength(input)
  if (bytes > limits.argumentBytes) throw refusal(limitText('argument_bytes', limits.argumentBytes, bytes))
  const value: unknown = input === '' ? undefined : JSON.parse(input)
  if (takesAnyInput === true) return value
  const label = `tool \`${namespace ?? ''}${name}\``
  if (kind === 'freeform') {
    if (typeof value === 'string') return value
    throw refusal(`${label} expects a string input`)
  }
  if (value === undefined) return {}
  if (isRecord(value)) return value
  throw refusal(`${label} expects a JSON object for arguments`)
}

/** An error whose text goes into the cell. */
function refusal(text: string): TypeError {
  return new TypeError(text)
}

async function withinTime(result: unknown, limitMs: number, controller: AbortController): Promise<unknown> {
  if (!(result instanceof Promise) && !isThenable(result)) return result
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    const text = limitText('tool_timeout_ms', limitMs, limitMs)
    reject(refusal(text))
    controller.abort(new DOMException(text, 'TimeoutError'))
  }, limitMs)
  timer.unref()
  try {
    return await Promise.race([result, late])
  } finally {
    clearTimeout(timer)
  }
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

/** A result as JSON text within the limits; nothing becomes null. */
function jsonOf(result: unknown, limits: Limits): string {
  const json = JSON.stringify(result) ?? 'null'
  const bytes = json.length > limits.resultBytes ? json.length : Buffer.byteLength(json)
  if (bytes > limits.resultBytes) throw refusal(limitText('result_bytes', limits.resultBytes, bytes))
  const depth = jsonDepth(json, limits.jsonDepth)
  if (depth > limits.jsonDepth) throw refusal(limitText('json_depth', limits.jsonDepth, depth))
  return json
}
