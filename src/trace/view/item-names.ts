import { memberOf, textOf } from '../format/json-access.ts'
import type { ConversationItem, ToolCall, TraceState } from '../format/trace-state.ts'
import { identifierOf, programName } from '../timeline/program-name.ts'
import { callEntryId, cellEntryId } from '../timeline/timeline-entry.ts'
import type { ViewPayloads } from './payloads.ts'

/** The tool of a call or an output in a conversation, and its entry. */
type ItemCall = { readonly name: string | null; readonly entry: string | null }

/** Finds the tool calls of conversation items. */
export class ItemCalls {
  readonly #state: TraceState
  readonly #payloads: ViewPayloads
  readonly #calls: ReadonlyMap<string | null, readonly ToolCall[]>
  /** Names by call id, from the responses that have been read. */
  readonly #names = new Map<string, string>()
  readonly #readResponses = new Set<string>()

  constructor(state: TraceState, payloads: ViewPayloads) {
    this.#state = state
    this.#payloads = payloads
    this.#calls = Map.groupBy(Object.values(state.tool_calls), (call) => call.model_visible_call_id)
  }

  find(item: ConversationItem): ItemCall {
    if (item.call_id === null) return { name: nameOfKind(item), entry: null }
    const calls = this.#calls.get(item.call_id) ?? []
    // An agent that was forked with the history of its parent has copies of the calls of its parent.
    const call = calls.find(({ thread_id: threadId }) => threadId === item.thread_id) ?? calls[0]
    if (call !== undefined) return { name: programName(call), entry: this.#entryOf(call) }
    const cell = Object.hasOwn(this.#state.code_cells, `code_cell:${item.call_id}`)
    if (cell) return { name: 'exec', entry: cellEntryId(`code_cell:${item.call_id}`) }
    return { name: this.#recordedName(item) ?? nameOfKind(item), entry: null }
  }

  #entryOf(call: ToolCall): string {
    const { tool_call_id: id, started_code_cell_id: cellId } = call
    return cellId !== undefined && Object.hasOwn(this.#state.code_cells, cellId) ? cellEntryId(cellId) : callEntryId(id)
  }

  /** Reads the name of a call without a recorded tool call from the response that made it. */
  #recordedName({ call_id: callId, produced_by: producers }: ConversationItem): string | null {
    for (const producer of producers) {
      if (producer.type === 'inference') this.#readNames(producer.inference_call_id)
    }
    return this.#names.get(callId ?? '') ?? null
  }

  #readNames(inferenceId: string): void {
    if (this.#readResponses.has(inferenceId)) return
    this.#readResponses.add(inferenceId)
    const call = this.#state.inference_calls[inferenceId]
    const output = memberOf(this.#payloads.readById(call?.raw_response_payload_id ?? null), 'output_items')
    for (const item of Array.isArray(output) ? output : []) {
      const callId = textOf(memberOf(item, 'call_id'))
      const name = textOf(memberOf(item, 'name'))
      const namespace = textOf(memberOf(item, 'namespace'))
      if (callId === null || name === null) continue
      this.#names.set(callId, identifierOf(namespace === null ? name : `${namespace}.${name}`))
    }
  }
}

function nameOfKind({ kind, body }: ConversationItem): string | null {
  if (body.parts[0]?.type === 'code') return 'exec'
  return kind.endsWith('_call') || kind.endsWith('_output') ? 'tool' : null
}
