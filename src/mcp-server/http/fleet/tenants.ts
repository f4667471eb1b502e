import { Waker } from '../../../node/waker.ts'
import { LogStore, type SharedStore } from '../../../storage/shared/shared-store.ts'
import { isThrown, messageOf } from '../../../errors.ts'

export type TenantsOptions = {
  readonly store: SharedStore
  /** Opens a due session. */
  readonly open: (tenant: string, sessionId: string) => Promise<void>
  readonly room: () => number
  /** Returns the names of the engines of this server among the needs of sessions; null for every engine. */
  readonly engines: () => readonly string[] | null
  readonly onError: (error: Error) => void
}

type Tenant = { readonly store: SharedStore; readonly waker: Waker }

/** The tenants whose sessions this server has opened. Their due sessions are opened without a request. */
export class Tenants implements AsyncDisposable {
  readonly #options: TenantsOptions
  readonly #tenants = new Map<string, Tenant>()
  #isClosed = false

  constructor(options: TenantsOptions) {
    this.#options = options
    this.storeOf(options.store.tenant)
  }

  /** Returns the sessions of a tenant in the store of the server. */
  storeOf(name: string): SharedStore {
    const known = this.#tenants.get(name)
    if (known !== undefined) return known.store
    const { store: shared, open, room, engines, onError } = this.#options
    const store = LogStore.ofTenant(shared, name)
    const waker = new Waker({
      store,
      open: async (sessionId) => await open(name, sessionId),
      room,
      engines,
      onError: (error) => onError(isThrown(error, Error) ? error : new Error(messageOf(error))),
    })
    if (this.#isClosed) void waker[Symbol.asyncDispose]()
    this.#tenants.set(name, { store, waker })
    return store
  }

  /** Opens no further sessions. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#tenants.values()].map(({ waker }) => waker[Symbol.asyncDispose]()))
  }
}
