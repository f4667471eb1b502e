import type { CellProgress, TimerRecord } from '../../storage/session-store.ts'
import { CatchUp, timeLeft, type Pause } from './catch-up.ts'
import { CellTimers, type TimerSetting } from './cell-timers.ts'
import { thisMoment } from './moment.ts'

export type CellClockParts = {
  /** When the cell was started, in milliseconds since 1970. */
  readonly startedAt: number
  /** Null for a cell that is new. */
  readonly memory: CellProgress | null
  /** Puts on record when a timer is due. */
  readonly noteTimer: (id: number, timer: TimerRecord) => void
  readonly fire: (id: number, time: number) => void
}

/** What time it is for one cell, and its timers. Until a cell that was opened again has caught up, no timer of it runs. */
export class CellClock {
  readonly #timers: CellTimers
  readonly #noteTimer: CellClockParts['noteTimer']
  #lastTime: number
  /** Null once the cell has caught up with its journal, or had none. */
  #catchUp: CatchUp | null

  constructor({ startedAt, memory, noteTimer, fire }: CellClockParts) {
    this.#lastTime = memory?.lastTime ?? startedAt
    this.#catchUp = memory === null ? null : new CatchUp(memory)
    this.#noteTimer = noteTimer
    this.#timers = new CellTimers((id) => fire(id, this.now()))
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
    if (this.#catchUp !== null) return this.#catchUp.timerSet(timer)
    this.#timers.begin(timer, given)
    this.#noteTimer(timer.id, { due: timer.time + timer.delay, delay: timer.delay })
  }

  /** The cell has handled so many commands. */
  handled(count: number): void {
    this.#timers.handled(count)
  }

  clear(id: number): void {
    this.#catchUp?.timerCleared(id)
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
  caughtUp(pauses: readonly Pause[]): void {
    const open = this.#catchUp?.timers() ?? []
    this.#catchUp = null
    const now = thisMoment().wall
    for (const { id, isNew, ...timer } of open) {
      if (isNew) this.#noteTimer(id, timer)
      this.#timers.set(id, timeLeft(timer, pauses, now))
    }
  }
}
