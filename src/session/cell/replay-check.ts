import type { CellEvent } from '../../protocol/event.ts'
import type { EventFingerprints, FingerprintedEvent } from '../../storage/event-fingerprints.ts'

/** What an event of a run is. `fresh`: not seen before. `repeated`: pass over it. `differs`: the replay went wrong. */
export type ReplayStep =
  | { readonly type: 'fresh' }
  | { readonly type: 'repeated' }
  | { readonly type: 'differs'; readonly what: string }

const fresh: ReplayStep = { type: 'fresh' }
const repeated: ReplayStep = { type: 'repeated' }

/**
 * Holds every event of a replay against the run before, also against that of an earlier process. What this process has seen is
 * passed over; the first event that is another one stops the replay before anything of it counts.
 */
export class ReplayCheck {
  readonly #prints: EventFingerprints
  /** Events that this process has seen, each counted once. */
  #seen = 0
  #replayed = 0
  #hasStarted = false

  constructor(prints: EventFingerprints) {
    this.#prints = prints
  }

  check(event: CellEvent): ReplayStep {
    if (event.type === 'started') return this.#start()
    // A source that does not compile has emitted nothing else. A limit of time or memory depends on the machine.
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
      if (difference !== null) return { type: 'differs', what: `event ${index + 1} ${difference}` }
    }
    if (index < this.#seen) return repeated
    this.#seen = this.#replayed
    return fresh
  }

  /** Events that were emitted so far, each counted once. */
  get length(): number {
    return this.#seen
  }

  /** Which event of the run before is missing, in words; null: none is. */
  get missing(): string | null {
    if (this.#replayed >= this.#prints.count) return null
    return `event ${this.#replayed + 1}, which was ${this.#prints.nameOf(this.#replayed)}, did not come`
  }

  /** The cell runs again from its start. */
  rewind(): void {
    this.#replayed = 0
  }
}
