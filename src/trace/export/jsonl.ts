import type { TraceState } from '../format/trace-state.ts'
import { traceTimeline, type TimelineSource } from '../timeline/timeline.ts'

/**
 * Exports a trace as one line of JSON for each entry, in order. All lines have the same members, so they make a table. Times
 * are milliseconds since 1970. Contents are complete: `output` of a cell is everything that it printed, and `model_output` is the
 * response to `exec` as the model got it.
 */
export function* exportJsonLines(state: TraceState, source: TimelineSource): Generator<string> {
  const { entries, reader } = traceTimeline(state, source)
  for (const entry of entries) {
    const { type, id, parent, thread, turn, cell, call, name, label, server, start, end, status, usage } = entry
    const { input, output, error, modelOutput } = reader.contentOf(entry)
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
      label,
      server,
      status,
      start_ms: start,
      end_ms: end,
      duration_ms: duration,
      input_tokens: usage?.input_tokens ?? null,
      cached_input_tokens: usage?.cached_input_tokens ?? null,
      output_tokens: usage?.output_tokens ?? null,
      reasoning_output_tokens: usage?.reasoning_output_tokens ?? null,
      input,
      output,
      error,
      model_output: modelOutput,
    })
  }
}
