import { effectiveYieldTimeMs } from '../protocol/yield-time.ts'
import type { Outcome } from './outcome.ts'
import { longestDelayMs } from './longest-delay.ts'

/** What somebody wants who observes a cell; see `ObserveOptions`. */
export type Observation = {
  readonly yieldTimeMs: number
  /** Under which the answer is remembered; null: it is not. */
  readonly requestId: string | null
  readonly signal: AbortSignal | null
  readonly preempt: AbortSignal | null
}

export type ObserverOptions = Observation & {
  readonly maxYieldTimeMs: number | null
  /** The observer wants its answer now. */
  readonly onDue: () => void
  /** The observer's caller went away. */
  readonly onAbandoned: () => void
}

/** Someone who waits for the next response of a cell: until it comes, the time is over, or they lose interest. */
export class Observer {
  readonly response: Promise<Outcome>
  readonly startedAt: number = performance.now()
  readonly requestId: string | null
  readonly #settle: (outcome: Outcome) => void
  readonly #reject: (reason: unknown) => void
  readonly #options: ObserverOptions
  readonly #listeners = new AbortController()
  #timer: NodeJS.Timeout | null = null

  constructor(options: ObserverOptions) {
    this.#options = options
    this.requestId = options.requestId
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>()
    this.response = promise
    this.#settle = resolve
    this.#reject = reject
    this.#follow()
  }

  #follow(): void {
    const { signal, preempt, onDue, onAbandoned } = this.#options
    const once = { once: true, signal: this.#listeners.signal }
    const abandon = (): void => {
      this.#close()
      onAbandoned()
      this.#reject(signal?.reason)
    }
    if (signal?.aborted === true) queueMicrotask(abandon)
    else signal?.addEventListener('abort', abandon, once)
    if (preempt?.aborted === true) queueMicrotask(onDue)
    else preempt?.addEventListener('abort', onDue, once)
  }

  /** The yield time begins to run (contract L3, A6). */
  arm(): void {
    if (this.#timer !== null || this.#listeners.signal.aborted) return
    const { yieldTimeMs, maxYieldTimeMs, onDue } = this.#options
    const delay = Math.min(effectiveYieldTimeMs(maxYieldTimeMs, yieldTimeMs), longestDelayMs)
    this.#timer = setTimeout(onDue, delay)
  }

  answer(outcome: Outcome): void {
    this.#close()
    this.#settle(outcome)
  }

  fail(error: unknown): void {
    this.#close()
    this.#reject(error)
  }

  #close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#listeners.abort()
  }
}
