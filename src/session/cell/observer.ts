import { CodecellError } from '../../errors.ts'
import { effectiveYieldTimeMs } from '../../protocol/yield-time.ts'
import type { CellOutcome } from '../api/outcome.ts'
import type { ObserveOptions } from '../api/session-options.ts'
import { maxDelayMs } from '../timing.ts'

/** How long an observation lasts by default, in milliseconds. */
const defaultYieldTimeMs = 10_000

/** An observation of a cell; see `ObserveOptions`. */
export type Observation = {
  readonly yieldTimeMs: number
  /** Under which the response is remembered; null: it is not. */
  readonly requestId: string | null
  readonly signal: AbortSignal | null
  readonly preempt: AbortSignal | null
}

/** Fills in the defaults of an observation. Throws `INVALID_OPTION`. */
export function observation({
  yieldTimeMs = defaultYieldTimeMs,
  signal,
  preempt,
  requestId,
}: ObserveOptions): Observation {
  if (!(yieldTimeMs >= 0)) {
    throw new CodecellError('INVALID_OPTION', `Cannot observe for ${yieldTimeMs} ms: expected a non-negative number`, {
      details: { option: 'yieldTimeMs', value: yieldTimeMs, expected: 'a number from 0 on' },
    })
  }
  return { yieldTimeMs, requestId: requestId ?? null, signal: signal ?? null, preempt: preempt ?? null }
}

/** How long the start of a program may keep a yield time from running, in milliseconds. */
const maxStartMs = 1000

/** The observer of a cell, at most one at a time. Yield times run from the start of the program, which may take a second at most. */
export class ObserverSlot {
  readonly #maxYieldTimeMs: number | null
  readonly #onDue: () => void
  #observer: Observer | null = null
  #start: 'expected' | 'done' = 'expected'
  #startTimer: NodeJS.Timeout | null = null

  /** `onDue` is called when the observer must get a response: its yield time has passed, or it was preempted. */
  constructor(maxYieldTimeMs: number | null, onDue: () => void) {
    this.#maxYieldTimeMs = maxYieldTimeMs
    this.#onDue = onDue
  }

  get observer(): Observer | null {
    return this.#observer
  }

  /** Puts an observer of a running cell into the slot, which must be free. */
  observe(observed: Observation): Observer {
    const observer = new Observer(observed, {
      onDue: this.#onDue,
      onAbandoned: () => (this.#observer = null),
    })
    this.#observer = observer
    if (this.#start === 'done') observer.arm(this.#maxYieldTimeMs)
    return observer
  }

  /** Takes the observer out of the slot, to respond to it. */
  release(): Observer | null {
    const observer = this.#observer
    this.#observer = null
    return observer
  }

  /** Waits for the start of the program, but not longer than a second. */
  expectStart(): void {
    this.#startTimer = setTimeout(() => this.started(), maxStartMs)
    this.#startTimer.unref()
  }

  /** Lets yield times run. */
  started(): void {
    if (this.#startTimer !== null) clearTimeout(this.#startTimer)
    this.#startTimer = null
    this.#start = 'done'
    this.#observer?.arm(this.#maxYieldTimeMs)
  }
}

type ObserverEvents = { readonly onDue: () => void; readonly onAbandoned: () => void }

/** A caller that waits for the next response of a cell, until its yield time has passed or it aborts. */
export class Observer {
  readonly response: Promise<CellOutcome>
  readonly startedAt: number = performance.now()
  readonly requestId: string | null
  readonly #settle: (outcome: CellOutcome) => void
  readonly #reject: (reason: unknown) => void
  readonly #observation: Observation
  readonly #events: ObserverEvents
  #isOver = false
  #timer: NodeJS.Timeout | null = null

  constructor(observed: Observation, events: ObserverEvents) {
    this.#observation = observed
    this.#events = events
    this.requestId = observed.requestId
    const { promise, resolve, reject } = Promise.withResolvers<CellOutcome>()
    this.response = promise
    this.#settle = resolve
    this.#reject = reject
    this.#listen()
  }

  #listen(): void {
    const { signal, preempt } = this.#observation
    if (signal?.aborted === true) queueMicrotask(this.#abandon)
    else signal?.addEventListener('abort', this.#abandon)
    if (preempt?.aborted === true) queueMicrotask(this.#due)
    else preempt?.addEventListener('abort', this.#due)
  }

  readonly #abandon = (): void => {
    if (this.#isOver) return
    this.#close()
    this.#events.onAbandoned()
    this.#reject(this.#observation.signal?.reason)
  }

  readonly #due = (): void => {
    if (!this.#isOver) this.#events.onDue()
  }

  /** Starts the yield time. */
  arm(maxYieldTimeMs: number | null): void {
    if (this.#timer !== null || this.#isOver) return
    const { yieldTimeMs } = this.#observation
    const delay = Math.min(effectiveYieldTimeMs(maxYieldTimeMs, yieldTimeMs), maxDelayMs)
    this.#timer = setTimeout(this.#due, delay)
  }

  respond(outcome: CellOutcome): void {
    this.#close()
    this.#settle(outcome)
  }

  fail(error: unknown): void {
    this.#close()
    this.#reject(error)
  }

  #close(): void {
    const { signal, preempt } = this.#observation
    this.#isOver = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    // Removed by name: the option `signal` of `addEventListener` is weak in Node, and lost after a garbage collection.
    signal?.removeEventListener('abort', this.#abandon)
    preempt?.removeEventListener('abort', this.#due)
  }
}
