import type { ViewCell, ViewData, ViewInference, ViewSpan, ViewToolCall } from '../../src/trace/view/view-data.ts'

export type EntryType = 'turn' | 'inference' | 'cell' | 'call' | 'wait'

/** Whatever has a span: a row of a list, a bar of the timeline. */
export type Entry = {
  /** Unique in the page: the type and the id. */
  readonly key: string
  readonly type: EntryType
  readonly id: string
  readonly name: string
  readonly threadId: string
  readonly span: ViewSpan
  readonly status: string
  /** The key of the cell that it belongs to. */
  readonly parent: string | null
}

export type Model = {
  readonly data: ViewData
  /** Cells, calls, waits, inferences and turns in the order of their beginnings. */
  readonly entries: readonly Entry[]
  readonly byKey: ReadonlyMap<string, Entry>
  readonly cells: ReadonlyMap<string, ViewCell>
  readonly calls: ReadonlyMap<string, ViewToolCall>
  readonly inferences: ReadonlyMap<string, ViewInference>
  /** What belongs to a cell, by the cell's key. */
  readonly children: ReadonlyMap<string, readonly Entry[]>
  readonly slowest: readonly Entry[]
  /** Keys of the calls that are slow enough to be marked. */
  readonly slow: ReadonlySet<string>
  readonly failed: number
  readonly start: number
  readonly end: number
}

const mostSlowest = 50
/** At most this many calls are marked as slow, and at most one of ten, but one. */
const mostMarkedSlow = 5

/** Puts in order what the page is given. Time grows with the number of entries. */
export function makeModel(data: ViewData): Model {
  const cells = new Map(data.cells.map((cell) => [cell.id, cell]))
  const calls = new Map(data.toolCalls.map((call) => [call.id, call]))
  const entries = allEntries(data).toSorted((one, other) => one.span.start - other.span.start)
  const slowest = entries
    .filter(({ type, span }) => (type === 'call' || type === 'cell') && span.end !== null && span.end > span.start)
    .toSorted((one, other) => duration(other.span) - duration(one.span))
  const ends = entries.map(({ span }) => span.end ?? span.start)
  const start = entries[0]?.span.start ?? data.span.start
  return {
    data,
    entries,
    byKey: new Map(entries.map((entry) => [entry.key, entry])),
    cells,
    calls,
    inferences: new Map(data.inferences.map((inference) => [inference.id, inference])),
    children: Map.groupBy(
      entries.filter(({ parent }) => parent !== null),
      ({ parent }) => parent ?? '',
    ),
    slowest: slowest.slice(0, mostSlowest),
    slow: new Set(
      slowest
        .filter(({ type }) => type === 'call')
        .slice(0, Math.min(mostMarkedSlow, Math.max(1, Math.floor(data.toolCalls.length / 10))))
        .map(({ key }) => key),
    ),
    failed: entries.filter((entry) => isFailed(entry.status)).length,
    start,
    end: ends.reduce((latest, end) => Math.max(latest, end), Math.max(data.span.end ?? 0, start + 1)),
  }
}

export function cellKey(id: string): string {
  return `cell ${id}`
}

export function callKey(id: string): string {
  return `call ${id}`
}

export function isFailed(status: string): boolean {
  return status === 'failed'
}

/** Milliseconds; what never ended has none. */
function duration({ start, end }: ViewSpan): number {
  return end === null ? 0 : end - start
}

function allEntries(data: ViewData): readonly Entry[] {
  const waits = new Map(data.cells.flatMap((cell) => cell.waitCallIds.map((id) => [id, cellKey(cell.id)] as const)))
  const ofModel = new Set(data.cells.map(({ callId }) => callId))
  return [
    ...data.turns.map((turn): Entry => ({ ...common('turn', turn), name: 'Turn', parent: null })),
    ...data.inferences.map((inference): Entry => ({
      ...common('inference', inference),
      name: inference.model,
      parent: null,
    })),
    ...data.cells.map((cell): Entry => ({
      ...common('cell', cell),
      key: cellKey(cell.id),
      name: `Cell ${cell.cellId}`,
      parent: null,
    })),
    ...data.toolCalls
      // The model's call of exec is its cell.
      .filter((call) => call.cell !== null || !ofModel.has(call.id) || call.name !== 'exec')
      .map((call): Entry => {
        const waited = waits.get(call.id)
        return {
          ...common(waited === undefined ? 'call' : 'wait', call),
          key: callKey(call.id),
          name: call.name,
          parent: call.cell === null ? (waited ?? null) : cellKey(call.cell),
        }
      }),
  ]
}

function common(
  type: EntryType,
  { id, threadId, span, status }: Pick<Entry, 'id' | 'threadId' | 'span' | 'status'>,
): Omit<Entry, 'name' | 'parent'> {
  return { key: `${type} ${id}`, type, id, threadId, span, status }
}
