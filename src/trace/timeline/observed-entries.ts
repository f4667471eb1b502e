import { approvalNote } from './approval-note.ts'
import { isRecord } from '../../protocol/json.ts'
import type { RawEvent } from '../format/raw-event.ts'
import type { TracePayloads } from '../reducer/reducer-state.ts'
import { payloadValue } from './entry-content.ts'
import type { CodeCell, TraceState } from '../format/trace-state.ts'
import { cellEntryId, timelineEntry, type TimelineEntry } from './timeline-entry.ts'

type ObservedType = 'approval' | 'deferral' | 'notification' | 'eviction' | 'revival' | 'revert'

const entryTypes: ReadonlyMap<string, ObservedType> = new Map<string, ObservedType>([
  ['codecell.approval', 'approval'],
  ['codecell.call_deferred', 'deferral'],
  ['codecell.notification', 'notification'],
  ['codecell.cell_evicted', 'eviction'],
  ['codecell.cell_revived', 'revival'],
  ['codecell.revert', 'revert'],
])

/** Returns the entries that recorders log in addition to the state: approvals, deferrals, notifications, evictions, revivals, reverts. */
export function observedEntries(
  state: TraceState,
  events: readonly RawEvent[],
  payloads: TracePayloads,
): readonly TimelineEntry[] {
  const cells = cellsByRuntimeId(state)
  return events.map((event) => entryOf(event, payloads, cells)).filter((entry) => entry !== null)
}

function entryOf(
  event: RawEvent,
  payloads: TracePayloads,
  cells: ReadonlyMap<string, readonly CodeCell[]>,
): TimelineEntry | null {
  const { payload, seq, wall_time_unix_ms: at } = event
  const type = payload.type === 'protocol_event_observed' ? entryTypes.get(payload.event_type) : undefined
  if (payload.type !== 'protocol_event_observed' || type === undefined) return null
  const value = payloadValue(payload.event_payload, payloads)
  if (!isRecord(value)) return null
  const threadId = stringOf(value['thread_id']) ?? event.thread_id ?? ''
  const runtimeId = stringOf(value['cell_id'])
  // Two sessions of a thread have cells with equal ids: the event belongs to the last cell that started before it.
  const cell = cells.get(`${threadId}\n${runtimeId}`)?.findLast(({ execution }) => execution.started_seq < seq)
  return timelineEntry({
    type,
    id: `event:${seq}`,
    parent: cell === undefined ? `thread:${threadId}` : cellEntryId(cell.code_cell_id),
    thread: threadId,
    turn: event.codex_turn_id ?? cell?.codex_turn_id ?? null,
    cell: runtimeId,
    call: stringOf(value['call']),
    name: type,
    start: at,
    end: at,
    seq,
    status: statusOf(type, value),
    text: type === 'approval' ? noteOf(value) : (stringOf(value['text']) ?? stringOf(value['reason'])),
  })
}

function noteOf(value: Record<string, unknown>): string | null {
  const [decision, by, reason] = ['decision', 'by', 'reason'].map((name) => stringOf(value[name]))
  const calls = typeof value['calls'] === 'number' ? value['calls'] : null
  return approvalNote({ decision: decision ?? null, calls, by: by ?? null, reason: reason ?? null })
}

function statusOf(type: ObservedType, value: Record<string, unknown>): string {
  if (type === 'deferral' || type === 'eviction' || type === 'revival') return ''
  if (type === 'notification' || type === 'revert') return stringOf(value['result']) ?? ''
  if (typeof value['allowed'] !== 'boolean') return 'asked'
  return value['allowed'] ? 'allowed' : 'refused'
}

function cellsByRuntimeId(state: TraceState): ReadonlyMap<string, readonly CodeCell[]> {
  const cells = Object.values(state.code_cells).toSorted(
    (left, right) => left.execution.started_seq - right.execution.started_seq,
  )
  return Map.groupBy(cells, (cell) => `${cell.thread_id}\n${cell.runtime_cell_id}`)
}

function stringOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
