import type { TraceState } from '../format/trace-state.ts'
import { readEntryContent } from '../timeline/entry-content.ts'
import { traceTimeline, type TimelineSource } from '../timeline/timeline.ts'

/**
 * Exports a trace as one line of JSON for each entry, in order. All lines have the same members, so they make a table. Times
 * are milliseconds since 1970. Contents are complete.
 */
export function* exportJsonLines(state: TraceState, source: TimelineSource): Generator<string> {
  for (const entry of traceTimeline(state, source)) {
    const { type, id, parent, thread, turn, cell, call, name, server, start, end, status, usage } = entry
    const duration = end === null ? null : end - start
    yield JSON.stringify({
      trace: state.trace_id,
      type,
      id,
      parent,
      thread,
      turn,
      cell,
      call,
      name,
      server,
      status,
      start_ms: start,
      end_ms: end,
      duration_ms: duration,
      input_tokens: usage?.input_tokens ?? null,
      cached_input_tokens: usage?.cached_input_tokens ?? null,
      output_tokens: usage?.output_tokens ?? null,
      reasoning_output_tokens: usage?.reasoning_output_tokens ?? null,
      ...readEntryContent(entry, source.payloads),
    })
  }
}
