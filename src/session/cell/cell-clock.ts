import type { CellProgress, CellStore } from '../../storage/session-store.ts'
import { ReplayedTimers, timeLeft, type Pause } from './replayed-timers.ts'
import { CellTimers, type TimerSetting } from './cell-timers.ts'
import type { CellInit } from '../session-services.ts'
import { currentTimestamp } from '../timing.ts'

/** What time it is for one cell, and its timers. Until a cell that was opened again has caught up, no timer of it runs. */
export class CellClock {
  readonly #timers: CellTimers
  readonly #store: CellStore
  #lastTime: number
  /** Null once the cell has caught up with its journal, or had none. */
  #replayed: ReplayedTimers | null

  /** `memory` is null for a new cell; `onDue` is called with each timer that is due. */
  constructor({ start, store }: CellInit, memory: CellProgress | null, onDue: (id: number, time: number) => void) {
    this.#lastTime = memory?.lastTime ?? start.time
    this.#replayed = memory === null ? null : new ReplayedTimers(memory)
    this.#store = store
    this.#timers = new CellTimers((id) => onDue(id, this.now()))
  }

  /** The time of the next command: it never goes back, whatever the clock of the machine does. */
  now(): number {
    this.#lastTime = Math.max(this.#lastTime, Date.now())
    return this.#lastTime
  }

  /** Timers that run. */
  get size(): number {
    return this.#timers.size
  }

  /** `given`: how many commands the cell was given so far. */
  set(timer: TimerSetting, given: number): void {
    if (this.#replayed !== null) return this.#replayed.timerSet(timer)
    this.#timers.begin(timer, given)
    this.#store.recordTimer(timer.id, { due: timer.time + timer.delay, delay: timer.delay })
  }

  /** The cell has handled so many commands. */
  onHandled(count: number): void {
    this.#timers.onHandled(count)
  }

  clear(id: number): void {
    this.#replayed?.timerCleared(id)
    this.#timers.clear(id)
  }

  clearAll(): void {
    this.#timers.clearAll()
  }

  /** The clock stands still until the function that is given is called. */
  hold(): () => void {
    return this.#timers.hold()
  }

  /** The cell has caught up: its timers have to run what they had left. */
  onReplayed(pauses: readonly Pause[]): void {
    const open = this.#replayed?.timers() ?? []
    this.#replayed = null
    const now = currentTimestamp().wall
    for (const { id, isNew, ...timer } of open) {
      if (isNew) this.#store.recordTimer(id, timer)
      this.#timers.set(id, timeLeft(timer, pauses, now))
    }
  }
}
