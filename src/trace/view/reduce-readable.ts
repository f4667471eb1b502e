import { CodecellError } from '../../errors.ts'
import type { TraceBundle } from '../bundle/open-bundle.ts'
import type { RawEvent } from '../format/raw-event.ts'
import type { TraceState } from '../format/trace-state.ts'
import { reduceTrace } from '../reducer/reduce-trace.ts'
import { reasonOf } from './bounded-texts.ts'
import type { ViewUnreducedEvent } from './view-data.ts'

/** The maximum number of events that are listed after the first one that the reducer did not accept. */
const maxListed = 1000

export type Readable = {
  /** The state of the trace, or of the events before the first unaccepted one; null if there is none. */
  readonly state: TraceState | null
  /** The number of events that could be read. */
  readonly events: number
  /** Why the trace cannot be reduced; null if it can. */
  readonly problem: string | null
  readonly unreduced: readonly ViewUnreducedEvent[]
  /** Why requests to models failed or were cancelled, by the ids of their entries; the state does not have it. */
  readonly failures: ReadonlyMap<string, string>
}

/** Reduces a bundle, or the beginning of it that reduces. */
export function reduceReadable(bundle: TraceBundle): Readable {
  const counter: Counter = { events: 0, failures: new Map() }
  const { failures } = counter
  try {
    const state = reduceTrace(bundle.manifest, counted(bundle.events(), counter), bundle.payloads)
    return { state, events: counter.events, problem: null, unreduced: [], failures }
  } catch (error) {
    if (!(error instanceof CodecellError)) throw error
    // The last event that was read is the one that the reducer did not accept, unless the next line is not an event.
    const part = firstState(bundle, [counter.events, counter.events - 1])
    const reason = `Cannot reduce the trace: ${reasonOf(error)}`
    const shown = part === null ? '' : `. The page shows the first ${part.length} events`
    return { state: part?.state ?? null, problem: `${reason}${shown}`, failures, ...restOf(bundle, part?.length ?? 0) }
  }
}

function firstState(
  bundle: TraceBundle,
  lengths: readonly number[],
): { readonly state: TraceState; readonly length: number } | null {
  for (const length of lengths) {
    if (length < 1) continue
    try {
      const state = reduceTrace(bundle.manifest, firstEvents(bundle.events(), length), bundle.payloads)
      return { state, length }
    } catch (error) {
      if (!(error instanceof CodecellError)) throw error
    }
  }
  return null
}

/** Lists the events after the first `length`, and counts all events that can be read. */
function restOf(bundle: TraceBundle, length: number): Pick<Readable, 'events' | 'unreduced'> {
  const unreduced: ViewUnreducedEvent[] = []
  let events = 0
  try {
    for (const { seq, wall_time_unix_ms: at, thread_id: threadId, payload } of bundle.events()) {
      events++
      if (events > length && unreduced.length < maxListed) {
        const type = payload.type === 'protocol_event_observed' ? payload.event_type : payload.type
        unreduced.push({ seq, at, type: type.slice(0, 80), threadId: threadId?.slice(0, 256) ?? null })
      }
    }
  } catch (error) {
    if (!(error instanceof CodecellError)) throw error
  }
  return { events, unreduced }
}

type Counter = { events: number; readonly failures: Map<string, string> }

function* counted(events: Iterable<RawEvent>, counter: Counter): Generator<RawEvent> {
  for (const event of events) {
    counter.events++
    noteFailure(event, counter.failures)
    yield event
  }
}

function noteFailure({ payload }: RawEvent, failures: Map<string, string>): void {
  if (payload.type === 'inference_failed') failures.set(`inference:${payload.inference_call_id}`, payload.error)
  if (payload.type === 'inference_cancelled') failures.set(`inference:${payload.inference_call_id}`, payload.reason)
  if (payload.type === 'compaction_request_failed') {
    failures.set(`compaction:${payload.compaction_request_id}`, payload.error)
  }
}

function* firstEvents(events: Iterable<RawEvent>, length: number): Generator<RawEvent> {
  let left = length
  for (const event of events) {
    if (left-- === 0) return
    yield event
    if (left === 0) return
  }
}
