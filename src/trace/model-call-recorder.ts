import type { ContentItem } from '../protocol/content-item.ts'
import { isRecord } from '../protocol/json.ts'
import { jsonOf, preview, type Recording } from './recording.ts'
import type { ThreadRecorder } from './thread-recorder.ts'

export type ModelCall = { readonly callId: string; readonly tool: 'exec' | 'wait'; readonly input: unknown }

export type ModelCallAnswer = { readonly items: readonly ContentItem[]; readonly success: boolean }

/** Records one call of `exec` or `wait`, and, where nobody else records the conversation, what it says of that. */
export class ModelCallRecorder {
  /** The id under which the bundle has the call. */
  readonly callId: string
  readonly #recording: Recording
  readonly #thread: ThreadRecorder
  readonly #isCustom: boolean
  #isOver = false

  constructor(recording: Recording, thread: ThreadRecorder, { callId, tool, input }: ModelCall) {
    this.callId = recording.uniqueId(callId)
    this.#recording = recording
    this.#thread = thread
    const source = tool === 'exec' ? sourceOf(input) : null
    this.#isCustom = source !== null
    const text = source ?? (typeof input === 'string' ? input : jsonOf(input))
    const recordedName = recordedNameOf(tool, input)
    // Before anything else, since it may have to begin a turn.
    const scope = thread.scope()
    thread.inferred?.called(this.#item(tool, text))
    recording.append(scope, {
      type: 'tool_call_started',
      tool_call_id: this.callId,
      model_visible_call_id: this.callId,
      code_mode_runtime_tool_id: null,
      requester: { type: 'model' },
      kind: { type: 'other', name: recordedName },
      summary: { type: 'generic', label: tool, input_preview: preview(text), output_preview: null },
      invocation_payload: recording.payload('tool_invocation', {
        tool_name: recordedName,
        tool_namespace: null,
        payload: this.#isCustom ? { type: 'custom', input: text } : { type: 'function', arguments: text },
      }),
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
    this.#recording.append(this.#thread.scope(), {
      type: 'tool_call_ended',
      tool_call_id: this.callId,
      status: success ? 'completed' : 'failed',
      result_payload: this.#recording.payload('tool_result', { type: 'direct_response', response_item: item }),
    })
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
  return tool === 'wait' && !namesCell(typeof input === 'string' ? parsed(input) : input) ? 'invalid_wait' : tool
}

function namesCell(input: unknown): boolean {
  return isRecord(input) && typeof input['cell_id'] === 'string'
}

/** Arguments come as an object, or as the text that the model wrote. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
