import type { TracePayloads } from '../reducer/reducer-state.ts'
import type { TimelineEntry } from '../timeline/timeline-entry.ts'
import type { Paint } from './colors.ts'
import { duration } from './times.ts'

/** What the lines of all entries are made with. */
export type ShowContext = {
  readonly paint: Paint
  readonly width: number
  readonly isWhole: boolean
  readonly payloads: TracePayloads
  readonly children: ReadonlyMap<string, readonly TimelineEntry[]>
  readonly startedAt: number
}

/** When a entry began, counted from something that began before it. */
export function offset(entry: { readonly start: number }, from: number): string {
  return `+${duration(Math.max(0, entry.start - from))}`.padStart(9)
}
