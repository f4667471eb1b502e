import { maxDelayMs } from '../timing.ts'
import { currentTimestamp, type Timestamp } from '../timing.ts'

/** `command`: it was set while the cell handled a command of at most this number. */
type Timer = { readonly id: number; readonly command: number; due: number }

/** A cell sets a timer: it is due `delay` milliseconds after `time`, which the clock of the cell said. */
export type TimerSetting = { readonly id: number; readonly delay: number; readonly time: number }

/** The clock of the machine was set when it and the steady one differ from before by more than this, in milliseconds. */
const clockJumpMs = 2

/**
 * The timers of one cell. They live with the session, so they outlast the host. Timers that are due fire in order of due
 * time, equal ones in order of creation. The due time follows from the time that the cell reports, not from when that
 * arrives: timers of one command keep their order however slow the machine is, and on whichever host the cell runs. So none fires
 * before the command that set it has been handled: until then one that is due earlier may still come.
 */
export class CellTimers {
  readonly #fire: (id: number) => void
  /** Sorted: the next one is first. */
  readonly #timers: Timer[] = []
  /** What the steady clock says when the clock of the machine says 0. */
  #offset: number | null = null
  /** When the newest timer was set, by the clock of the cell and by the steady one. */
  #newest = { time: Number.NaN, steady: 0 }
  /** Commands that the cell has handled. */
  #handled = 0
  #alarm: NodeJS.Timeout | null = null
  #holds = 0
  /** Since when they stand still. */
  #pausedAt: number | null = null

  constructor(fire: (id: number) => void) {
    this.#fire = fire
  }

  /** Timers that have not fired. */
  get size(): number {
    return this.#timers.length
  }

  /** Sets a timer. While the clock stands still it starts to run when the clock does. `given`: the number of commands of the cell. */
  begin({ id, delay, time }: TimerSetting, given: number): void {
    const steady = this.#steadyOf(time)
    const isPaused = this.#pausedAt !== null && steady > this.#pausedAt
    this.#add({ id, command: given, due: (isPaused ? (this.#pausedAt ?? 0) : steady) + delay })
  }

  /** The cell has handled so many commands. */
  onHandled(count: number): void {
    if (count <= this.#handled) return
    const isHeld = this.#isHeld
    this.#handled = count
    if (isHeld) this.#arm()
  }

  /** The next timer may not be the next one. */
  get #isHeld(): boolean {
    const next = this.#timers[0]
    return next !== undefined && next.command > this.#handled
  }

  #steadyOf(time: number): number {
    if (this.#newest.time === time) return this.#newest.steady
    const now = currentTimestamp()
    const steady = time + this.#offsetAt(now)
    // A cell that reads its clock over and over moves it ahead: its timers run from now on.
    this.#newest = { time, steady: steady - now.steady > clockJumpMs ? now.steady : steady }
    return this.#newest.steady
  }

  /** Returns the same offset until the clock of the machine is set: timers that are due together stay together. */
  #offsetAt({ wall, steady }: Timestamp): number {
    const offset = steady - wall
    if (this.#offset === null || Math.abs(offset - this.#offset) > clockJumpMs) this.#offset = offset
    return this.#offset
  }

  /** `delayMs` counts from now. */
  set(id: number, delayMs: number): void {
    this.#add({ id, command: 0, due: (this.#pausedAt ?? currentTimestamp().steady) + delayMs })
  }

  #add(timer: Timer): void {
    let at = this.#timers.length
    while (at > 0 && isLater(this.#timers[at - 1], timer)) at--
    this.#timers.splice(at, 0, timer)
    if (at === 0) this.#arm()
  }

  clear(id: number): void {
    const at = this.#timers.findIndex((timer) => timer.id === id)
    if (at === -1) return
    this.#timers.splice(at, 1)
    if (at === 0) this.#arm()
  }

  /** From now on no timer comes closer to being due, until all functions that were given for that have been called. */
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
    if (this.#alarm !== null) clearTimeout(this.#alarm)
    const next = this.#timers[0]
    this.#alarm =
      next === undefined || this.#isHeld || this.#pausedAt !== null
        ? null
        : setTimeout(() => this.#ring(), delayUntil(next.due))
  }

  #ring(): void {
    const now = performance.now()
    // An alarm may ring a fraction of a millisecond early.
    while (this.#timers[0] !== undefined && !this.#isHeld && this.#timers[0].due - now < 1) {
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
