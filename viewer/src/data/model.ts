import type {
  ViewCell,
  ViewData,
  ViewEdge,
  ViewEntry,
  ViewItem,
  ViewSpan,
  ViewThread,
  ViewToolCall,
} from '../../../src/trace/view/view-data.ts'

/** The look of an entry: its track in the timeline and its color. */
export type EntryKind = 'turn' | 'inference' | 'cell' | 'call' | 'wait'

/** A thread in the tree of agents; `depth` is 0 for the root. */
export type Agent = { readonly thread: ViewThread; readonly depth: number }

export type Model = {
  readonly data: ViewData
  /** In the order of their beginnings. */
  readonly entries: readonly ViewEntry[]
  readonly byId: ReadonlyMap<string, ViewEntry>
  readonly cells: ReadonlyMap<string, ViewCell>
  readonly calls: ReadonlyMap<string, ViewToolCall>
  readonly items: ReadonlyMap<string, ViewItem>
  /** Items by the id of the entry of their call, in order. */
  readonly itemsOfEntry: ReadonlyMap<string, readonly ViewItem[]>
  /** The calls and waits of a cell, by the id of its entry. */
  readonly children: ReadonlyMap<string, readonly ViewEntry[]>
  /** The agents as a tree: parents before their children. */
  readonly agents: readonly Agent[]
  readonly threads: ReadonlyMap<string, ViewThread>
  /** In the order in which they began. */
  readonly edges: readonly ViewEdge[]
  /** Edges by the ids of the entries and items at their ends. */
  readonly edgesAt: ReadonlyMap<string, readonly ViewEdge[]>
  readonly slowest: readonly ViewEntry[]
  /** Ids of the calls that are marked as slow. */
  readonly slow: ReadonlySet<string>
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
  const edges = data.edges.toSorted((one, other) => one.from.at - other.from.at)
  return {
    data,
    entries,
    byId,
    cells: new Map(data.cells.map((cell) => [cell.id, cell])),
    calls: new Map(data.toolCalls.map((call) => [call.id, call])),
    items: new Map(data.items.map((item) => [item.id, item])),
    itemsOfEntry: Map.groupBy(
      data.items.filter(({ entry }) => entry !== null),
      ({ entry }) => entry ?? '',
    ),
    children: Map.groupBy(
      entries.filter((entry) => cellOf({ byId }, entry) !== null),
      ({ parent }) => parent ?? '',
    ),
    agents: treeOf(data.threads),
    threads: new Map(data.threads.map((thread) => [thread.id, thread])),
    edges,
    edgesAt: edgesByEnd(edges),
    slowest: slowest.slice(0, maxSlowest),
    slow: new Set(slowCalls.slice(0, maxSlow).map(({ id }) => id)),
    start,
    end,
  }
}

/** Orders threads as a tree. Threads with an unknown parent, or in a circle of parents, are roots. */
function treeOf(threads: readonly ViewThread[]): readonly Agent[] {
  const ids = new Set(threads.map(({ id }) => id))
  const children = Map.groupBy(threads, ({ parent }) => (parent !== null && ids.has(parent) ? parent : ''))
  const agents: Agent[] = []
  const placed = new Set<string>()
  const place = (root: ViewThread): void => {
    const stack: Agent[] = [{ thread: root, depth: 0 }]
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      const { thread, depth } = next
      if (placed.has(thread.id)) continue
      placed.add(thread.id)
      agents.push(next)
      for (const child of children.get(thread.id)?.toReversed() ?? []) stack.push({ thread: child, depth: depth + 1 })
    }
  }
  for (const root of children.get('') ?? []) place(root)
  for (const thread of threads) if (!placed.has(thread.id)) place(thread)
  return agents
}

function edgesByEnd(edges: readonly ViewEdge[]): ReadonlyMap<string, readonly ViewEdge[]> {
  const found = new Map<string, ViewEdge[]>()
  for (const edge of edges) {
    for (const id of [edge.from.entry, edge.from.item, edge.to.entry, edge.to.item]) {
      if (id === null) continue
      const list = found.get(id)
      if (list === undefined) found.set(id, [edge])
      else list.push(edge)
    }
  }
  return found
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
  return entry.type === 'compaction' ? `compaction: ${entry.label}` : entry.label
}

/** Returns the status of an entry; a completed call with an error as its result counts as an error. */
export function statusOf({ status, isError }: Pick<ViewEntry, 'status' | 'isError'>): string {
  return isError && status === 'completed' ? 'error' : status
}

/** Returns the name of an agent: its nickname, or the last part of its path. */
export function agentName({ nickname, path }: Pick<ViewThread, 'nickname' | 'path'>): string {
  return nickname ?? path.split('/').findLast(Boolean) ?? path
}

export function nameOfThread({ threads }: Pick<Model, 'threads'>, id: string): string {
  const thread = threads.get(id)
  return thread === undefined ? 'unknown agent' : agentName(thread)
}

/** Milliseconds; 0 without an end. */
function duration({ start, end }: ViewSpan): number {
  return end === null ? 0 : end - start
}
