import { expect } from 'vitest'
import {
  exportChromeTrace,
  exportJsonLines,
  exportOtlp,
  type ChromeTrace,
  type OtlpTraceRequest,
  type TimelineSource,
} from '../../../src/trace.ts'
import type { TraceState } from '../../../src/trace-format.ts'
import { spansOf, type ReceivedSpan } from '../../otel/receiver.ts'

export type Given = { readonly state: TraceState; readonly source: TimelineSource }

export const rowsOf = ({ state, source }: Given): readonly Record<string, unknown>[] =>
  Array.from(exportJsonLines(state, source), (line) => JSON.parse(line))

/** Checks that lines of JSON have the same members, unique ids, and existing parents. */
export function expectSoundRows(given: Given): void {
  const rows = rowsOf(given)
  const ids = new Set(rows.map(({ id }) => id))
  expect(new Set(rows.map((row) => Object.keys(row).join())).size).toBe(1)
  expect(ids.size).toBe(rows.length)
  expect(rows.filter(({ parent }) => parent !== null && !ids.has(parent))).toEqual([])
}

/** Checks the rules of the Trace Event Format. */
export function expectSoundChromeTrace({ state, source }: Given): void {
  const trace = exportChromeTrace(state, source)
  expect(JSON.parse(JSON.stringify(trace))).toEqual(trace)
  expect(problemsOf(trace)).toEqual([])
}

/** Returns violations of the format. */
function problemsOf({ traceEvents: events }: ChromeTrace): readonly unknown[] {
  const row = ({ pid, tid }: { readonly pid: number; readonly tid: number }): string => `${pid} ${tid}`
  const named = new Set(events.filter(({ name }) => name === 'thread_name').map(row))
  const bars = events.filter(({ ph }) => ph === 'X')
  const barsOf = Map.groupBy(bars, row)
  const both = (first: string, last: string): readonly unknown[] => {
    const key = ({ cat, id, name }: (typeof events)[number]): string => `${cat} ${id} ${name}`
    const starts = events.filter(({ ph }) => ph === first)
    const ends = new Map(events.filter(({ ph }) => ph === last).map((event) => [key(event), event]))
    expect(ends.size).toBe(starts.length)
    return starts.filter((start) => !((ends.get(key(start))?.ts ?? -1) >= start.ts))
  }
  const isInBar = (event: (typeof events)[number]): boolean =>
    (barsOf.get(row(event)) ?? []).some(({ ts, dur = 0 }) => ts <= event.ts && event.ts <= ts + dur)
  return [
    ...events.filter((event) => event.ph !== 'M' && !named.has(row(event))),
    ...events.filter(({ ts, dur = 0 }) => !Number.isSafeInteger(ts) || !(dur >= 0)),
    ...both('b', 'e'),
    ...both('s', 'f'),
    ...events.filter((event) => (event.ph === 's' || event.ph === 'f') && !isInBar(event)),
    ...[...barsOf.values()].flatMap((ofRow) => {
      const sorted = ofRow.toSorted((left, right) => left.ts - right.ts)
      return sorted.filter(({ ts }, index) => {
        const before = sorted[index - 1]
        return before !== undefined && before.ts + (before.dur ?? 0) > ts
      })
    }),
  ]
}

/** Serializes and parses the requests, as a receiver does. */
export const received = (requests: Iterable<OtlpTraceRequest>): readonly ReceivedSpan[] =>
  Array.from(requests).flatMap((request) => spansOf(JSON.parse(JSON.stringify(request))))

/** Checks that spans have valid and stable ids, existing parents, and no end before their start. */
export function expectSoundSpans({ state, source }: Given): void {
  const requests = [...exportOtlp(state, source)]
  const spans = received(requests)
  expect([...exportOtlp(state, source)]).toEqual(requests)
  expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length)
  expect(
    spans.filter(
      ({ traceId, spanId, startTimeUnixNano: start, endTimeUnixNano: end }) =>
        !/^[0-9a-f]{32}$/.test(traceId) || !/^[0-9a-f]{16}$/.test(spanId) || BigInt(start) > BigInt(end),
    ),
  ).toEqual([])
  const ids = new Set(spans.map(({ spanId }) => spanId))
  expect(spans.filter(({ parentSpanId: parent }) => parent !== undefined && !ids.has(parent))).toEqual([])
}
