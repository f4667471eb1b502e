import { isRecord } from '../../protocol/json.ts'
import { parseWaitedCellId } from '../../protocol/waited-cell.ts'
import type { EventLog } from './event-log.ts'
import { jsonOf } from './safe-json.ts'
import type { ThreadScope } from './thread-scope.ts'
import type { TurnScope } from './turn-scope.ts'
import { BundleToolCallRecorder } from './tool-call-recorder.ts'

export type ModelCall = {
  readonly callId: string
  readonly tool: 'exec' | 'wait'
  readonly input: unknown
  /** The id in the bundle of the running cell that a `wait` observes; null for other calls. */
  readonly waitsFor: string | null
}

/** The end of a call: its content items in JSON. */
export type ModelCallResponse = { readonly itemsJson: string; readonly success: boolean; readonly cancelled: boolean }

/** Records one call of `exec` or `wait`, and its part in an inferred conversation. */
export class ModelCallRecorder {
  /** The id of the call in the bundle. */
  readonly callId: string
  /** The turn of the call. */
  readonly scope: TurnScope
  readonly #thread: ThreadScope
  readonly #isCustom: boolean
  readonly #call: BundleToolCallRecorder
  #isOver = false

  constructor(log: EventLog, thread: ThreadScope, { callId, tool, input, waitsFor }: ModelCall) {
    this.callId = thread.callIds.ofStart(callId)
    this.#thread = thread
    this.#isCustom = tool === 'exec'
    const isSchema2 = log.sink.schema === 2
    const text = this.#isCustom ? sourceOf(input) : argumentsOf(input, isSchema2 ? waitsFor : null)
    // First, because it can start a turn.
    this.scope = thread.scope()
    thread.inferred?.onCall(this.#itemId, this.#item(tool, text), this.scope)
    this.#call = new BundleToolCallRecorder(log, this.scope, {
      callId: this.callId,
      name: isSchema2 ? nameInSchema2(tool, input) : tool,
      label: tool,
      input: this.#isCustom ? { type: 'custom', input: text } : { type: 'function', arguments: text },
    })
    if (waitsFor === null) return
    log.append(this.scope, {
      type: 'code_cell_wait_target_resolved',
      tool_call_id: this.callId,
      runtime_cell_id: waitsFor,
    })
  }

  end({ itemsJson, success, cancelled }: ModelCallResponse): void {
    if (this.#isOver) return
    this.#isOver = true
    const id = `output_${this.callId}`
    const type = this.#isCustom ? 'custom_tool_call_output' : 'function_call_output'
    const item = `${JSON.stringify({ type, id, call_id: this.callId }).slice(0, -1)},"output":${itemsJson}}`
    this.#call.endWithItem(cancelled ? 'cancelled' : success ? 'completed' : 'failed', item)
    this.#thread.inferred?.onResponse(id, item, this.scope, !this.#thread.isOpen(this.scope))
  }

  get #itemId(): string {
    return `item_${this.callId}`
  }

  #item(name: string, text: string): object {
    const common = { id: this.#itemId, call_id: this.callId, name }
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

/** Returns the arguments of a `wait`. In schema 2, they name the cell: `cellId` is its id in the bundle. */
function argumentsOf(input: unknown, cellId: string | null): string {
  if (cellId !== null && isRecord(input) && input['cell_id'] !== cellId) return jsonOf({ ...input, cell_id: cellId })
  return typeof input === 'string' ? input : jsonOf(input)
}

/**
 * Returns the name of a call in schema 2. A `wait` without a cell gets another name: the reference's reducer of this schema rejects
 * a bundle with such a `wait`.
 */
function nameInSchema2(tool: 'exec' | 'wait', input: unknown): string {
  return tool === 'wait' && parseWaitedCellId(input) === null ? 'invalid_wait' : tool
}
