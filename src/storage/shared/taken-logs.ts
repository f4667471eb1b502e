import { keyOf } from '../logs/session-names.ts'
import type { OpenLog, SessionName } from '../logs/session-logs.ts'
import { inTime, releaseLog } from './release-log.ts'

/** Time within which a taken session must be opened, in milliseconds. After that, other nodes can take it. */
const maxTakenMs = 30_000

type Taken = { readonly log: OpenLog; readonly timeout: NodeJS.Timeout }

/** The logs of due sessions that this node took, until their sessions are opened. */
export class TakenLogs {
  readonly #taken = new Map<string, Taken>()
  /** Calls of `take` that are under way. */
  readonly #taking = new Set<Promise<unknown>>()
  #isClosed = false

  /** Adds the logs that `take` opens. Returns the names of their sessions. */
  async add(take: () => Promise<readonly OpenLog[]>): Promise<readonly SessionName[]> {
    const taking = this.#addAll(take)
    this.#taking.add(taking)
    try {
      return await taking
    } finally {
      this.#taking.delete(taking)
    }
  }

  async #addAll(take: () => Promise<readonly OpenLog[]>): Promise<readonly SessionName[]> {
    const logs = await take()
    for (const log of logs) this.#add(log)
    return logs.map(({ name }) => name)
  }

  #add(log: OpenLog): void {
    const { name } = log
    const timeout = setTimeout(() => void this.release(name), maxTakenMs)
    timeout.unref()
    this.#taken.set(keyOf(name), { log, timeout })
    if (this.#isClosed) void this.release(name)
  }

  /** Removes and returns the log of a session; null for none. */
  adopt(name: SessionName): OpenLog | null {
    const key = keyOf(name)
    const taken = this.#taken.get(key)
    if (taken === undefined) return null
    clearTimeout(taken.timeout)
    this.#taken.delete(key)
    return taken.log.isOpen ? taken.log : null
  }

  /** Waits until the calls of `take` that are under way have ended. Returns false without any. */
  async settled(): Promise<boolean> {
    if (this.#taking.size === 0) return false
    await Promise.allSettled(this.#taking)
    return true
  }

  /** Gives up a session that was not opened. It stays due. */
  async release(name: SessionName): Promise<void> {
    const log = this.adopt(name)
    if (log !== null) await inTime(releaseLog(log, { at: 0 }).catch(() => undefined))
  }

  /** Gives up all sessions that were not opened. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.settled()
    await Promise.all([...this.#taken.values()].map(({ log }) => this.release(log.name)))
  }
}
