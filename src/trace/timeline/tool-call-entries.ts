import type { ToolCall, TraceState } from '../format/trace-state.ts'
import { payloadOf, payloadsById, windowOf } from './state-lookup.ts'
import { programName } from './program-name.ts'
import { callEntryId, cellEntryId, timelineEntry, type TimelineEntry } from './timeline-entry.ts'

/** Returns the entries of all tool calls except those that started a cell: the cell has an entry already. */
export function toolCallEntries(state: TraceState): readonly TimelineEntry[] {
  const waitedCells = new Map(
    Object.values(state.code_cells).flatMap((cell) =>
      cell.wait_tool_call_ids.map((id) => [id, cell.code_cell_id] as const),
    ),
  )
  return Object.values(state.tool_calls)
    .filter(({ started_code_cell_id: id }) => id === undefined || !Object.hasOwn(state.code_cells, id))
    .map((call) => toolCallEntry(state, call, waitedCells))
}

function toolCallEntry(state: TraceState, call: ToolCall, waitedCells: ReadonlyMap<string, string>): TimelineEntry {
  const { requester, started_by_codex_turn_id: turnId } = call
  const cellId = requester.type === 'code_cell' ? requester.code_cell_id : waitedCells.get(call.tool_call_id)
  const cell = cellId === undefined ? undefined : state.code_cells[cellId]
  const name = toolName(call)
  const outside = turnId === null ? `thread:${call.thread_id}` : `turn:${turnId}`
  return timelineEntry({
    type: requester.type === 'code_cell' ? 'nested_call' : name === 'wait' ? 'wait' : 'tool_call',
    id: callEntryId(call.tool_call_id),
    parent: cell === undefined ? outside : cellEntryId(cell.code_cell_id),
    thread: call.thread_id,
    turn: turnId ?? cell?.codex_turn_id ?? null,
    cell: cell?.runtime_cell_id ?? null,
    call: call.model_visible_call_id ?? call.code_mode_runtime_tool_id,
    name,
    label: programName(call),
    server: call.kind.server ?? null,
    ...windowOf(call.execution),
    inputPayload: payloadOf(state, call.raw_invocation_payload_id),
    outputPayloads: payloadsById(state, [call.raw_result_payload_id]),
    otherPayloads: payloadsById(state, call.raw_runtime_payload_ids),
  })
}

/** Returns the name of a tool on its MCP server, or else the name that programs and models call it by. */
function toolName({ kind, summary, requester }: ToolCall): string {
  // Recorders of sessions use this name for a wait without a cell.
  if (kind.name === 'invalid_wait' && requester.type === 'model') return 'wait'
  return kind.tool ?? kind.name ?? (summary.type === 'generic' ? summary.label : kind.type)
}
