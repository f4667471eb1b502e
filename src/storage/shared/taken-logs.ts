import type { OpenLog } from '../logs/session-logs.ts'
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

  /** Adds the logs that `take` opens. Returns the ids of their sessions. */
  async add(take: () => Promise<readonly OpenLog[]>): Promise<readonly string[]> {
    const taking = this.#addAll(take)
    this.#taking.add(taking)
    try {
      return await taking
    } finally {
      this.#taking.delete(taking)
    }
  }

  async #addAll(take: () => Promise<readonly OpenLog[]>): Promise<readonly string[]> {
    const logs = await take()
    for (const log of logs) this.#add(log)
    return logs.map(({ name }) => name.id)
  }

  #add(log: OpenLog): void {
    const { id } = log.name
    const timeout = setTimeout(() => void this.release(id), maxTakenMs)
    timeout.unref()
    this.#taken.set(id, { log, timeout })
    if (this.#isClosed) void this.release(id)
  }

  /** Removes and returns the log of a session; null for none. */
  adopt(id: string): OpenLog | null {
    const taken = this.#taken.get(id)
    if (taken === undefined) return null
    clearTimeout(taken.timeout)
    this.#taken.delete(id)
    return taken.log.isOpen ? taken.log : null
  }

  /** Waits until the calls of `take` that are under way have ended. Returns false without any. */
  async settled(): Promise<boolean> {
    if (this.#taking.size === 0) return false
    await Promise.allSettled(this.#taking)
    return true
  }

  /** Gives up a session that was not opened. It stays due. */
  async release(id: string): Promise<void> {
    const log = this.adopt(id)
    if (log !== null) await inTime(releaseLog(log, { at: 0 }).catch(() => undefined))
  }

  /** Gives up all sessions that were not opened. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.settled()
    await Promise.all(this.#taken.keys().map((id) => this.release(id)))
  }
}
