import type { ViewEntry } from '../../../src/trace/view/view-data.ts'
import { isFailed, kindOf, type EntryKind, type Model } from '../data/model.ts'

type Track = { readonly label: string; readonly kind: EntryKind; readonly top: number; readonly height: number }

/** A bar of an entry; `top` and `height` in pixels. */
export type Bar = { readonly entry: ViewEntry; readonly top: number; readonly height: number }

export type TimelineLayout = {
  readonly tracks: readonly Track[]
  readonly bars: readonly Bar[]
  readonly height: number
}

const tracks: readonly { readonly kind: EntryKind; readonly label: string; readonly lane: number }[] = [
  { kind: 'turn', label: 'Turns', lane: 8 },
  { kind: 'inference', label: 'Inference', lane: 8 },
  { kind: 'cell', label: 'Cells', lane: 18 },
  { kind: 'call', label: 'Calls', lane: 14 },
  { kind: 'wait', label: 'Waits', lane: 8 },
]

/** If more bars overlap, they share the last lane. */
const maxLanes = 40
const gap = 6
const axis = 22

/** Places every entry; entries that overlap in time get different lanes of their track. */
export function layOut(model: Model, threadId: string | null): TimelineLayout {
  const ofThread = model.entries.filter((entry) => threadId === null || entry.thread === threadId)
  const byKind = Map.groupBy(ofThread, kindOf)
  const placed: Track[] = []
  const bars: Bar[] = []
  let top = axis
  for (const { kind, label, lane } of tracks) {
    const entries = byKind.get(kind) ?? []
    if (entries.length === 0) continue
    const lanes = lanesOf(entries, model.end)
    for (const [index, entry] of entries.entries()) {
      bars.push({ entry, top: top + (lanes.of[index] ?? 0) * lane, height: lane - 2 })
    }
    placed.push({ label, kind, top, height: lanes.count * lane })
    top += lanes.count * lane + gap
  }
  // Failed bars are drawn last: they stay visible where thousands of bars share a few pixels.
  const last = bars.filter(({ entry }) => isFailed(entry))
  return { tracks: placed, bars: [...bars.filter(({ entry }) => !isFailed(entry)), ...last], height: top }
}

/** Assigns each entry to the first free lane. Entries are in the order of their beginnings. */
function lanesOf(
  entries: readonly ViewEntry[],
  end: number,
): { readonly of: readonly number[]; readonly count: number } {
  const freeAt: number[] = []
  const of = entries.map((entry) => {
    const free = freeAt.findIndex((at) => at <= entry.start)
    const lane = free === -1 ? Math.min(freeAt.length, maxLanes - 1) : free
    freeAt[lane] = Math.max(entry.end ?? end, entry.start + 0.5)
    return lane
  })
  return { of, count: freeAt.length }
}
