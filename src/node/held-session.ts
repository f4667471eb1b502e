import type { Session } from '../session/api/session-options.ts'
import { isUsable, onlyWaits } from '../session/session-internals.ts'

/** A session that a node opens, has open, or closes. */
export class HeldSession {
  readonly id: string
  /** The number of callers that use the session or wait for its opening. */
  users = 0
  /** The time until which its opening waits for another owner, by `performance.now()`. */
  waitsUntil = 0
  readonly #opened: Promise<Session>
  #session: Session | null = null
  /** The time since which the session only waits, as far as it was checked; null when it does not. */
  #idleSince: number | null = null
  #closed: Promise<void> | null = null

  /** `open` is called at once. */
  constructor(id: string, open: (held: HeldSession) => Promise<Session>) {
    this.id = id
    this.#opened = this.#keep(open)
  }

  async #keep(open: (held: HeldSession) => Promise<Session>): Promise<Session> {
    const session = await open(this)
    this.#session = session
    return session
  }

  /** Resolves when the session is open. */
  get opened(): Promise<Session> {
    return this.#opened
  }

  /** Resolves when the session is closed; null while it is not being closed. */
  get closed(): Promise<void> | null {
    return this.#closed
  }

  get isOpen(): boolean {
    return this.#session !== null
  }

  /** Whether another process has taken the session over, its user has closed it, or its store has refused a write. */
  get isGone(): boolean {
    return this.#session !== null && !isUsable(this.#session)
  }

  /** Whether nothing in this process needs the session. */
  get isIdle(): boolean {
    if (this.users > 0 || this.#session === null || this.#closed !== null) return false
    return this.isGone || onlyWaits(this.#session)
  }

  /** The time since which the session is idle, by `performance.now()`; null when it is not. */
  get idleSince(): number | null {
    if (!this.isIdle) this.#idleSince = null
    else this.#idleSince ??= performance.now()
    return this.#idleSince
  }

  /** Closes the session. */
  close(): Promise<void> {
    this.#closed ??= this.#opened.then(
      async (session) => await session.close(),
      () => undefined,
    )
    return this.#closed
  }
}
