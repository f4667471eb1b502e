import { settledWithin } from '../session/common/timing.ts'

/** The calls of a client that have no response yet. */
export class CallsInProgress {
  readonly #calls = new Set<Promise<unknown>>()

  /** Counts a call until it settles. */
  async track<Value>(call: Promise<Value>): Promise<Value> {
    this.#calls.add(call)
    try {
      return await call
    } finally {
      this.#calls.delete(call)
    }
  }

  /** Waits until no call is in progress, also none that starts in between, for at most `ms` milliseconds. */
  async ended(ms: number): Promise<void> {
    const endAt = performance.now() + ms
    for (let left = ms; this.#calls.size > 0 && left > 0; left = endAt - performance.now()) {
      await settledWithin([...this.#calls], left)
    }
  }
}
