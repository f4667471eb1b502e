import type { TimerState } from '../../storage/snapshots/cell-state.ts'
import { maxDelayMs } from '../common/timing.ts'
import { currentTimestamp, type Timestamp } from '../common/timing.ts'

/**
 * A pending timer. The cell set it while it handled a command with at most the number `command`. On the clock of the cell it is due at
 * `at`, `delay` milliseconds after it was set.
 */
type Timer = { readonly id: number; readonly command: number; readonly at: number; readonly delay: number; due: number }

/** A timer as a cell sets it: due `delay` milliseconds after `time` on the clock of the cell. */
export type TimerSetting = { readonly id: number; readonly delay: number; readonly time: number }

/** Minimum change of the offset between the system clock and the monotonic clock that counts as a clock change, in milliseconds. */
const clockJumpMs = 2

/**
 * The timers of a cell. They live in the session, so they survive the host. Timers fire in order of due time, and in order of creation
 * when the due times are equal. The due time depends on the time that the cell reports, not on the arrival of the message. Therefore
 * the order does not depend on the speed of the machine or on the host. A timer does not fire before the command that set it is
 * handled, because an earlier timer can still arrive.
 */
export class CellTimers {
  readonly #fire: (id: number) => void
  readonly #timestamp: () => Timestamp
  /** The pending timers, sorted by due time. */
  readonly #timers: Timer[] = []
  /** The monotonic time at the system time 0. */
  #offset: number | null = null
  /** The time at which the newest timer was set, on the clock of the cell and on the monotonic clock. */
  #newest = { time: Number.NaN, steady: 0 }
  /** The number of commands that the cell has handled. */
  #handled = 0
  #timeout: NodeJS.Timeout | null = null
  #holds = 0
  /** The monotonic time at which the clock stopped; null while it runs. */
  #pausedAt: number | null = null

  constructor(fire: (id: number) => void, timestamp: () => Timestamp = currentTimestamp) {
    this.#fire = fire
    this.#timestamp = timestamp
  }

  /** The number of pending timers. */
  get size(): number {
    return this.#timers.length
  }

  /** Sets a timer of the cell. While the clock is stopped, the timer does not run. `commandCount` is the number of commands of the cell. */
  begin({ id, delay, time }: TimerSetting, commandCount: number): void {
    const steady = this.#steadyOf(time)
    const isPaused = this.#pausedAt !== null && steady > this.#pausedAt
    const due = (isPaused ? (this.#pausedAt ?? 0) : steady) + delay
    this.#add({ id, command: commandCount, at: time + delay, delay, due })
  }

  /** Handles the progress of the cell: it has handled `count` commands. */
  onHandled(count: number): void {
    if (count <= this.#handled) return
    const wasBlocked = this.#isBlocked
    this.#handled = count
    if (wasBlocked) this.#arm()
  }

  /** Whether a timer that is due earlier can still arrive. */
  get #isBlocked(): boolean {
    const next = this.#timers[0]
    return next !== undefined && next.command > this.#handled
  }

  #steadyOf(time: number): number {
    if (this.#newest.time === time) return this.#newest.steady
    const now = this.#timestamp()
    const steady = time + this.#offsetAt(now)
    // Frequent reads move the clock of a cell ahead of the system clock. Its timers then start at the current time.
    this.#newest = { time, steady: steady - now.steady > clockJumpMs ? now.steady : steady }
    return this.#newest.steady
  }

  /** Returns a stable offset until the system clock is changed, so that simultaneous timers stay simultaneous. */
  #offsetAt({ wall, steady }: Timestamp): number {
    const offset = steady - wall
    if (this.#offset === null || Math.abs(offset - this.#offset) > clockJumpMs) this.#offset = offset
    return this.#offset
  }

  /** The pending timers as the cell has set them. */
  get pending(): readonly TimerState[] {
    return this.#timers.map(({ id, at, delay }) => ({ id, due: at, delay }))
  }

  /** Sets a timer of an earlier process that is due `leftMs` milliseconds from now. */
  set({ id, due: at, delay }: TimerState, leftMs: number): void {
    const due = (this.#pausedAt ?? this.#timestamp().steady) + leftMs
    this.#add({ id, command: 0, at, delay, due })
  }

  #add(timer: Timer): void {
    let index = this.#timers.length
    while (index > 0 && isLater(this.#timers[index - 1], timer)) index--
    this.#timers.splice(index, 0, timer)
    if (index === 0) this.#arm()
  }

  clear(id: number): void {
    const index = this.#timers.findIndex((timer) => timer.id === id)
    if (index === -1) return
    this.#timers.splice(index, 1)
    if (index === 0) this.#arm()
  }

  /** Stops the clock. Returns a function that releases it; the clock runs again when all holds are released. */
  hold(): () => void {
    if (++this.#holds === 1) this.#pausedAt = performance.now()
    this.#arm()
    return () => {
      if (--this.#holds === 0) this.#resume()
    }
  }

  #resume(): void {
    const paused = performance.now() - (this.#pausedAt ?? performance.now())
    this.#pausedAt = null
    for (const timer of this.#timers) timer.due += paused
    this.#arm()
  }

  clearAll(): void {
    this.#timers.length = 0
    this.#arm()
  }

  #arm(): void {
    if (this.#timeout !== null) clearTimeout(this.#timeout)
    const next = this.#timers[0]
    this.#timeout =
      next === undefined || this.#isBlocked || this.#pausedAt !== null
        ? null
        : setTimeout(() => this.#onTimeout(), delayUntil(next.due))
  }

  #onTimeout(): void {
    const now = performance.now()
    // A timeout of Node can fire a fraction of a millisecond early.
    while (this.#timers[0] !== undefined && !this.#isBlocked && this.#timers[0].due - now < 1) {
      const timer = this.#timers.shift()
      if (timer !== undefined) this.#fire(timer.id)
    }
    this.#arm()
  }
}

function isLater(timer: Timer | undefined, than: Timer): boolean {
  return timer !== undefined && timer.due > than.due
}

function delayUntil(due: number): number {
  return Math.min(Math.max(Math.ceil(due - performance.now()), 0), maxDelayMs)
}
