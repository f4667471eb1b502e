import type { RawEvent } from '../format/raw-event.ts'
import type { CodeCell, ToolCall, TraceState } from '../format/trace-state.ts'

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
  const { payload, wall_time_unix_ms: at, seq } = event
  if (payload.type === 'code_cell_started') {
    const cell = startedCell(event, payload, state)
    if (cell !== null) hidden.set(keyOf(cell.thread_id, payload.runtime_cell_id), cell)
    return
  }
  if (payload.type !== 'code_cell_initial_response' && payload.type !== 'code_cell_ended') return
  const cell = hidden.get(keyOf(threadOf(event, state), payload.runtime_cell_id))
  if (cell === undefined) return
  const payloadId = payload.response_payload?.raw_payload_id ?? null
  cell.runtime_status = payload.status
  if (payload.type === 'code_cell_initial_response') {
    cell.initial_response_status = payload.status
    cell.initial_response_at_unix_ms = at
    cell.raw_initial_response_payload_id = payloadId
    cell.yielded_at_unix_ms = payload.status === 'yielded' ? at : null
    cell.yielded_seq = payload.status === 'yielded' ? seq : null
    return
  }
  cell.raw_result_payload_id = payloadId
  cell.execution.ended_at_unix_ms = at
  cell.execution.ended_seq = seq
}

type Started = Extract<RawEvent['payload'], { readonly type: 'code_cell_started' }>

/** Returns a cell that the state does not have; null for any other. */
function startedCell(event: RawEvent, started: Started, state: TraceState): CodeCell | null {
  const { runtime_cell_id, model_visible_call_id, source_js } = started
  const id = `code_cell:${model_visible_call_id}`
  const threadId = threadOf(event, state)
  if (Object.hasOwn(state.code_cells, id) || threadId === null || event.codex_turn_id === null) return null
  return {
    code_cell_id: id,
    model_visible_call_id,
    thread_id: threadId,
    codex_turn_id: event.codex_turn_id,
    source_item_id: '',
    output_item_ids: [],
    runtime_cell_id,
    execution: {
      started_at_unix_ms: event.wall_time_unix_ms,
      started_seq: event.seq,
      ended_at_unix_ms: null,
      ended_seq: null,
      status: 'running',
    },
    runtime_status: 'starting',
    initial_response_at_unix_ms: null,
    initial_response_seq: null,
    initial_response_status: null,
    raw_initial_response_payload_id: null,
    raw_result_payload_id: null,
    yielded_at_unix_ms: null,
    yielded_seq: null,
    source_js,
    nested_tool_call_ids: Object.values(state.tool_calls)
      .filter(({ requester }) => requester.type === 'code_cell' && requester.code_cell_id === id)
      .map(({ tool_call_id: callId }) => callId),
    wait_tool_call_ids: [],
  }
}

function threadOf({ thread_id: id, codex_turn_id: turnId }: RawEvent, state: TraceState): string | null {
  return id ?? (turnId === null ? null : (state.codex_turns[turnId]?.thread_id ?? null))
}

function keyOf(threadId: string | null, runtimeId: string): string {
  return JSON.stringify([threadId, runtimeId])
}
