import { CodecellError } from '../../errors.ts'
import type { NodeAddress, OpenLog, OpenOptions, SessionLogs, SessionName } from '../logs/session-logs.ts'
import { capabilitiesOf } from '../logs/content-needs.ts'
import { storeClosed } from '../logs/log-errors.ts'
import { recordFormat } from './records/record-format.ts'
import { TakenLogs } from './taken-logs.ts'

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
  /** Shared by the stores of all tenants. */
  #taken = new TakenLogs()
  /** The capabilities that a node must have to get the sessions that this store opens; null: as they are. */
  #needs: readonly string[] | null = null
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
    return await LogStore.#of(store).#opened()
  }

  /**
   * Takes up to `count` due sessions that no live node has open and whose needs are among the capabilities of this node. A
   * node without the name of an engine has every engine. Returns
   * their names. The next {@link openLog} of such a name gets the session; after 30 seconds without one it is released, and stays due.
   *
   * @throws {CodecellError} `STORE_UNREACHABLE`
   */
  static async takeDue(
    store: SharedStore,
    count: number,
    { capabilities, ofAllTenants }: { readonly capabilities: readonly string[]; readonly ofAllTenants: boolean },
  ): Promise<readonly SessionName[]> {
    const tenants = ofAllTenants ? {} : { tenants: [store.tenant] }
    const logs = await LogStore.logsOf(store)
    return await LogStore.#of(store).#taken.add(
      async () => await logs.takeDue(count, { has: capabilitiesOf(capabilities, recordFormat), ...tenants }),
    )
  }

  /** Releases a session that {@link takeDue} returned, unless it was opened. It stays due. */
  static async giveBack(store: SharedStore, name: SessionName): Promise<void> {
    await LogStore.#of(store).#taken.release(name)
  }

  /** Sets the capabilities that a node must have to get the sessions that this store opens from now on. */
  static setNeeds(store: SharedStore, needs: readonly string[]): void {
    LogStore.#of(store).#needs = needs
  }

  /**
   * Opens the log of a session, or returns the one that {@link takeDue} has taken.
   *
   * @throws {CodecellError} the errors of {@link SessionLogs.open}
   */
  static async openLog(
    store: SharedStore,
    id: string,
    options: Pick<OpenOptions, 'mustExist'>,
  ): Promise<OpenLog | { readonly heldBy: NodeAddress }> {
    const logs = await LogStore.logsOf(store)
    const { tenant } = store
    const own = LogStore.#of(store)
    const needs = own.#needs
    const adopted = own.#taken.adopt({ tenant, id })
    if (adopted !== null) return adopted
    const opened = await logs.open({ tenant, id }, { ...options, ...(needs === null ? {} : { needs }) })
    // This node can hold it because it is being taken.
    if ('heldBy' in opened && (await own.#taken.settled())) return own.#taken.adopt({ tenant, id }) ?? opened
    return opened
  }

  static #of(store: SharedStore): LogStore {
    if (typeof store === 'object' && store !== null && #open in store) return store
    const expected = 'a store of postgresStore() or sqliteStore()'
    throw new CodecellError('INVALID_OPTION', `Cannot use the option "store": expected ${expected}`, {
      details: { option: 'store', expected },
    })
  }

  /** Returns the sessions of another tenant in the same store. Only the store itself is disposed. */
  static ofTenant(store: SharedStore, tenant: string): SharedStore {
    if (tenant === store.tenant) return store
    const { location } = store
    const other = new LogStore({ tenant, location, open: async () => await LogStore.logsOf(store) })
    const shared = LogStore.#of(store)
    other.#taken = shared.#taken
    other.#needs = shared.#needs
    return other
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
    await this.#taken.close()
    const logs = await this.#logs?.catch(() => null)
    await logs?.[Symbol.asyncDispose]()
  }
}
