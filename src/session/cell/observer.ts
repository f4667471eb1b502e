import { effectiveYieldTimeMs } from '../../protocol/yield-time.ts'
import type { CellOutcome } from '../api/outcome.ts'
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
  readonly response: Promise<CellOutcome>
  readonly startedAt: number = performance.now()
  readonly requestId: string | null
  readonly #settle: (outcome: CellOutcome) => void
  readonly #reject: (reason: unknown) => void
  readonly #options: ObserverOptions
  #isOver = false
  #timer: NodeJS.Timeout | null = null

  constructor(options: ObserverOptions) {
    this.#options = options
    this.requestId = options.requestId
    const { promise, resolve, reject } = Promise.withResolvers<CellOutcome>()
    this.response = promise
    this.#settle = resolve
    this.#reject = reject
    this.#follow()
  }

  #follow(): void {
    const { signal, preempt } = this.#options
    if (signal?.aborted === true) queueMicrotask(this.#abandon)
    else signal?.addEventListener('abort', this.#abandon)
    if (preempt?.aborted === true) queueMicrotask(this.#due)
    else preempt?.addEventListener('abort', this.#due)
  }

  readonly #abandon = (): void => {
    if (this.#isOver) return
    this.#close()
    this.#options.onAbandoned()
    this.#reject(this.#options.signal?.reason)
  }

  readonly #due = (): void => {
    if (!this.#isOver) this.#options.onDue()
  }

  /** The yield time begins to run (contract L3, A6). */
  arm(): void {
    if (this.#timer !== null || this.#isOver) return
    const { yieldTimeMs, maxYieldTimeMs } = this.#options
    const delay = Math.min(effectiveYieldTimeMs(maxYieldTimeMs, yieldTimeMs), longestDelayMs)
    this.#timer = setTimeout(this.#due, delay)
  }

  answer(outcome: CellOutcome): void {
    this.#close()
    this.#settle(outcome)
  }

  fail(error: unknown): void {
    this.#close()
    this.#reject(error)
  }

  #close(): void {
    const { signal, preempt } = this.#options
    this.#isOver = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    // Taken off by name: the option `signal` of `addEventListener` does so weakly in Node, and not at all after a collection.
    signal?.removeEventListener('abort', this.#abandon)
    preempt?.removeEventListener('abort', this.#due)
  }
}
