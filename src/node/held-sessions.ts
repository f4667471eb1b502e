import { CodecellError } from '../errors.ts'
import type { Session } from '../session/api/session-options.ts'
import { HeldSession } from './held-session.ts'

export type HeldSessionsInit = {
  readonly maxSessions: number
  readonly hibernateMs: number
  readonly open: (held: HeldSession) => Promise<Session>
  readonly onError: (error: unknown, sessionId: string) => void
}

const minCheckMs = 10
const maxCheckMs = 1000

/** The sessions that a node has open. Those that are idle for long are closed, and earlier when others need their room. */
export class HeldSessions {
  readonly #init: HeldSessionsInit
  readonly #held = new Map<string, HeldSession>()
  readonly #timer: NodeJS.Timeout
  #isClosed = false

  constructor(init: HeldSessionsInit) {
    this.#init = init
    const checkMs = Math.min(Math.max(init.hibernateMs / 4, minCheckMs), maxCheckMs)
    this.#timer = setInterval(() => this.#hibernate(), checkMs)
    this.#timer.unref()
  }

  /** The ids of the open sessions. */
  get ids(): readonly string[] {
    return [...this.#held.values()].flatMap(({ id, isOpen, closed }) => (isOpen && closed === null ? [id] : []))
  }

  /** The number of sessions that can be opened, apart from those that are idle. */
  get room(): number {
    const busy = this.#held.values().reduce((sum, held) => sum + (held.isIdle ? 0 : 1), 0)
    return this.#init.maxSessions - busy
  }

  /**
   * Returns a session with one more user, and opens it if it is not open. The caller removes the user. The opening waits for another
   * owner until `waitsUntil`.
   *
   * @throws {CodecellError} `LIMIT_EXCEEDED`, `SESSION_CLOSED`
   */
  async acquire(id: string, waitsUntil: number): Promise<HeldSession> {
    for (;;) {
      if (this.#isClosed) throw nodeClosed(id)
      const existing = this.#held.get(id)
      if (existing !== undefined && (existing.closed !== null || existing.isGone)) {
        await this.#close(existing)
        continue
      }
      if (existing === undefined && this.#held.size >= this.#init.maxSessions) {
        await this.#makeRoom(id)
        continue
      }
      const held = existing ?? this.#add(id)
      held.users++
      held.waitsUntil = Math.max(held.waitsUntil, waitsUntil)
      return held
    }
  }

  #add(id: string): HeldSession {
    const held = new HeldSession(id, this.#init.open)
    this.#held.set(id, held)
    // Users of the session receive the error.
    held.opened.catch(() => this.#remove(held))
    return held
  }

  #remove(held: HeldSession): void {
    if (this.#held.get(held.id) === held) this.#held.delete(held.id)
  }

  async #close(held: HeldSession): Promise<void> {
    try {
      await held.close()
    } catch (error) {
      this.#init.onError(error, held.id)
    } finally {
      this.#remove(held)
    }
  }

  /** Closes the session that is idle for the longest time. */
  async #makeRoom(id: string): Promise<void> {
    const closing = this.#held.values().find(({ closed }) => closed !== null)
    const [oldest] = [...this.#held.values()]
      .flatMap((held) => (held.idleSince === null ? [] : [{ held, since: held.idleSince }]))
      .toSorted((left, right) => left.since - right.since)
    const held = closing ?? oldest?.held
    if (held !== undefined) return await this.#close(held)
    const { maxSessions: max } = this.#init
    const text = `Cannot open session "${id}": the node has ${max} sessions open that do not only wait, which is the limit`
    throw new CodecellError('LIMIT_EXCEEDED', text, { details: { limit: 'maxSessions', max, observed: max + 1 } })
  }

  #hibernate(): void {
    const now = performance.now()
    for (const held of this.#held.values()) {
      const { idleSince, isGone } = held
      if (idleSince !== null && (isGone || now - idleSince >= this.#init.hibernateMs)) void this.#close(held)
    }
  }

  /** Closes all sessions, and opens no others. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    clearInterval(this.#timer)
    await Promise.all([...this.#held.values()].map((held) => this.#close(held)))
  }
}

/** Returns the error for a use of a node that was disposed. */
export function nodeClosed(sessionId: string): CodecellError {
  return new CodecellError('SESSION_CLOSED', `Cannot open session "${sessionId}": the node was disposed`)
}
