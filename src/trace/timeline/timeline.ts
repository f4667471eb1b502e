import type { TraceBundle } from '../bundle/open-bundle.ts'
import type { RawEvent } from '../format/raw-event.ts'
import type { TraceState } from '../format/trace-state.ts'
import { CellLogIndex, type CellLogFiles } from './cell-log-index.ts'
import { cellEntries, pendingNotification } from './cell-entries.ts'
import { modelEntries } from './model-entries.ts'
import { observedEntries } from './observed-entries.ts'
import { EntryReader } from './entry-reader.ts'
import { withHiddenCells } from './hidden-cells.ts'
import { windowOf } from './state-lookup.ts'
import { callEntryId, cellEntryId, timelineEntry, type TimelineEntry } from './timeline-entry.ts'
import { toolCallEntries } from './tool-call-entries.ts'

/** A bundle, or its events, payloads and cell logs from another source. Without cell logs, the output of cells is that of their responses. */
export type TimelineSource = Pick<TraceBundle, 'events' | 'payloads'> & Partial<CellLogFiles>

/** Everything that happened in a trace, in order, and a reader of the contents. */
export type Timeline = { readonly entries: readonly TimelineEntry[]; readonly reader: EntryReader }

/** Returns the timeline of a trace, including what only the events and the cell logs have. */
export function traceTimeline(reduced: TraceState, source: TimelineSource): Timeline {
  const { observed, cells } = timelineEvents(source.events())
  const state = withHiddenCells(reduced, cells)
  const entries = [
    ...entriesOf(state),
    ...observedEntries(state, observed, source.payloads),
    ...pendingNotifications(state, source),
  ]
  return { entries: inOrder(entries), reader: new EntryReader(state, source) }
}

type TimelineEvents = { readonly observed: readonly RawEvent[]; readonly cells: readonly RawEvent[] }

/** Selects the events that are read in addition to the state. */
function timelineEvents(events: Iterable<RawEvent>): TimelineEvents {
  const observed: RawEvent[] = []
  const cells: RawEvent[] = []
  for (const event of events) {
    if (event.payload.type === 'protocol_event_observed') observed.push(event)
    else if (event.payload.type.startsWith('code_cell_')) cells.push(event)
  }
  return { observed, cells }
}

/** Returns the timeline without the entries that only the events have: approvals, notifications, evictions, reverts. */
export function stateTimeline(state: TraceState): readonly TimelineEntry[] {
  return inOrder(entriesOf(state))
}

/** Returns the time of the last recorded start or end. */
export function lastTimeOf(state: TraceState, entries: readonly TimelineEntry[]): number {
  let last = state.ended_at_unix_ms ?? 0
  for (const { start, end } of entries) last = Math.max(last, end ?? start)
  return last
}

function inOrder(entries: readonly TimelineEntry[]): readonly TimelineEntry[] {
  return entries.toSorted((left, right) => left.seq - right.seq)
}

function entriesOf(state: TraceState): readonly TimelineEntry[] {
  return [
    ...threadEntries(state),
    ...turnEntries(state),
    ...modelEntries(state),
    ...Object.values(state.code_cells).flatMap((cell) => cellEntries(state, cell)),
    ...toolCallEntries(state),
  ]
}

/** Returns the notifications whose delivery was not recorded, because the recording ended first. */
function pendingNotifications(state: TraceState, source: TimelineSource): readonly TimelineEntry[] {
  if (state.recording_complete) return []
  const logs = new CellLogIndex(source)
  return Object.values(state.code_cells).flatMap((cell) =>
    (logs.read(cell)?.pending ?? []).map(({ text, at }, index) => pendingNotification(cell, text, { at, index })),
  )
}

function threadEntries(state: TraceState): readonly TimelineEntry[] {
  return Object.values(state.threads).map((thread) =>
    timelineEntry({
      type: 'thread',
      id: `thread:${thread.thread_id}`,
      parent: spawningEntry(state, thread.thread_id),
      thread: thread.thread_id,
      name: thread.nickname ?? thread.agent_path,
      ...windowOf(thread.execution),
    }),
  )
}

function turnEntries(state: TraceState): readonly TimelineEntry[] {
  return Object.values(state.codex_turns).map((turn) =>
    timelineEntry({
      type: 'turn',
      id: `turn:${turn.codex_turn_id}`,
      parent: `thread:${turn.thread_id}`,
      thread: turn.thread_id,
      turn: turn.codex_turn_id,
      name: turn.codex_turn_id,
      ...windowOf(turn.execution),
    }),
  )
}

/** Returns the entry that spawned the agent of a thread; null for the root. */
function spawningEntry(state: TraceState, threadId: string): string | null {
  const origin = state.threads[threadId]?.origin
  const edge = origin?.type === 'spawned' ? state.interaction_edges[origin.spawn_edge_id] : undefined
  const call = edge?.source.type === 'tool_call' ? state.tool_calls[edge.source.tool_call_id] : undefined
  if (call === undefined) return null
  const { tool_call_id: id, started_code_cell_id: cellId } = call
  return cellId === undefined ? callEntryId(id) : cellEntryId(cellId)
}
