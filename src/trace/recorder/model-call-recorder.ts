import type { ContentItem } from '../../protocol/content-item.ts'
import { isRecord } from '../../protocol/json.ts'
import { parseWaitedCellId } from '../../protocol/waited-cell.ts'
import { jsonOf, type Recording } from './event-log.ts'
import type { ThreadScope } from './thread-scope.ts'
import { ToolCallRecorder } from './tool-call-recorder.ts'

export type ModelCall = { readonly callId: string; readonly tool: 'exec' | 'wait'; readonly input: unknown }

export type ModelCallAnswer = { readonly items: readonly ContentItem[]; readonly success: boolean }

/** Records one call of `exec` or `wait`, and, where nobody else records the conversation, what it says of that. */
export class ModelCallRecorder {
  /** The id under which the bundle has the call. */
  readonly callId: string
  readonly #thread: ThreadScope
  readonly #isCustom: boolean
  readonly #call: ToolCallRecorder
  #isOver = false

  constructor(recording: Recording, thread: ThreadScope, { callId, tool, input }: ModelCall) {
    this.callId = recording.uniqueId(callId)
    this.#thread = thread
    this.#isCustom = tool === 'exec'
    const text = this.#isCustom ? sourceOf(input) : typeof input === 'string' ? input : jsonOf(input)
    // Before anything else, since it may have to begin a turn.
    const scope = thread.scope()
    thread.inferred?.called(this.#item(tool, text))
    this.#call = new ToolCallRecorder(recording, scope, {
      callId: this.callId,
      name: recordedNameOf(tool, input),
      label: tool,
      input: this.#isCustom ? { type: 'custom', input: text } : { type: 'function', arguments: text },
    })
  }

  end({ items, success }: ModelCallAnswer): void {
    if (this.#isOver) return
    this.#isOver = true
    const item = {
      type: this.#isCustom ? 'custom_tool_call_output' : 'function_call_output',
      id: `output_${this.callId}`,
      call_id: this.callId,
      output: items,
    }
    this.#call.end(success ? 'completed' : 'failed', item)
    this.#thread.inferred?.answered(item)
  }

  #item(name: string, text: string): { readonly id: string; readonly [member: string]: string } {
    const common = { id: `item_${this.callId}`, call_id: this.callId, name }
    return this.#isCustom
      ? { type: 'custom_tool_call', ...common, input: text }
      : { type: 'function_call', ...common, arguments: text }
  }
}

/** The program of a call of `exec`, in whatever form it came; JSON text of what holds none. */
function sourceOf(input: unknown): string {
  if (typeof input === 'string') return input
  const code = isRecord(input) ? input['code'] : undefined
  return typeof code === 'string' ? code : jsonOf(input)
}

/** A `wait` that names no cell gets a name of its own: the reference's reducer gives up a bundle that has such a one. */
function recordedNameOf(tool: 'exec' | 'wait', input: unknown): string {
  return tool === 'wait' && parseWaitedCellId(input) === null ? 'invalid_wait' : tool
}
