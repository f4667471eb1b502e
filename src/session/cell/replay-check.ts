import type { CellEvent } from '../../protocol/event.ts'
import type { EventFingerprints, FingerprintedEvent } from '../../storage/event-fingerprints.ts'

/** The verdict on an event. `fresh`: process it. `repeated`: skip it. `differs`: the replay diverged from the recorded run. */
export type ReplayStep =
  | { readonly type: 'fresh' }
  | { readonly type: 'repeated' }
  | { readonly type: 'differs'; readonly difference: string }

const fresh: ReplayStep = { type: 'fresh' }
const repeated: ReplayStep = { type: 'repeated' }

/**
 * Compares each event of a replay with the recorded run, including runs of earlier processes. Events that this process has seen are
 * skipped. An event that differs stops the replay before it has an effect.
 */
export class ReplayCheck {
  readonly #prints: EventFingerprints
  /** The number of distinct events that this process has seen. */
  #seen = 0
  #replayed = 0
  #hasStarted = false

  constructor(prints: EventFingerprints) {
    this.#prints = prints
  }

  check(event: CellEvent): ReplayStep {
    if (event.type === 'started') return this.#start()
    // A rejected source has emitted no other event. Time and memory limits depend on the machine.
    if (event.type === 'rejected' || (event.type === 'failed' && event.limit !== null)) return fresh
    return this.#compare(event)
  }

  #start(): ReplayStep {
    if (this.#hasStarted) return repeated
    this.#hasStarted = true
    return fresh
  }

  #compare(event: FingerprintedEvent): ReplayStep {
    const index = this.#replayed++
    if (index >= this.#prints.count) this.#prints.add(event)
    else {
      const difference = this.#prints.differenceAt(index, event)
      if (difference !== null) return { type: 'differs', difference: `event ${index + 1} ${difference}` }
    }
    if (index < this.#seen) return repeated
    this.#seen = this.#replayed
    return fresh
  }

  /** The number of events of the current run, with those before it. */
  get position(): number {
    return this.#replayed
  }

  /** The number of distinct events so far. */
  get length(): number {
    return this.#seen
  }

  /** A description of the next event that the replay lacks; null when it is complete. */
  get missing(): string | null {
    if (this.#replayed >= this.#prints.count) return null
    return `event ${this.#replayed + 1}, which was ${this.#prints.nameOf(this.#replayed)}, is missing`
  }

  /** Whether this process knows all recorded events, and the current run has emitted them. */
  get isComplete(): boolean {
    return this.#replayed === this.#seen && this.#seen === this.#prints.count
  }

  /** Continues after the first `events` events, which this process knows from a snapshot. */
  restore(events: number): void {
    this.#seen = events
    this.#replayed = events
  }

  /** Prepares for another run that begins after `events` events. */
  rewind(events: number): void {
    this.#replayed = events
  }
}
