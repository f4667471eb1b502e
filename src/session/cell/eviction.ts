import { unref } from '../../platform/turns.ts'
import { CodecellError } from '../../errors.ts'
import { maxDelayMs } from '../common/timing.ts'

const defaultEvictAfterMs = 60_000

/** Minimum ratio of the idle time to the work time of a run before an eviction. It keeps replays cheap compared to waiting. */
const minIdlePerWork = 20

/**
 * Returns the idle time after which cells are evicted, in milliseconds.
 *
 * @default 60_000
 * @throws {CodecellError} `INVALID_OPTION` when it is not a non-negative integer.
 */
export function evictAfterMsOf(value: number = defaultEvictAfterMs): number {
  if (Number.isSafeInteger(value) && value >= 0) return value
  throw new CodecellError('INVALID_OPTION', `Cannot set evictAfterMs to ${value}: expected a non-negative integer`, {
    details: { option: 'evictAfterMs', value, expected: 'a non-negative integer' },
  })
}

/**
 * The clock that decides when to evict a cell. It measures the work time and the idle time of one run, and starts with the run.
 */
export class EvictionClock {
  readonly #evictAfterMs: number
  readonly #onDue: () => void
  #workedMs = 0
  #workingSince = performance.now()
  #idleSince: number | null = null
  #timeout: NodeJS.Timeout | null = null

  constructor(evictAfterMs: number, onDue: () => void) {
    this.#evictAfterMs = evictAfterMs
    this.#onDue = onDue
  }

  /** The time of `performance.now()` at which the cell became idle; null while it works. */
  get idleSince(): number | null {
    return this.#idleSince
  }

  /** Handles new work of the cell. */
  onWork(): void {
    if (this.#idleSince === null) return
    this.#idleSince = null
    this.#workingSince = performance.now()
  }

  /** Handles the end of all work of the cell. */
  onIdle(): void {
    if (this.#idleSince !== null) return
    this.#idleSince = performance.now()
    this.#workedMs += this.#idleSince - this.#workingSince
    this.#arm(this.#leftMs(this.#idleSince))
  }

  /** Stops the clock when the cell loses its isolate. */
  stop(): void {
    this.#idleSince = null
    if (this.#timeout !== null) clearTimeout(this.#timeout)
    this.#timeout = null
  }

  #leftMs(idleSince: number): number {
    return idleSince + Math.max(this.#evictAfterMs, minIdlePerWork * this.#workedMs) - performance.now()
  }

  /** Starts the timeout, unless it is running. Resetting it at each change would cost more, because evictions are rare. */
  #arm(delayMs: number): void {
    if (this.#timeout !== null) return
    this.#timeout = setTimeout(() => this.#onTimeout(), Math.min(Math.ceil(delayMs), maxDelayMs))
    unref(this.#timeout)
  }

  #onTimeout(): void {
    this.#timeout = null
    if (this.#idleSince === null) return
    const left = this.#leftMs(this.#idleSince)
    // A timeout of Node can fire a fraction of a millisecond early.
    if (left < 1) this.#onDue()
    else this.#arm(left)
  }
}
