/** A limit of time that waits for the endpoint do not use up. */
export class TimeLimit implements Disposable {
  readonly #controller = new AbortController()
  readonly #maxMs: number
  #usedMs = 0
  #startedAt = performance.now()
  #waits = 0
  #timer: NodeJS.Timeout | null = null

  constructor(maxMs: number) {
    this.#maxMs = maxMs
    this.#start()
  }

  /** Aborts when the time is used up. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** The time so far without waits, in milliseconds. */
  get usedMs(): number {
    return this.#usedMs + (this.#waits > 0 ? 0 : performance.now() - this.#startedAt)
  }

  /** Stops or continues the time. */
  onWait(isWaiting: boolean): void {
    if (isWaiting) {
      this.#stop()
      this.#waits++
    } else if (--this.#waits === 0) this.#start()
  }

  #start(): void {
    this.#startedAt = performance.now()
    const leftMs = Math.max(0, this.#maxMs - this.#usedMs)
    this.#timer = setTimeout(() => this.#controller.abort(new TimeUsedUp()), leftMs)
  }

  #stop(): void {
    this.#usedMs = this.usedMs
    if (this.#timer !== null) clearTimeout(this.#timer)
  }

  [Symbol.dispose](): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
  }
}

/** The reason of the signal of a `TimeLimit`. */
export class TimeUsedUp extends Error {}
