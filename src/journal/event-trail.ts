import type { CellEvent } from '../protocol/event.ts'

/**
 * Remembers how many events a cell has emitted and a fingerprint of them, so that a replay can be told from the original:
 * the events that were seen already are passed over, and a replay that takes another way is noticed.
 */
export class EventTrail {
  #seen = 0
  #print = 0
  #replayed = 0
  #replayPrint = 0

  /** The next event of a run. `fresh`: not seen before. `repeated`: pass over it. `diverged`: the replay went wrong. */
  follow(event: CellEvent): 'fresh' | 'repeated' | 'diverged' {
    this.#replayPrint = mix(this.#replayPrint, event)
    this.#replayed++
    if (this.#replayed <= this.#seen) {
      return this.#replayed < this.#seen || this.#replayPrint === this.#print ? 'repeated' : 'diverged'
    }
    this.#seen = this.#replayed
    this.#print = this.#replayPrint
    return 'fresh'
  }

  /** Events that were emitted so far, each counted once. */
  get length(): number {
    return this.#seen
  }

  /** Events of the run before are missing. */
  get isBehind(): boolean {
    return this.#replayed < this.#seen
  }

  /** The cell runs again from its start. */
  rewind(): void {
    this.#replayed = 0
    this.#replayPrint = 0
  }
}

function mix(print: number, event: CellEvent): number {
  const id = 'id' in event ? event.id : 0
  const body = 'body' in event ? event.body.length : 0
  let hash = print
  for (const part of [event.type.length, event.type.charCodeAt(0), id, body]) hash = Math.imul(hash ^ part, 0x01000193)
  return hash
}
