import type { CellMemory, TimerRecord } from '../journal/session-store.ts'

/** A timer that has to be set when the cell has caught up; `isNew`: it is on no record. */
export type OpenTimer = TimerRecord & { readonly id: number; readonly isNew: boolean }

/**
 * A cell that was opened again runs through its journal. Nothing outside happens meanwhile: its timers are collected here,
 * with the moments at which they were due.
 */
export class CatchUp {
  /** The cell yielded output that nobody was given. */
  hasYielded = false
  readonly #memory: CellMemory
  readonly #timers = new Map<number, OpenTimer>()

  constructor(memory: CellMemory) {
    this.#memory = memory
  }

  timerSet(id: number, delay: number): void {
    if (this.#memory.firedTimers.has(id)) return
    const known = this.#memory.timers.get(id)
    this.#timers.set(id, { id, ...(known ?? { due: Date.now() + delay, delay }), isNew: known === undefined })
  }

  timerCleared(id: number): void {
    this.#timers.delete(id)
  }

  /** Timers that have not fired, the one that is due first in front. */
  timers(): readonly OpenTimer[] {
    return [...this.#timers.values()].toSorted((left, right) => left.due - right.due || left.id - right.id)
  }
}

/** How long a timer still has to run, in milliseconds: no longer than it was set for, whatever the clock of the machine did. */
export function timeLeft({ due, delay }: TimerRecord): number {
  return Math.min(Math.max(due - Date.now(), 0), delay)
}
