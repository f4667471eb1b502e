import type { CellStatus, RawEvent, RawPayloadOf } from '../format/raw-event.ts'
import type { CodeCell, ExecutionWindow } from '../format/trace-state.ts'
import { endWith, startedBy } from './reducer-state.ts'

/** Returns a cell that has started, without items and calls. */
export function newCell(
  event: RawEvent,
  started: RawPayloadOf<'code_cell_started'>,
  threadId: string,
  turnId: string,
): CodeCell {
  return {
    code_cell_id: `code_cell:${started.model_visible_call_id}`,
    model_visible_call_id: started.model_visible_call_id,
    thread_id: threadId,
    codex_turn_id: turnId,
    source_item_id: '',
    output_item_ids: [],
    runtime_cell_id: started.runtime_cell_id,
    execution: startedBy(event),
    runtime_status: 'starting',
    initial_response_at_unix_ms: null,
    initial_response_seq: null,
    initial_response_status: null,
    raw_initial_response_payload_id: null,
    raw_result_payload_id: null,
    yielded_at_unix_ms: null,
    yielded_seq: null,
    source_js: started.source_js,
    nested_tool_call_ids: [],
    wait_tool_call_ids: [],
  }
}

/** Sets the first response of a cell. Later ones only change the time of its last yield. */
export function setInitialResponse(
  cell: CodeCell,
  event: RawEvent,
  { status }: RawPayloadOf<'code_cell_initial_response'>,
  payloadId: string | null,
): void {
  if (status === 'yielded') {
    cell.yielded_at_unix_ms = event.wall_time_unix_ms
    cell.yielded_seq = event.seq
  }
  if (cell.initial_response_status !== null) return
  cell.raw_initial_response_payload_id = payloadId
  cell.initial_response_at_unix_ms = event.wall_time_unix_ms
  cell.initial_response_seq = event.seq
  cell.initial_response_status = status
  cell.runtime_status = status
}

/** Ends a cell with its last response. */
export function setEnd(
  cell: CodeCell,
  event: RawEvent,
  { status }: RawPayloadOf<'code_cell_ended'>,
  payloadId: string | null,
): void {
  cell.raw_result_payload_id = payloadId
  cell.initial_response_at_unix_ms ??= event.wall_time_unix_ms
  cell.initial_response_seq ??= event.seq
  cell.runtime_status = status
  endWith(cell.execution, event, executionStatusOf(status))
}

function executionStatusOf(status: CellStatus): ExecutionWindow['status'] {
  if (status === 'completed' || status === 'failed') return status
  return status === 'terminated' ? 'cancelled' : 'running'
}
