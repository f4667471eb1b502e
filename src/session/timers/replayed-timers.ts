import { pausedWithin, type Pause } from '../../storage/pauses.ts'
import type { TimerState } from '../../storage/snapshots/cell-state.ts'
import type { CellProgress, TimerRecord } from '../../storage/session-store.ts'
import type { TimerSetting } from './cell-timers.ts'

/** A timer to set after the replay. `isNew` is true when the timer is not recorded. */
export type PendingTimer = TimerState & { readonly isNew: boolean }

/**
 * The timers that a cell sets during its replay. They start after the replay. Their due times depend on the commands alone, so the
 * order is the same when the journal lost its end.
 */
export class ReplayedTimers {
  readonly #progress: CellProgress
  readonly #timers = new Map<number, PendingTimer>()

  constructor(progress: CellProgress) {
    this.#progress = progress
  }

  timerSet({ id, delay, time }: TimerSetting): void {
    this.add({ id, due: time + delay, delay })
  }

  /** Adds a timer, unless it has fired. */
  add(timer: TimerState): void {
    if (this.#progress.firedTimers.has(timer.id)) return
    this.#timers.set(timer.id, { ...timer, isNew: !this.#progress.recordedTimers.has(timer.id) })
  }

  timerCleared(id: number): void {
    this.#timers.delete(id)
  }

  /** Returns the pending timers, sorted by due time. */
  timers(): readonly PendingTimer[] {
    return [...this.#timers.values()].toSorted((left, right) => left.due - right.due || left.id - right.id)
  }
}

/**
 * Returns the remaining time of a timer in milliseconds. Pauses do not count. The result never exceeds the original delay, even when
 * the system clock was set back.
 */
export function timeLeft({ due, delay }: TimerRecord, pauses: readonly Pause[], now: number): number {
  const paused = pausedWithin(pauses, due - delay, now)
  return Math.min(Math.max(due + paused - now, 0), delay)
}
