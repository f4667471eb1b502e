import { unref } from '../../platform/turns.ts'
import { CodecellError } from '../../errors.ts'
import type { Barrier } from '../../storage/session-store.ts'
import { effectiveYieldTimeMs } from '../../protocol/yield-time.ts'
import type { CellOutcome } from '../api/outcome.ts'
import type { ObserveOptions } from '../api/session-options.ts'
import { afterBarrier } from '../common/after-barrier.ts'
import { maxDelayMs } from '../common/timing.ts'

/** Default duration of an observation in milliseconds. */
const defaultYieldTimeMs = 10_000

/** The options of an observation with their defaults; see {@link ObserveOptions}. */
export type Observation = {
  readonly yieldTimeMs: number
  /** The id of the request; null when repeated requests are not supported. */
  readonly requestId: string | null
  readonly signal: AbortSignal | null
  readonly preempt: AbortSignal | null
}

/**
 * Returns the options of an observation with their defaults.
 *
 * @throws {CodecellError} `INVALID_OPTION` when the yield time is not a non-negative number.
 */
export function observation({
  yieldTimeMs = defaultYieldTimeMs,
  signal,
  preempt,
  requestId,
}: ObserveOptions): Observation {
  if (!(yieldTimeMs >= 0)) {
    throw new CodecellError('INVALID_OPTION', `Cannot observe for ${yieldTimeMs} ms: expected a non-negative number`, {
      details: { option: 'yieldTimeMs', value: yieldTimeMs, expected: 'a non-negative number' },
    })
  }
  return { yieldTimeMs, requestId: requestId ?? null, signal: signal ?? null, preempt: preempt ?? null }
}

/** Maximum delay of a yield time by the start of a program, in milliseconds. */
const maxStartMs = 4000

/** Handlers of an observer: its yield time has passed, or its caller wants a response at once. */
export type ObserverListener = { readonly onDue: () => void; readonly onPreempted: () => void }

/** The slot for the observer of a cell. Yield times run from the start of the program, but at most four seconds later than requested. */
export class ObserverSlot {
  readonly #maxYieldTimeMs: number | null
  readonly #listener: ObserverListener
  #observer: Observer | null = null
  #start: 'expected' | 'done' = 'expected'
  #startTimer: NodeJS.Timeout | null = null

  constructor(maxYieldTimeMs: number | null, listener: ObserverListener) {
    this.#maxYieldTimeMs = maxYieldTimeMs
    this.#listener = listener
  }

  /** The observer that waits for a response. */
  get observer(): Observer | null {
    return this.#observer?.isResponding === true ? null : this.#observer
  }

  /** Whether there is an observer: it waits for a response, or its response waits at a barrier. */
  get isTaken(): boolean {
    return this.#observer !== null
  }

  /** Adds the observer of a running cell. The slot must be free. */
  observe(observed: Observation): Observer {
    const observer = new Observer(observed, {
      ...this.#listener,
      onOver: () => {
        if (this.#observer === observer) this.#observer = null
      },
    })
    this.#observer = observer
    if (this.#start === 'done') observer.arm(this.#maxYieldTimeMs)
    return observer
  }

  /** Removes and returns the observer that waits for a response. */
  release(): Observer | null {
    const { observer } = this
    if (observer !== null) this.#observer = null
    return observer
  }

  /** Waits for the start of the program, for at most four seconds. */
  expectStart(): void {
    this.#startTimer = setTimeout(() => this.started(), maxStartMs)
    unref(this.#startTimer)
  }

  /** Handles the start of the program: yield times run from here. */
  started(): void {
    if (this.#startTimer !== null) clearTimeout(this.#startTimer)
    this.#startTimer = null
    this.#start = 'done'
    this.#observer?.arm(this.#maxYieldTimeMs)
  }
}

type ObserverEvents = ObserverListener & { readonly onOver: () => void }

/** Handlers of a response that waits at a barrier. Exactly one of them is called. */
export type DeliveryHandlers = {
  /** Called before the observer receives the response. */
  readonly onDelivered: () => void
  /** Called when the barrier rejects or the observer is abandoned. The observer does not receive the response. */
  readonly onUndelivered: () => void
}

/** A caller that waits for the next response of a cell. */
export class Observer {
  readonly response: Promise<CellOutcome>
  readonly startedAt: number = performance.now()
  readonly requestId: string | null
  readonly #settle: (outcome: CellOutcome) => void
  readonly #reject: (reason: unknown) => void
  readonly #observation: Observation
  readonly #events: ObserverEvents
  #isOver = false
  #onUndelivered: (() => void) | null = null
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
    if (preempt?.aborted === true) queueMicrotask(this.#preempt)
    else preempt?.addEventListener('abort', this.#preempt)
  }

  readonly #abandon = (): void => {
    if (this.#isOver) return
    this.fail(this.#observation.signal?.reason)
  }

  readonly #preempt = (): void => {
    if (!this.#isOver) this.#events.onPreempted()
  }

  #due(): void {
    if (!this.#isOver) this.#events.onDue()
  }

  /** Starts the yield time. */
  arm(maxYieldTimeMs: number | null): void {
    if (this.#timer !== null || this.#isOver) return
    const { yieldTimeMs } = this.#observation
    const delay = Math.min(effectiveYieldTimeMs(maxYieldTimeMs, yieldTimeMs), maxDelayMs)
    this.#timer = setTimeout(() => this.#due(), delay)
  }

  /** Whether the response waits at a barrier. */
  get isResponding(): boolean {
    return this.#onUndelivered !== null
  }

  respond(outcome: CellOutcome): void {
    this.#close()
    this.#settle(outcome)
  }

  /** Responds at the barrier, in the same turn if everything is on record. */
  respondAt(barrier: Barrier, outcome: CellOutcome, { onDelivered, onUndelivered }: DeliveryHandlers): void {
    if (barrier !== null) this.#onUndelivered = onUndelivered
    const onRecord = (): void => {
      if (this.#isOver) return
      this.#close()
      onDelivered()
      this.#settle(outcome)
    }
    afterBarrier(barrier, onRecord, (error) => this.fail(error))
  }

  fail(error: unknown): void {
    if (this.#isOver) return
    this.#close()
    this.#onUndelivered?.()
    this.#reject(error)
  }

  #close(): void {
    const { signal, preempt } = this.#observation
    this.#isOver = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    // Removed explicitly: the `signal` option of `addEventListener` is held weakly in Node, and can be garbage collected.
    signal?.removeEventListener('abort', this.#abandon)
    preempt?.removeEventListener('abort', this.#preempt)
    this.#events.onOver()
  }
}
