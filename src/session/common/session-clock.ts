import type { SessionStore } from '../../storage/session-store.ts'
import { currentTimestamp, type Timestamp } from './timing.ts'

/** The system time of a session: that of its store if several machines share it, because their clocks differ. */
export class SessionClock {
  readonly #timeAt: ((steady: number) => number) | null

  constructor({ timeAt }: Pick<SessionStore, 'timeAt'>) {
    this.#timeAt = timeAt ?? null
  }

  /** Returns the time in milliseconds since 1970. */
  now(): number {
    return this.#timeAt === null ? Date.now() : Math.floor(this.#timeAt(performance.now()))
  }

  /** Returns the current time. All calls in one task return the same timestamp. */
  timestamp(): Timestamp {
    const timestamp = currentTimestamp()
    return this.#timeAt === null ? timestamp : { ...timestamp, wall: this.#timeAt(timestamp.steady) }
  }
}
