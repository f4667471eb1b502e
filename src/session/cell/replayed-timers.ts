import type { CellProgress, TimerRecord } from '../../storage/session-store.ts'
import type { TimerSetting } from './cell-timers.ts'

/** A timer to set after the replay; `isNew` when it is not on record. */
export type PendingTimer = TimerRecord & { readonly id: number; readonly isNew: boolean }

/**
 * A cell that was opened again runs through its journal. Nothing outside happens until it has: its timers are collected here.
 * When one is due follows from the commands alone, so a journal that lost its end changes no order.
 */
export class ReplayedTimers {
  readonly #memory: CellProgress
  readonly #timers = new Map<number, PendingTimer>()

  constructor(memory: CellProgress) {
    this.#memory = memory
  }

  timerSet({ id, delay, time }: TimerSetting): void {
    if (this.#memory.firedTimers.has(id)) return
    this.#timers.set(id, { id, due: time + delay, delay, isNew: !this.#memory.recordedTimers.has(id) })
  }

  timerCleared(id: number): void {
    this.#timers.delete(id)
  }

  /** Timers that have not fired, the one that is due first in front. */
  timers(): readonly PendingTimer[] {
    return [...this.#timers.values()].toSorted((left, right) => left.due - right.due || left.id - right.id)
  }
}

/** A time in which the clock of a cell stood still; null: it still does. In milliseconds since 1970. */
export type Pause = { readonly from: number; readonly to: number | null }

/**
 * Returns how long a timer still runs, in milliseconds. The time in which the clock of the cell stood still is left; it is never
 * more than the timer was set for, whatever the clock of the machine did.
 */
export function timeLeft({ due, delay }: TimerRecord, pauses: readonly Pause[], now: number): number {
  const paused = pausedWithin(pauses, due - delay, now)
  return Math.min(Math.max(due + paused - now, 0), delay)
}

/** How much of a time the pauses take together; they may overlap. */
function pausedWithin(pauses: readonly Pause[], start: number, end: number): number {
  let covered = start
  let paused = 0
  for (const { from, to } of pauses.toSorted((left, right) => left.from - right.from)) {
    const begin = Math.max(from, covered)
    const stop = Math.min(to ?? end, end)
    if (stop <= begin) continue
    paused += stop - begin
    covered = stop
  }
  return paused
}
