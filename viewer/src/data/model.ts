import type { ViewCell, ViewData, ViewEntry, ViewSpan, ViewToolCall } from '../../../src/trace/view/view-data.ts'

/** The look of an entry: its track in the timeline and its color. */
export type EntryKind = 'turn' | 'inference' | 'cell' | 'call' | 'wait'

export type Model = {
  readonly data: ViewData
  /** In the order of their beginnings. */
  readonly entries: readonly ViewEntry[]
  readonly byId: ReadonlyMap<string, ViewEntry>
  readonly cells: ReadonlyMap<string, ViewCell>
  readonly calls: ReadonlyMap<string, ViewToolCall>
  /** The calls and waits of a cell, by the id of its entry. */
  readonly children: ReadonlyMap<string, readonly ViewEntry[]>
  readonly slowest: readonly ViewEntry[]
  /** Ids of the calls that are marked as slow. */
  readonly slow: ReadonlySet<string>
  readonly failed: number
  readonly start: number
  readonly end: number
}

const maxSlowest = 50
/** At most this many calls are marked as slow, and at most a tenth of them, but at least one. */
const maxMarkedSlow = 5

/** Indexes the data of a page. The time is linear in the number of entries, except for sorting. */
export function makeModel(data: ViewData): Model {
  const entries = data.entries.toSorted((one, other) => one.start - other.start)
  const byId = new Map(entries.map((entry) => [entry.id, entry]))
  const slowest = entries
    .filter((entry) => (kindOf(entry) === 'call' || entry.type === 'cell') && duration(entry) > 0)
    .toSorted((one, other) => duration(other) - duration(one))
  const slowCalls = slowest.filter((entry) => kindOf(entry) === 'call')
  const maxSlow = Math.min(maxMarkedSlow, Math.max(1, Math.floor(data.toolCalls.length / 10)))
  const start = entries[0]?.start ?? data.span.start
  let end = Math.max(data.span.end ?? 0, start + 1)
  for (const entry of entries) end = Math.max(end, entry.end ?? entry.start)
  return {
    data,
    entries,
    byId,
    cells: new Map(data.cells.map((cell) => [cell.id, cell])),
    calls: new Map(data.toolCalls.map((call) => [call.id, call])),
    children: Map.groupBy(
      entries.filter((entry) => cellOf({ byId }, entry) !== null),
      ({ parent }) => parent ?? '',
    ),
    slowest: slowest.slice(0, maxSlowest),
    slow: new Set(slowCalls.slice(0, maxSlow).map(({ id }) => id)),
    failed: entries.filter(isFailed).length,
    start,
    end,
  }
}

/** Returns the cell that made a call, or that a wait waited for. */
export function cellOf({ byId }: Pick<Model, 'byId'>, { parent }: ViewEntry): ViewEntry | null {
  const entry = parent === null ? undefined : byId.get(parent)
  return entry?.type === 'cell' ? entry : null
}

export function kindOf({ type }: ViewEntry): EntryKind {
  switch (type) {
    case 'compaction':
      return 'inference'
    case 'nested_call':
    case 'tool_call':
      return 'call'
    case 'turn':
    case 'inference':
    case 'cell':
    case 'wait':
      return type
    default:
      return type satisfies never
  }
}

/** Returns the name of an entry as lists and bars show it. */
export function labelOf(entry: ViewEntry): string {
  if (entry.type === 'turn') return 'Turn'
  if (entry.type === 'cell') return `Cell ${entry.cell ?? ''}`
  return kindOf(entry) === 'call' && entry.server !== null ? `${entry.server}: ${entry.name}` : entry.name
}

export function isFailed({ status }: Pick<ViewEntry, 'status'>): boolean {
  return status === 'failed'
}

/** Milliseconds; 0 without an end. */
function duration({ start, end }: ViewSpan): number {
  return end === null ? 0 : end - start
}
