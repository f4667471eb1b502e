import { isThrown, messageOf } from '../../../errors.ts'
import { Waker } from '../../../node/waker.ts'
import { LogStore, type SharedStore } from '../../../storage/shared/shared-store.ts'

export type TenantsOptions = {
  readonly store: SharedStore
  /** Whether the callers have several tenants. */
  readonly hasTenants: boolean
  /** Opens a due session. */
  readonly open: (sessionId: string, tenant: string) => Promise<void>
  readonly room: () => number
  /** Returns the names of the engines of this server among the needs of sessions; null for every engine. */
  readonly engines: () => readonly string[] | null
  readonly onError: (error: Error) => void
}

/** The sessions of the tenants of a server. Those that are due are opened without a request. */
export class Tenants implements AsyncDisposable {
  readonly #store: SharedStore
  readonly #stores = new Map<string, SharedStore>()
  readonly #waker: Waker

  constructor({ store, hasTenants, open, room, engines, onError }: TenantsOptions) {
    this.#store = store
    this.#waker = new Waker({
      store,
      ofAllTenants: hasTenants,
      open,
      room,
      engines,
      onError: (error) => onError(isThrown(error, Error) ? error : new Error(messageOf(error))),
    })
  }

  /** Returns the sessions of a tenant in the store of the server. */
  storeOf(tenant: string): SharedStore {
    const store = this.#stores.get(tenant) ?? LogStore.ofTenant(this.#store, tenant)
    this.#stores.set(tenant, store)
    return store
  }

  /** Opens no further sessions. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#waker[Symbol.asyncDispose]()
  }
}
