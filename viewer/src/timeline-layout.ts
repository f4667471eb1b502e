import { isFailed, type Entry, type EntryType, type Model } from './model.ts'

type Track = { readonly label: string; readonly type: EntryType; readonly top: number; readonly height: number }

/** `top` and `height` in pixels; the rest is the entry's. */
export type Bar = { readonly entry: Entry; readonly top: number; readonly height: number }

export type TimelineLayout = {
  readonly tracks: readonly Track[]
  readonly bars: readonly Bar[]
  readonly height: number
}

const tracks: readonly { readonly type: EntryType; readonly label: string; readonly lane: number }[] = [
  { type: 'turn', label: 'Turns', lane: 8 },
  { type: 'inference', label: 'Inference', lane: 8 },
  { type: 'cell', label: 'Cells', lane: 18 },
  { type: 'call', label: 'Calls', lane: 14 },
  { type: 'wait', label: 'Waits', lane: 8 },
]

/** Beyond this many at the same time, bars share the last lane. */
const mostLanes = 40
const gap = 6
const axis = 22

/** Gives every entry a place; what runs at the same time lies side by side in lanes. */
export function layOut(model: Model, threadId: string | null): TimelineLayout {
  const ofThread = model.entries.filter((entry) => threadId === null || entry.threadId === threadId)
  const byType = Map.groupBy(ofThread, ({ type }) => type)
  const placed: Track[] = []
  const bars: Bar[] = []
  let top = axis
  for (const { type, label, lane } of tracks) {
    const entries = byType.get(type) ?? []
    if (entries.length === 0) continue
    const lanes = lanesOf(entries, model.end)
    for (const [index, entry] of entries.entries()) {
      bars.push({ entry, top: top + (lanes.of[index] ?? 0) * lane, height: lane - 2 })
    }
    placed.push({ label, type, top, height: lanes.count * lane })
    top += lanes.count * lane + gap
  }
  // What failed is drawn over its neighbours: where thousands share a few pixels, it is what has to be seen.
  const last = bars.filter(({ entry }) => isFailed(entry.status))
  return { tracks: placed, bars: [...bars.filter(({ entry }) => !isFailed(entry.status)), ...last], height: top }
}

/** Entries come in the order of their beginnings: each goes into the first lane that is free again. */
function lanesOf(entries: readonly Entry[], end: number): { readonly of: readonly number[]; readonly count: number } {
  const freeAt: number[] = []
  const of = entries.map(({ span }) => {
    const free = freeAt.findIndex((at) => at <= span.start)
    const lane = free === -1 ? Math.min(freeAt.length, mostLanes - 1) : free
    freeAt[lane] = Math.max(span.end ?? end, span.start + 0.5)
    return lane
  })
  return { of, count: freeAt.length }
}
