import type { EntryReader } from '../timeline/entry-reader.ts'
import type { TimelineEntry } from '../timeline/timeline-entry.ts'
import type { Paint } from './colors.ts'
import { duration } from './times.ts'

/** The options and data for all lines. */
export type ShowContext = {
  readonly paint: Paint
  readonly width: number
  readonly isWhole: boolean
  readonly reader: EntryReader
  readonly children: ReadonlyMap<string, readonly TimelineEntry[]>
  readonly startedAt: number
}

/** Returns the time from an earlier beginning to that of an entry. */
export function offset(entry: { readonly start: number }, from: number): string {
  return `+${duration(Math.max(0, entry.start - from))}`.padStart(9)
}
