import type { ViewEdge, ViewEntry } from '../../../src/trace/view/view-data.ts'
import { agentName, kindOf, type EntryKind, type Model } from '../data/model.ts'

type Track = { readonly label: string; readonly depth: number; readonly top: number; readonly height: number }

/** A bar of an entry; `top` and `height` in pixels. */
export type Bar = { readonly entry: ViewEntry; readonly top: number; readonly height: number }

/** The lane of an agent, if the timeline shows several. */
type Group = { readonly top: number; readonly height: number }

/** An edge between the lanes of two agents; `from` and `to` in pixels from the top. */
export type EdgeLine = { readonly edge: ViewEdge; readonly from: number; readonly to: number }

export type TimelineLayout = {
  readonly tracks: readonly Track[]
  readonly groups: readonly Group[]
  readonly bars: readonly Bar[]
  readonly lines: readonly EdgeLine[]
  readonly height: number
}

type Kind = {
  readonly kinds: readonly EntryKind[]
  readonly label: string
  readonly lane: number
  readonly maxLanes: number
}

/** If more bars overlap, they share the last lane. */
const maxLanes = 40

const tracksOfOne: readonly Kind[] = [
  { kinds: ['turn'], label: 'Turns', lane: 8, maxLanes },
  { kinds: ['inference'], label: 'Inference', lane: 8, maxLanes },
  { kinds: ['cell'], label: 'Cells', lane: 18, maxLanes },
  { kinds: ['call'], label: 'Calls', lane: 14, maxLanes },
  { kinds: ['wait'], label: 'Waits', lane: 8, maxLanes },
]

/** An agent among several has fewer lanes. */
const tracksOfMany: readonly Kind[] = [
  { kinds: ['turn'], label: '', lane: 5, maxLanes: 1 },
  { kinds: ['inference'], label: '', lane: 8, maxLanes: 2 },
  { kinds: ['cell'], label: '', lane: 17, maxLanes: 3 },
  { kinds: ['call', 'wait'], label: '', lane: 10, maxLanes: 4 },
]

const gap = 6
const groupGap = 10
const axis = 22

/** Places every entry: one agent with a track for each kind of entry, or a lane for each agent with the edges between them. */
export function layOut(model: Model, threadId: string | null): TimelineLayout {
  return threadId === null && model.agents.length > 1
    ? layOutMany(model)
    : layOutOne(
        model,
        model.entries.filter((entry) => threadId === null || entry.thread === threadId),
      )
}

function layOutOne(model: Model, entries: readonly ViewEntry[]): TimelineLayout {
  const placed: Track[] = []
  const bars: Bar[] = []
  let top = axis
  for (const { kind, laid } of placedKinds(entries, tracksOfOne, model.end)) {
    for (const { entry, lane } of laid.bars) bars.push({ entry, top: top + lane * kind.lane, height: kind.lane - 2 })
    placed.push({ label: kind.label, depth: 0, top, height: laid.count * kind.lane })
    top += laid.count * kind.lane + gap
  }
  return { tracks: placed, groups: [], bars: failedLast(bars), lines: [], height: top }
}

function layOutMany(model: Model): TimelineLayout {
  const byThread = Map.groupBy(model.entries, ({ thread }) => thread)
  const tracks: Track[] = []
  const bars: Bar[] = []
  const groups = new Map<string, Group>()
  let top = axis
  for (const { thread, depth } of model.agents) {
    const start = top
    for (const { kind, laid } of placedKinds(byThread.get(thread.id) ?? [], tracksOfMany, model.end)) {
      for (const { entry, lane } of laid.bars) bars.push({ entry, top: top + lane * kind.lane, height: kind.lane - 2 })
      top += laid.count * kind.lane
    }
    const height = Math.max(20, top - start)
    groups.set(thread.id, { top: start, height })
    tracks.push({ label: agentName(thread), depth, top: start, height })
    top = start + height + groupGap
  }
  return {
    tracks,
    groups: [...groups.values()],
    bars: failedLast(bars),
    lines: linesOf(model, groups),
    height: top,
  }
}

/** Edges begin and end at the near sides of the two lanes, so that they cross few bars. */
function linesOf({ edges }: Model, groups: ReadonlyMap<string, Group>): readonly EdgeLine[] {
  return edges.flatMap((edge) => {
    const [from, to] = [groups.get(edge.from.threadId), groups.get(edge.to.threadId)]
    if (from === undefined || to === undefined || from === to) return []
    return from.top < to.top
      ? [{ edge, from: from.top + from.height, to: to.top }]
      : [{ edge, from: from.top, to: to.top + to.height }]
  })
}

type Placed = { readonly bars: readonly { readonly entry: ViewEntry; readonly lane: number }[]; readonly count: number }

function placedKinds(
  entries: readonly ViewEntry[],
  kinds: readonly Kind[],
  end: number,
): readonly { readonly kind: Kind; readonly laid: Placed }[] {
  const byKind = Map.groupBy(entries, kindOf)
  return kinds.flatMap((kind) => {
    const ofKind = kind.kinds.flatMap((each) => byKind.get(each) ?? [])
    if (ofKind.length === 0) return []
    const inOrder = kind.kinds.length === 1 ? ofKind : ofKind.toSorted((one, other) => one.start - other.start)
    return [{ kind, laid: lanesOf(inOrder, end, kind.maxLanes) }]
  })
}

/** Failed bars are drawn last: they stay visible where thousands of bars share a few pixels. */
function failedLast(bars: readonly Bar[]): readonly Bar[] {
  return [...bars.filter(({ entry }) => !entry.isError), ...bars.filter(({ entry }) => entry.isError)]
}

/** Assigns each entry to the first free lane. Entries are in the order of their beginnings. */
function lanesOf(entries: readonly ViewEntry[], end: number, limit: number): Placed {
  const freeAt: number[] = []
  const bars = entries.map((entry) => {
    const free = freeAt.findIndex((at) => at <= entry.start)
    const lane = free === -1 ? Math.min(freeAt.length, limit - 1) : free
    freeAt[lane] = Math.max(entry.end ?? end, entry.start + 0.5)
    return { entry, lane }
  })
  return { bars, count: freeAt.length }
}
