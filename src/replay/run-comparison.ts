import type { SourceLocation } from '../events/session-event.ts'
import type { CellEvent } from '../protocol/event.ts'
import type { RecordedEvent } from './recorded-cell.ts'

/** What a cell does: an event, or the wish for a kept output that is not on record. */
export type CellStep = CellEvent | { readonly type: 'output_wanted'; readonly output: number }

/** Where a run takes another way than its record; null: nothing more came. */
export type Difference = {
  /** Counted from 1, in its run. */
  readonly event: number
  readonly recorded: CellStep | null
  readonly now: CellStep | null
  /** Where in the source the event on record came from, and the one that came now. */
  readonly recordedPlace: SourceLocation | null
  readonly place: SourceLocation | null
}

export type RunVerdict =
  | { readonly type: 'same' }
  | { readonly type: 'differs'; readonly difference: Difference }
  | { readonly type: 'stopped'; readonly reason: string }

/** Holds the events of a run against those on record, one by one. Null: it is not decided yet. */
export class RunComparison {
  readonly #recorded: readonly RecordedEvent[]
  #count = 0

  constructor(recorded: readonly RecordedEvent[]) {
    this.#recorded = recorded
  }

  /** Events that were the same so far. */
  get count(): number {
    return this.#count
  }

  /** Whether there is nothing to wait for: a record that was cut, or a cell that was terminated, ends somewhere. */
  get isComplete(): boolean {
    return this.#count === this.#recorded.length
  }

  next(event: CellEvent, place: SourceLocation | null): RunVerdict | null {
    const recorded = this.#recorded[this.#count]
    if (recorded === undefined) return { type: 'same' }
    if (JSON.stringify(event) === JSON.stringify(recorded.event)) {
      this.#count++
      return this.isComplete ? { type: 'same' } : null
    }
    if (isFromOutside(recorded.event)) return { type: 'same' }
    if (event.type === 'failed' && isFromOutside(event)) return { type: 'stopped', reason: event.body }
    return this.differs(event, place)
  }

  /** All commands have been handled: nothing more comes. */
  atRest(): RunVerdict | null {
    const recorded = this.#recorded[this.#count]
    if (recorded === undefined || isFromOutside(recorded.event)) return { type: 'same' }
    return this.differs(null, null)
  }

  differs(now: CellStep | null, place: SourceLocation | null): RunVerdict {
    const recorded = this.#recorded[this.#count]
    const difference: Difference = {
      event: this.#count + 1,
      recorded: recorded?.event ?? null,
      now,
      recordedPlace: recorded?.place ?? null,
      place,
    }
    return { type: 'differs', difference }
  }
}

/** Ends that a session makes when something outside the program goes wrong, by how their texts begin. */
const outsideTexts = [
  'exec runtime ended unexpectedly',
  'failed to initialize code mode runtime',
  'the program did not take the same way',
]

/** An end that the program and its commands do not decide: a limit on time, memory or output that nobody took, or a host that died. */
function isFromOutside(event: CellEvent): boolean {
  if (event.type !== 'failed') return false
  if (event.limit !== null) return event.limit !== 'events'
  return outsideTexts.some((text) => event.body.startsWith(text))
}
