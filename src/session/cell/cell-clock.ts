import type { CellProgress, CellStore } from '../../storage/session-store.ts'
import type { TimerState } from '../../storage/snapshots/cell-state.ts'
import type { Pause } from '../../storage/pauses.ts'
import { ReplayedTimers, timeLeft } from '../timers/replayed-timers.ts'
import { CellTimers, type TimerSetting } from '../timers/cell-timers.ts'
import type { CellInit, SessionServices } from '../services/session-services.ts'
import type { SessionClock } from '../common/session-clock.ts'

/** The virtual clock and timers of a cell. The timers of a resumed cell do not run until its replay ends. */
export class CellClock {
  readonly #timers: CellTimers
  readonly #store: CellStore
  readonly #clock: SessionClock
  #lastTime: number
  /** The timers of the replay; null when the cell does not replay. */
  #replayed: ReplayedTimers | null

  /** `progress` is null for a new cell. `onDue` is called with each timer that is due. */
  constructor(
    { clock }: Pick<SessionServices, 'clock'>,
    { start, store }: CellInit,
    progress: CellProgress | null,
    onDue: (id: number, time: number) => void,
  ) {
    this.#clock = clock
    this.#lastTime = progress?.lastTime ?? start.time
    this.#replayed = progress === null ? null : new ReplayedTimers(progress)
    this.#store = store
    this.#timers = new CellTimers(
      (id) => onDue(id, this.now()),
      () => clock.timestamp(),
    )
  }

  /** Returns the time of the next command. It never decreases, even when the system clock does. */
  now(): number {
    this.#lastTime = Math.max(this.#lastTime, this.#clock.now())
    return this.#lastTime
  }

  /** The number of pending timers. */
  get size(): number {
    return this.#timers.size
  }

  /** Sets a timer. `commandCount` is the number of commands that the cell was sent. */
  set(timer: TimerSetting, commandCount: number): void {
    if (this.#replayed !== null) return this.#replayed.timerSet(timer)
    this.#timers.begin(timer, commandCount)
    this.#store.recordTimer(timer.id, { due: timer.time + timer.delay, delay: timer.delay })
  }

  /** The pending timers as the cell has set them. */
  get pending(): readonly TimerState[] {
    return this.#timers.pending
  }

  /** Continues with the timers of a snapshot that have not fired. */
  restore(timers: readonly TimerState[]): void {
    for (const timer of timers) this.#replayed?.add(timer)
  }

  /** Handles the progress of the cell: it has handled `count` commands. */
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

  /** Stops the clock. Returns a function that starts it again. */
  hold(): () => void {
    return this.#timers.hold()
  }

  /** Starts the timers for their remaining time, after the replay. */
  onReplayed(pauses: readonly Pause[]): void {
    const pending = this.#replayed?.timers() ?? []
    this.#replayed = null
    const now = this.#clock.timestamp().wall
    for (const { id, isNew, ...timer } of pending) {
      if (isNew) this.#store.recordTimer(id, timer)
      this.#timers.set({ id, ...timer }, timeLeft(timer, pauses, now))
    }
  }
}
