import type { CodeCell, TraceState } from '../format/trace-state.ts'
import { payloadsById, windowOf } from './state-lookup.ts'
import { cellEntryId, timelineEntry, type TimelineEntry } from './timeline-entry.ts'

/** Returns the entry of a cell, and that of its first yield. */
export function cellEntries(state: TraceState, cell: CodeCell): readonly TimelineEntry[] {
  const id = cellEntryId(cell.code_cell_id)
  const about = { thread: cell.thread_id, turn: cell.codex_turn_id, cell: cell.runtime_cell_id }
  const entry = timelineEntry({
    type: 'cell',
    id,
    parent: `turn:${cell.codex_turn_id}`,
    ...about,
    call: cell.model_visible_call_id,
    name: 'exec',
    ...windowOf(cell.execution),
    status: cell.runtime_status,
    text: cell.source_js,
    outputPayloads: payloadsById(state, responseIds(cell)),
    otherPayloads: payloadsById(state, execIds(cell, state)),
  })
  if (cell.yielded_at_unix_ms === null || cell.yielded_seq === null) return [entry]
  const at = { start: cell.yielded_at_unix_ms, end: cell.yielded_at_unix_ms, seq: cell.yielded_seq }
  return [
    entry,
    timelineEntry({ type: 'yield', id: `${id}:yield`, parent: id, ...about, name: 'yield', ...at, status: '' }),
  ]
}

/** Returns the entry of a notification that only the log of its cell has. */
export function pendingNotification(
  cell: CodeCell,
  text: string,
  { at, index }: { readonly at: number | null; readonly index: number },
): TimelineEntry {
  const id = cellEntryId(cell.code_cell_id)
  const start = at ?? cell.execution.started_at_unix_ms
  return timelineEntry({
    type: 'notification',
    id: `${id}:notification:${index + 1}`,
    parent: id,
    thread: cell.thread_id,
    turn: cell.codex_turn_id,
    cell: cell.runtime_cell_id,
    name: 'notification',
    start,
    end: start,
    seq: cell.execution.started_seq,
    status: 'pending',
    text,
  })
}

/** A cell that ended with its first response has that response twice. */
function responseIds(cell: CodeCell): readonly (string | null)[] {
  const { raw_initial_response_payload_id: first, raw_result_payload_id: last } = cell
  return [first, cell.initial_response_status === 'yielded' || first === null ? last : null]
}

function execIds(cell: CodeCell, { tool_calls: calls }: TraceState): readonly (string | null)[] {
  const id = cell.model_visible_call_id
  const exec = Object.hasOwn(calls, id) ? calls[id] : undefined
  if (exec === undefined) return []
  return [exec.raw_invocation_payload_id, ...exec.raw_runtime_payload_ids, exec.raw_result_payload_id]
}
