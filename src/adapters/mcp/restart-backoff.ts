/** Maximum time between two attempts to start a server, in milliseconds. */
const maxDelayMs = 60_000

/** Maximum time that a server can delay an attempt with `retry-after`, in milliseconds. */
const maxRetryAfterMs = 600_000

/** The time after which a server that runs counts as healthy, in milliseconds. */
const healthyMs = 60_000

/** Maximum time until an attempt that a call waits for, in milliseconds. */
const maxCallDelayMs = 5000

/** The times of the attempts to start a server again. They never end, and double up to a minute. */
export class RestartBackoff {
  readonly #firstMs: number
  #attempts = 0
  #readyAt = 0
  #lostAt = 0
  /** The timestamp before which the server refuses attempts. */
  #refusesUntil = 0

  constructor(firstMs: number) {
    this.#firstMs = firstMs
  }

  onReady(): void {
    this.#readyAt = Date.now()
  }

  /**
   * Returns the timestamp of the next attempt. A server that was healthy starts from the shortest delay. `retryAfterMs` is the time
   * that the server demands.
   */
  nextAttemptAt(retryAfterMs = 0): number {
    this.#lostAt = Date.now()
    const wasHealthy = this.#readyAt !== 0 && this.#lostAt - this.#readyAt >= healthyMs
    if (wasHealthy) this.#attempts = 0
    this.#readyAt = 0
    this.#refusesUntil = this.#lostAt + Math.min(retryAfterMs, maxRetryAfterMs)
    const delay = Math.min(this.#firstMs * 2 ** Math.min(this.#attempts++, 30), maxDelayMs)
    return Math.max(this.#lostAt + delay, this.#refusesUntil)
  }

  /** Returns the timestamp of an attempt that a call waits for. */
  hastened(nextAttemptAt: number): number {
    return Math.max(this.#refusesUntil, Math.min(nextAttemptAt, this.#lostAt + maxCallDelayMs))
  }
}
