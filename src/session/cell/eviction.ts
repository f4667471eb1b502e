import { CodecellError } from '../../errors.ts'
import { maxDelayMs } from '../timing.ts'

const defaultEvictAfterMs = 60_000

/** A cell waits this many times as long as it has worked before it is evicted, so that its replay is cheap in comparison. */
const minIdlePerWork = 20

/** The time after which cells are evicted, in milliseconds, with the default filled in. Throws `INVALID_OPTION`. */
export function evictAfterMsOf(given: number = defaultEvictAfterMs): number {
  if (Number.isSafeInteger(given) && given >= 0) return given
  throw new CodecellError('INVALID_OPTION', `Cannot set evictAfterMs to ${given}: expected a non-negative integer`, {
    details: { option: 'evictAfterMs', value: given, expected: 'an integer from 0 on' },
  })
}

/**
 * Measures how long a run of a cell (its first, or a replay) has worked, and for how long it has been waiting; tells when that is
 * long enough. The run begins now.
 */
export class EvictionClock {
  readonly #evictAfterMs: number
  readonly #isDue: () => void
  #workedMs = 0
  #workingSince = performance.now()
  #idleSince: number | null = null
  #alarm: NodeJS.Timeout | null = null

  constructor(evictAfterMs: number, isDue: () => void) {
    this.#evictAfterMs = evictAfterMs
    this.#isDue = isDue
  }

  /** When the cell began to wait, by `performance.now()`; null while it works. */
  get idleSince(): number | null {
    return this.#idleSince
  }

  /** The cell has been given something to do. */
  onWork(): void {
    if (this.#idleSince === null) return
    this.#idleSince = null
    this.#workingSince = performance.now()
  }

  /** The cell has handled everything. */
  onIdle(): void {
    if (this.#idleSince !== null) return
    this.#idleSince = performance.now()
    this.#workedMs += this.#idleSince - this.#workingSince
    this.#arm(this.#leftMs(this.#idleSince))
  }

  /** Stops the clock: the cell has lost its isolate. */
  stop(): void {
    this.#idleSince = null
    if (this.#alarm !== null) clearTimeout(this.#alarm)
    this.#alarm = null
  }

  #leftMs(idleSince: number): number {
    return idleSince + Math.max(this.#evictAfterMs, minIdlePerWork * this.#workedMs) - performance.now()
  }

  /** One that runs already is left alone: cells work and rest far more often than they are evicted. */
  #arm(delayMs: number): void {
    if (this.#alarm !== null) return
    this.#alarm = setTimeout(() => this.#ring(), Math.min(Math.ceil(delayMs), maxDelayMs))
    this.#alarm.unref()
  }

  #ring(): void {
    this.#alarm = null
    if (this.#idleSince === null) return
    const left = this.#leftMs(this.#idleSince)
    // An alarm may ring a fraction of a millisecond early.
    if (left < 1) this.#isDue()
    else this.#arm(left)
  }
}
