import { CodecellError } from '../../errors.ts'
import type { SessionLogs } from '../logs/session-logs.ts'
import { storeClosed } from '../logs/log-errors.ts'

/**
 * A store of sessions that several processes use. `postgresStore` and `sqliteStore` of `codecell/store` create one. All sessions of
 * a process can share it. Its creator disposes it, after the sessions are closed.
 */
export interface SharedStore extends AsyncDisposable {
  /** The tenant whose sessions this store has. */
  readonly tenant: string
  /** The store in messages, without a password. */
  readonly location: string
}

/** A store over session logs, which open at the first use. */
export class LogStore implements SharedStore {
  readonly tenant: string
  readonly location: string
  readonly #open: () => Promise<SessionLogs>
  #logs: Promise<SessionLogs> | null = null
  #isClosed = false

  constructor(parts: {
    readonly tenant: string
    readonly location: string
    readonly open: () => Promise<SessionLogs>
  }) {
    this.tenant = parts.tenant
    this.location = parts.location
    this.#open = parts.open
  }

  /**
   * Returns the logs of a store, and opens them at the first call. A later call tries again after a failure.
   *
   * @throws {CodecellError} `INVALID_OPTION` for another object or a store that cannot be used, `STORE_UNREACHABLE`
   */
  static async logsOf(store: SharedStore): Promise<SessionLogs> {
    if (typeof store === 'object' && store !== null && #open in store) return await store.#opened()
    const expected = 'a store of postgresStore() or sqliteStore()'
    throw new CodecellError('INVALID_OPTION', `Cannot use the option "store": expected ${expected}`, {
      details: { option: 'store', expected },
    })
  }

  async #opened(): Promise<SessionLogs> {
    if (this.#isClosed) throw storeClosed(this.location)
    const opening = (this.#logs ??= this.#open())
    try {
      return await opening
    } catch (error) {
      if (this.#logs === opening) this.#logs = null
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    const logs = await this.#logs?.catch(() => null)
    await logs?.[Symbol.asyncDispose]()
  }
}
