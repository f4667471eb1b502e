import type { RawEvent, RawPayloadOf } from '../format/raw-event.ts'
import type { CodeCell, ToolCall, TraceState } from '../format/trace-state.ts'
import { newCell, setEnd, setInitialResponse } from '../reducer/cell-lifecycle.ts'

/**
 * Adds the cells whose call is in no conversation, which the state does not have: the recording ended before the model's
 * response, or the agent never accepted the call. They ran and printed all the same.
 */
export function withHiddenCells(state: TraceState, events: readonly RawEvent[]): TraceState {
  const hidden = new Map<string, CodeCell>()
  for (const event of events) addEvent(hidden, event, state)
  if (hidden.size === 0) return state
  const cells = [...hidden.values()]
  const callIds = new Map(cells.map((cell) => [cell.model_visible_call_id, cell.code_cell_id]))
  const calls = Object.entries(state.tool_calls).map(([id, call]): [string, ToolCall] => {
    const cellId = callIds.get(call.model_visible_call_id ?? '')
    return [id, cellId === undefined ? call : { ...call, started_code_cell_id: cellId }]
  })
  const added = Object.fromEntries(cells.map((cell) => [cell.code_cell_id, cell]))
  return { ...state, code_cells: { ...state.code_cells, ...added }, tool_calls: Object.fromEntries(calls) }
}

function addEvent(hidden: Map<string, CodeCell>, event: RawEvent, state: TraceState): void {
  const { payload } = event
  if (payload.type === 'code_cell_started') {
    const cell = hiddenCell(event, payload, state)
    if (cell !== null) hidden.set(keyOf(cell.thread_id, payload.runtime_cell_id), cell)
    return
  }
  if (payload.type !== 'code_cell_initial_response' && payload.type !== 'code_cell_ended') return
  const cell = hidden.get(keyOf(threadOf(event, state), payload.runtime_cell_id))
  if (cell === undefined) return
  const payloadId = payload.response_payload?.raw_payload_id ?? null
  if (payload.type === 'code_cell_initial_response') setInitialResponse(cell, event, payload, payloadId)
  else setEnd(cell, event, payload, payloadId)
}

/** Returns a cell that the state does not have; null for any other. */
function hiddenCell(event: RawEvent, started: RawPayloadOf<'code_cell_started'>, state: TraceState): CodeCell | null {
  const id = `code_cell:${started.model_visible_call_id}`
  const threadId = threadOf(event, state)
  if (Object.hasOwn(state.code_cells, id) || threadId === null || event.codex_turn_id === null) return null
  const nested = Object.values(state.tool_calls).filter(
    ({ requester }) => requester.type === 'code_cell' && requester.code_cell_id === id,
  )
  return {
    ...newCell(event, started, threadId, event.codex_turn_id),
    nested_tool_call_ids: nested.map(({ tool_call_id: callId }) => callId),
  }
}

function threadOf({ thread_id: id, codex_turn_id: turnId }: RawEvent, state: TraceState): string | null {
  return id ?? (turnId === null ? null : (state.codex_turns[turnId]?.thread_id ?? null))
}

function keyOf(threadId: string | null, runtimeId: string): string {
  return JSON.stringify([threadId, runtimeId])
}
