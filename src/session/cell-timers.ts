import { longestDelayMs } from './longest-delay.ts'
import { thisMoment, type Moment } from './moment.ts'

type Timer = { readonly id: number; due: number }

/**
 * The timers of one cell. They live with the session, so they outlast the host. Timers that are due fire in order of due
 * time, equal ones in order of creation (contract T2a).
 */
export class CellTimers {
  readonly #fire: (id: number) => void
  /** Sorted: the next one is first. */
  readonly #timers: Timer[] = []
  /** When a cell set the newest one. */
  #setAt: Moment = { wall: 0, steady: 0 }
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

  /**
   * A cell sets a timer. What it does on another host after a loss, it did when it was given its last command, at `since`, with
   * the timers before this one; null: now. Gives when it is due, in milliseconds since 1970.
   */
  begin(id: number, delayMs: number, since: number | null): number {
    const now = thisMoment()
    this.#setAt = since === null ? now : this.#notBeforeTheNewest(since, now)
    this.#add(id, this.#setAt.steady + delayMs, now)
    return this.#setAt.wall + delayMs
  }

  /** The very moment of the newest timer where that is not earlier: timers of one command stay in their order. */
  #notBeforeTheNewest(since: number, now: Moment): Moment {
    if (since <= this.#setAt.wall) return this.#setAt
    const wall = Math.min(since, now.wall)
    return { wall, steady: now.steady - (now.wall - wall) }
  }

  /** `delayMs` counts from now. */
  set(id: number, delayMs: number): void {
    const now = thisMoment()
    this.#add(id, now.steady + delayMs, now)
  }

  /** What is set while the clock stands still begins to run when it goes on. */
  #add(id: number, due: number, now: Moment): void {
    const timer = { id, due: this.#pausedAt === null ? due : this.#pausedAt + (due - now.steady) }
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
      if (--this.#holds === 0) this.#goOn()
    }
  }

  #goOn(): void {
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
      next === undefined || this.#pausedAt !== null ? null : setTimeout(() => this.#ring(), delayUntil(next.due))
  }

  #ring(): void {
    const now = performance.now()
    // An alarm may ring a fraction of a millisecond early.
    while (this.#timers[0] !== undefined && this.#timers[0].due - now < 1) {
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
  return Math.min(Math.max(Math.ceil(due - performance.now()), 0), longestDelayMs)
}
