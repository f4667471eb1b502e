import type { TracePayloads } from '../reducer/reducer-state.ts'
import type { TraceStep } from '../timeline/timeline-entry.ts'
import type { Paint } from './colors.ts'
import { duration } from './times.ts'

/** What the lines of all steps are made with. */
export type ShowContext = {
  readonly paint: Paint
  readonly width: number
  readonly isWhole: boolean
  readonly payloads: TracePayloads
  readonly children: ReadonlyMap<string, readonly TraceStep[]>
  readonly startedAt: number
}

/** When a step began, counted from something that began before it. */
export function offset(step: { readonly start: number }, from: number): string {
  return `+${duration(Math.max(0, step.start - from))}`.padStart(9)
}
