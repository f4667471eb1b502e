import type { TraceBundle } from '../bundle/open-bundle.ts'
import type { TraceState } from '../format/trace-state.ts'
import { cellEntries } from './cell-entries.ts'
import { modelEntries } from './model-entries.ts'
import { observedEntries } from './observed-entries.ts'
import { windowOf } from './state-lookup.ts'
import { callEntryId, cellEntryId, timelineEntry, type TimelineEntry } from './timeline-entry.ts'
import { toolCallEntries } from './tool-call-entries.ts'

/** A bundle, or its events and payloads from another source. */
export type TimelineSource = Pick<TraceBundle, 'events' | 'payloads'>

/** Returns everything that happened in a trace, in order. `readEntryContent` reads the payloads of an entry. */
export function traceTimeline(state: TraceState, source: TimelineSource): readonly TimelineEntry[] {
  return inOrder([...entriesOf(state), ...observedEntries(state, source)])
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
