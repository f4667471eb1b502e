/** A time of the store, and the monotonic time of this machine at which it was read. */
type Sample = { readonly store: number; readonly monotonic: number }

/** Minimum difference that counts as a change of the clock of the store, besides the duration of the request, in milliseconds. */
const minStepMs = 2

/**
 * The clock of the store, as the clock of this machine estimates it. It advances with the monotonic clock between two requests, so
 * the wall clock of this machine has no effect on it.
 */
export class StoreClock {
  #sample: Sample | null = null

  /** Sets the clock. The store read `store` at some time between `sentAt` and `receivedAt`, by the monotonic clock of this machine. */
  set(store: number, sentAt: number, receivedAt: number): void {
    const sample = { store, monotonic: (sentAt + receivedAt) / 2 }
    const maxErrorMs = (receivedAt - sentAt) / 2 + minStepMs
    // A reading that agrees with the present estimate does not improve it.
    if (this.#sample !== null && Math.abs(this.timeAt(sample.monotonic) - store) <= maxErrorMs) return
    this.#sample = sample
  }

  /** Returns the time of the store at a monotonic time of this machine; before the first request, that of this machine. */
  timeAt(monotonic: number): number {
    const { store, monotonic: at } = this.#sample ?? { store: Date.now(), monotonic: performance.now() }
    return store + monotonic - at
  }
}
