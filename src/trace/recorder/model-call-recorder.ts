import type { ContentItem } from '../../protocol/content-item.ts'
import { isRecord } from '../../protocol/json.ts'
import { parseWaitedCellId } from '../../protocol/waited-cell.ts'
import type { EventLog } from './event-log.ts'
import { jsonOf } from './safe-json.ts'
import type { ThreadScope } from './thread-scope.ts'
import type { TurnScope } from './turn-scope.ts'
import { BundleToolCallRecorder, type ToolCallRecorder } from './tool-call-recorder.ts'

export type ModelCall = { readonly callId: string; readonly tool: 'exec' | 'wait'; readonly input: unknown }

export type ModelCallResponse = { readonly items: readonly ContentItem[]; readonly success: boolean }

/** Records one call of `exec` or `wait`, and its part in an inferred conversation. */
export class ModelCallRecorder {
  /** The id of the call in the bundle. */
  readonly callId: string
  /** The turn of the call. */
  readonly scope: TurnScope
  readonly #thread: ThreadScope
  readonly #isCustom: boolean
  readonly #call: ToolCallRecorder
  #isOver = false

  constructor(log: EventLog, thread: ThreadScope, { callId, tool, input }: ModelCall) {
    this.callId = thread.callIds.ofStart(callId)
    this.#thread = thread
    this.#isCustom = tool === 'exec'
    const text = this.#isCustom ? sourceOf(input) : typeof input === 'string' ? input : jsonOf(input)
    // First, because it can start a turn.
    this.scope = thread.scope()
    thread.inferred?.onCall(this.#item(tool, text), this.scope)
    this.#call = new BundleToolCallRecorder(log, this.scope, {
      callId: this.callId,
      name: recordedNameOf(tool, input),
      label: tool,
      input: this.#isCustom ? { type: 'custom', input: text } : { type: 'function', arguments: text },
    })
  }

  end({ items, success }: ModelCallResponse): void {
    if (this.#isOver) return
    this.#isOver = true
    const item = {
      type: this.#isCustom ? 'custom_tool_call_output' : 'function_call_output',
      id: `output_${this.callId}`,
      call_id: this.callId,
      output: items,
    }
    this.#call.end(success ? 'completed' : 'failed', item)
    this.#thread.inferred?.onResponse(item, this.scope, !this.#thread.isOpen(this.scope))
  }

  #item(name: string, text: string): { readonly id: string; readonly [member: string]: string } {
    const common = { id: `item_${this.callId}`, call_id: this.callId, name }
    return this.#isCustom
      ? { type: 'custom_tool_call', ...common, input: text }
      : { type: 'function_call', ...common, arguments: text }
  }
}

/** Returns the program of an `exec` call from any form of input; other input as JSON. */
function sourceOf(input: unknown): string {
  if (typeof input === 'string') return input
  const code = isRecord(input) ? input['code'] : undefined
  return typeof code === 'string' ? code : jsonOf(input)
}

/**
 * Returns the recorded name of a call. A `wait` without a cell gets another name: the reference's reducer rejects a bundle with
 * such a `wait`.
 */
function recordedNameOf(tool: 'exec' | 'wait', input: unknown): string {
  return tool === 'wait' && parseWaitedCellId(input) === null ? 'invalid_wait' : tool
}
