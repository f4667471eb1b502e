import type { CellItem, TokenFigures } from '../api.ts'
import type { TokenStatistics } from '../data/statistics.ts'
import type { TraceLibrary } from './trace-library.ts'
import type { TracedBundle, TracedRequest } from './traced-bundle.ts'

type Range = { readonly from: number; readonly to: number; readonly bucketMs: number }

/** The difference between the times of a cell in its session and in its trace, in milliseconds. */
const maxDriftMs = 5000

/** Returns the tokens of the requests in traces. The requests of a bundle belong to the session of its cells. */
export function tokenStatistics(library: TraceLibrary, cells: readonly CellItem[], range: Range): TokenStatistics {
  const bySession = new Map<string, TracedRequest[]>()
  const all: TracedRequest[] = []
  for (const bundle of library.bundles()) {
    const requests = bundle.requests().filter(({ at }) => at >= range.from && at <= range.to)
    all.push(...requests)
    const session = requests.length === 0 ? null : sessionOf(bundle, cells)
    if (session !== null) bySession.set(session, [...(bySession.get(session) ?? []), ...requests])
  }
  const buckets = Map.groupBy(all, ({ at }) => Math.floor((at - range.from) / range.bucketMs))
  return {
    bySession: new Map([...bySession].map(([id, requests]) => [id, figuresOf(requests)])),
    models: [...Map.groupBy(all, ({ model }) => model)]
      .map(([model, requests]) => ({ model, ...figuresOf(requests) }))
      .toSorted((left, right) => right.requests - left.requests),
    series: Array.from({ length: Math.ceil((range.to - range.from) / range.bucketMs) }, (_, index) => ({
      at: range.from + index * range.bucketMs,
      ...figuresOf(buckets.get(index) ?? []),
    })),
  }
}

function sessionOf(bundle: TracedBundle, cells: readonly CellItem[]): string | null {
  const [first] = bundle.cells()
  if (first === undefined) return null
  const found = cells.find(
    ({ cellId, startedAt, title }) =>
      cellId === first.cellId && Math.abs(startedAt - first.at) <= maxDriftMs && first.source.includes(title),
  )
  return found?.sessionId ?? null
}

function figuresOf(requests: readonly TracedRequest[]): TokenFigures {
  const sum = (of: (request: TracedRequest) => number): number => requests.reduce((total, each) => total + of(each), 0)
  const priced = requests.filter(({ cost }) => cost !== null)
  return {
    requests: requests.length,
    inputTokens: sum(({ inputTokens }) => inputTokens),
    cachedTokens: sum(({ cachedTokens }) => cachedTokens),
    outputTokens: sum(({ outputTokens }) => outputTokens),
    cost: priced.length === 0 ? null : sum(({ cost }) => cost ?? 0),
  }
}
