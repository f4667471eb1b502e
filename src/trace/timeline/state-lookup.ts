import type { PayloadReference } from '../format/raw-event.ts'
import type { ExecutionWindow, TraceState } from '../format/trace-state.ts'
import type { TimelineEntry } from './timeline-entry.ts'

/** Returns when something ran, and how it ended. */
export function windowOf(execution: ExecutionWindow): Pick<TimelineEntry, 'start' | 'end' | 'seq' | 'status'> {
  const { started_at_unix_ms: start, ended_at_unix_ms: end, started_seq: seq, status } = execution
  return { start, end, seq, status }
}

/** Returns a payload by its id; null for an id that the trace does not have. */
export function payloadOf(state: TraceState, id: string | null): PayloadReference | null {
  return id !== null && Object.hasOwn(state.raw_payloads, id) ? (state.raw_payloads[id] ?? null) : null
}

/** Returns those payloads that the trace has. */
export function payloadsById(state: TraceState, ids: readonly (string | null)[]): readonly PayloadReference[] {
  return ids.map((id) => payloadOf(state, id)).filter((reference) => reference !== null)
}
