import type { SourceLocation } from '../events/session-event.ts'
import type { CellEvent } from '../protocol/event.ts'
import type { RecordedEvent } from './recorded-cell.ts'

/** An action of a cell: an event, or the read of a retained output that was not recorded. */
export type CellStep = CellEvent | { readonly type: 'output_wanted'; readonly output: number }

/** The first difference between a run and its log; null: no further event. */
export type Difference = {
  /** The number of the event in its run, from 1. */
  readonly event: number
  readonly recorded: CellStep | null
  readonly now: CellStep | null
  /** The locations of both events in the source. */
  readonly recordedLocation: SourceLocation | null
  readonly location: SourceLocation | null
}

export type RunVerdict =
  | { readonly type: 'same' }
  | { readonly type: 'differs'; readonly difference: Difference }
  | { readonly type: 'stopped'; readonly reason: string }

/** Compares the events of a run with the recorded ones. Null: not decided yet. */
export class RunComparison {
  readonly #recorded: readonly RecordedEvent[]
  #count = 0

  constructor(recorded: readonly RecordedEvent[]) {
    this.#recorded = recorded
  }

  /** The number of equal events. */
  get count(): number {
    return this.#count
  }

  /** Whether all recorded events have been compared: a cut log, or that of a terminated cell, ends anywhere. */
  get isComplete(): boolean {
    return this.#count === this.#recorded.length
  }

  next(event: CellEvent, location: SourceLocation | null): RunVerdict | null {
    const recorded = this.#recorded[this.#count]
    if (recorded === undefined) return { type: 'same' }
    if (JSON.stringify(event) === JSON.stringify(recorded.event)) {
      this.#count++
      return this.isComplete ? { type: 'same' } : null
    }
    if (isFromOutside(recorded.event)) return { type: 'same' }
    if (event.type === 'failed' && isFromOutside(event)) return { type: 'stopped', reason: event.body }
    return this.differs(event, location)
  }

  /** Decides after all commands have been handled, when no further event follows. */
  atRest(): RunVerdict | null {
    const recorded = this.#recorded[this.#count]
    if (recorded === undefined || isFromOutside(recorded.event)) return { type: 'same' }
    return this.differs(null, null)
  }

  differs(now: CellStep | null, location: SourceLocation | null): RunVerdict {
    const recorded = this.#recorded[this.#count]
    const difference: Difference = {
      event: this.#count + 1,
      recorded: recorded?.event ?? null,
      now,
      recordedLocation: recorded?.location ?? null,
      location,
    }
    return { type: 'differs', difference }
  }
}

/** The beginnings of error texts of failures outside the program. */
const outsideTexts = [
  'exec runtime ended unexpectedly',
  'failed to initialize code mode runtime',
  'the replay of the program diverged',
  // Older bundles contain this text for the same failure.
  'the program did not take the same way',
]

/** Returns whether an end is caused from outside: a limit on time, memory or unread output, or a host crash. */
function isFromOutside(event: CellEvent): boolean {
  if (event.type !== 'failed') return false
  if (event.limit !== null) return event.limit !== 'events'
  return outsideTexts.some((text) => event.body.startsWith(text))
}
