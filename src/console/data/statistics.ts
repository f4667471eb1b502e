import type { CallFigures, CallItem, CellItem, Statistics, TokenFigures } from '../api.ts'
import type { Query } from './paging.ts'

const dayMs = 86_400_000
const buckets = 48
const maxRows = 50

/** The tokens of the traces; null without traces. */
export type TokenStatistics = {
  readonly bySession: ReadonlyMap<string, TokenFigures>
  readonly models: NonNullable<Statistics['models']>
  readonly series: readonly ({ readonly at: number } & TokenFigures)[]
}

export type StatisticsInput = {
  readonly calls: readonly CallItem[]
  readonly cells: readonly CellItem[]
  readonly tokens:
    | ((range: { readonly from: number; readonly to: number; readonly bucketMs: number }) => TokenStatistics)
    | null
}

/** Returns the figures of a time. Calls count at their start. */
export function statistics({ calls, cells, tokens }: StatisticsInput, query: Query): Statistics {
  const to = query.number('to') ?? Date.now()
  const from = Math.min(query.number('from') ?? to - dayMs, to - 1)
  const bucketMs = Math.ceil((to - from) / buckets)
  const session = query.text('session')
  const isIn = (at: number | null, sessionId: string): boolean =>
    at !== null && at >= from && at <= to && (session === '' || session === sessionId)
  const made = calls.filter((call) => isIn(call.startedAt, call.sessionId))
  const started = cells.filter((cell) => isIn(cell.startedAt, cell.sessionId))
  const traced = tokens?.({ from, to, bucketMs }) ?? null
  return {
    from,
    to,
    bucketMs,
    series: seriesOf({ from, to, bucketMs, made, started }),
    tools: rowsOf(made, ({ identifier }) => identifier).map(([identifier, own]) => ({ identifier, ...figuresOf(own) })),
    sessions: sessionRows(made, started).map(([sessionId, own, count]) => ({
      sessionId,
      cells: count,
      tokens: traced?.bySession.get(sessionId) ?? null,
      ...figuresOf(own),
    })),
    models: traced?.models ?? null,
    tokenSeries: traced?.series ?? null,
  }
}

type SeriesInput = {
  readonly from: number
  readonly to: number
  readonly bucketMs: number
  readonly made: readonly CallItem[]
  readonly started: readonly CellItem[]
}

function seriesOf({ from, to, bucketMs, made, started }: SeriesInput): Statistics['series'] {
  const bucketOf = (at: number): number => Math.floor((at - from) / bucketMs)
  const calls = Map.groupBy(made, ({ startedAt }) => bucketOf(startedAt ?? 0))
  const cells = Map.groupBy(started, ({ startedAt }) => bucketOf(startedAt))
  return Array.from({ length: Math.ceil((to - from) / bucketMs) }, (_, index) => ({
    at: from + index * bucketMs,
    cells: cells.get(index)?.length ?? 0,
    ...figuresOf(calls.get(index) ?? []),
  }))
}

function rowsOf(
  calls: readonly CallItem[],
  nameOf: (call: CallItem) => string,
): readonly (readonly [name: string, calls: readonly CallItem[]])[] {
  return [...Map.groupBy(calls, nameOf)].toSorted(([, left], [, right]) => right.length - left.length).slice(0, maxRows)
}

function sessionRows(
  made: readonly CallItem[],
  started: readonly CellItem[],
): readonly (readonly [id: string, calls: readonly CallItem[], cells: number])[] {
  const calls = Map.groupBy(made, ({ sessionId }) => sessionId)
  const cells = Map.groupBy(started, ({ sessionId }) => sessionId)
  return [...new Set([...calls.keys(), ...cells.keys()])]
    .map((id) => [id, calls.get(id) ?? [], cells.get(id)?.length ?? 0] as const)
    .toSorted(([, left, leftCells], [, right, rightCells]) => right.length - left.length || rightCells - leftCells)
    .slice(0, maxRows)
}

function figuresOf(calls: readonly CallItem[]): CallFigures {
  const durations = calls.flatMap(({ durationMs }) => durationMs ?? []).toSorted((left, right) => left - right)
  return {
    calls: calls.length,
    failures: calls.filter(({ state }) => state === 'failed').length,
    unknown: calls.filter(({ state }) => state === 'unknown').length,
    medianMs: durations[Math.floor((durations.length - 1) * 0.5)] ?? null,
    p95Ms: durations[Math.floor((durations.length - 1) * 0.95)] ?? null,
    totalMs: durations.reduce((sum, duration) => sum + duration, 0),
  }
}
