import { CodecellError } from '../../../errors.ts'
import { internalsOf, onEngineNeeds, onlyWaits } from '../../../session/session-internals.ts'
import { LogStore, type SharedStore } from '../../../storage/shared/shared-store.ts'
import type { ConnectedClient } from '../../connected-client.ts'
import type { ServerInternals } from '../../server-internals.ts'
import type { DrainTimes } from '../../drain-options.ts'
import { HttpClient } from '../clients/http-client.ts'
import { isSessionOfId } from './session-ids.ts'

/** A session in the store, for the client of a request or of a wake-up. */
export type StoredTarget = {
  readonly tenant: string
  readonly sessionId: string
  /** The caller of the request; empty for a wake-up. */
  readonly caller: string
  /** Returns the id of a session of the older protocol as its client has it. */
  readonly shown: () => string
  /** The parameters of `initialize` of a new session of the older protocol; null for an existing one and in the newer protocol. */
  readonly initialize: Readonly<Record<string, unknown>> | null
}

export type StoredClientsOptions = {
  readonly server: ServerInternals
  readonly store: SharedStore
  /** Returns the sessions of a tenant. */
  readonly storeOf: (tenant: string) => SharedStore
  /** Time without a request after which a client that only waits is released, in milliseconds. */
  readonly hibernateMs: number
  readonly maxClients: number
  readonly onError: (error: Error) => void
}

type Entry = { readonly client: HttpClient; readonly connection: ConnectedClient }

/** The clients whose sessions this node has open. */
export class StoredClients implements AsyncDisposable {
  readonly #options: StoredClientsOptions
  readonly #entries = new Map<string, Entry>()
  readonly #opening = new Map<string, Promise<HttpClient>>()
  readonly #ending = new Map<string, Promise<void>>()
  readonly #sweep: NodeJS.Timeout
  #engines: readonly string[] | null = null
  #isClosed = false

  constructor(options: StoredClientsOptions) {
    this.#options = options
    const everyMs = Math.max(20, Math.min(options.hibernateMs / 4, 5000))
    this.#sweep = setInterval(() => this.#hibernate(), everyMs).unref()
  }

  /** The number of further clients that fit. */
  get room(): number {
    return this.#isClosed ? 0 : Math.max(0, this.#options.maxClients - this.#entries.size - this.#opening.size)
  }

  /** Returns the client of a session that this node has open; null when it has not. */
  async find(target: StoredTarget): Promise<HttpClient | null> {
    const key = keyOf(target)
    await this.#ending.get(key)
    const opening = this.#opening.get(key)
    if (opening !== undefined) return await opening
    const entry = this.#entries.get(key)
    if (entry === undefined) return null
    if (isUsable(entry)) return entry.client
    await this.#end(key)
    return null
  }

  /** The engines of the hosts of this server, as needs of sessions; null when they can have any, or none is known. */
  get engines(): readonly string[] | null {
    return this.#engines
  }

  /**
   * Opens a session that no other node has.
   *
   * @throws {CodecellError} `SESSION_IN_USE`, `SESSION_NOT_FOUND` for an unknown session of the older protocol,
   * `STORE_UNREACHABLE`, `SESSION_CLOSED` when the server ends, `LIMIT_EXCEEDED` when too many clients are busy
   */
  async open(target: StoredTarget): Promise<HttpClient> {
    const key = keyOf(target)
    if (this.#isClosed) throw new CodecellError('SESSION_CLOSED', 'Cannot open a session: the server ends')
    const known = this.#opening.get(key)
    if (known !== undefined) return await known
    this.#makeRoom()
    const opening = this.#open(target, key).finally(() => this.#opening.delete(key))
    this.#opening.set(key, opening)
    return await opening
  }

  /** Opens no further sessions, and ends each client when its calls have ended, at the latest when the time is over. */
  async drain(times: DrainTimes): Promise<void> {
    this.#isClosed = true
    await Promise.allSettled(this.#opening.values())
    await Promise.all(
      [...this.#entries].map(async ([key, { client }]) => {
        await client.drain(times)
        await this.#end(key)
      }),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    clearInterval(this.#sweep)
    await Promise.allSettled(this.#opening.values())
    await Promise.all([...this.#entries.keys()].map((key) => this.#end(key)))
    await Promise.allSettled(this.#ending.values())
  }

  async #open(target: StoredTarget, key: string): Promise<HttpClient> {
    const { server, storeOf } = this.#options
    const { tenant, sessionId, initialize } = target
    const isOld = isSessionOfId(sessionId)
    const connection = server.connectStored({
      store: storeOf(tenant),
      sessionId,
      mustExist: isOld && initialize === null,
    })
    try {
      await connection.client.watcher().catch((error: unknown) => {
        // The first call tries again, and its response has the reason.
        if (isOld || isAboutOwner(error)) throw error
      })
      const client = isOld ? await this.#ofSession(target, connection) : this.#stateless(target, connection)
      this.#entries.set(key, { client, connection })
      const { session } = connection.client
      if (session !== null) onEngineNeeds(session, (needs) => (this.#engines = needs))
      return client
    } catch (error) {
      await connection[Symbol.asyncDispose]()
      throw error
    }
  }

  #stateless({ caller }: StoredTarget, connection: ConnectedClient): HttpClient {
    return HttpClient.stateless(connection, { caller, onError: this.#options.onError })
  }

  async #ofSession(target: StoredTarget, connection: ConnectedClient): Promise<HttpClient> {
    const { sessionId: name, caller, shown, initialize } = target
    const { memory } = connection.client
    if (initialize !== null) await memory.update({ initialize })
    const { isDeleted, initialize: recorded } = memory.record
    if (isDeleted || recorded === null) {
      throw new CodecellError('SESSION_NOT_FOUND', `Cannot open session "${name}": its client has ended it`)
    }
    return await HttpClient.ofSession(connection, {
      caller,
      ids: { name, shown, initialize: initialize === null ? recorded : null },
      onDelete: () => this.#delete(target, connection),
    })
  }

  /** Ends a session for its client, on every node. */
  async #delete(target: StoredTarget, { client }: ConnectedClient): Promise<void> {
    await client.memory.update({ isDeleted: true })
    const { session } = client
    if (session !== null) await Promise.allSettled(session.cells().map((cellId) => session.terminate(cellId)))
    await this.#end(keyOf(target))
    const logs = await LogStore.logsOf(this.#options.store)
    // Its record says that it is deleted, should it stay.
    await logs.remove({ tenant: target.tenant, id: target.sessionId }).catch(this.#options.onError)
  }

  /** Releases the client that was idle for the longest time when there are too many. */
  #makeRoom(): void {
    if (this.#entries.size + this.#opening.size < this.#options.maxClients) return
    const idle = [...this.#entries].filter(([, entry]) => isIdle(entry))
    const [oldest] = idle.toSorted(([, { client: one }], [, { client: other }]) => one.lastAt - other.lastAt)
    if (oldest === undefined) {
      throw new CodecellError('LIMIT_EXCEEDED', `Cannot open a session: ${this.#options.maxClients} clients are busy`)
    }
    void this.#end(oldest[0])
  }

  #hibernate(): void {
    const before = performance.now() - this.#options.hibernateMs
    for (const [key, entry] of this.#entries) {
      const isDue = entry.client.lastAt < before && onlyWaitsIn(entry)
      if (isIdle(entry) && (isDue || !isUsable(entry))) void this.#end(key)
    }
  }

  async #end(key: string): Promise<void> {
    const entry = this.#entries.get(key)
    if (entry === undefined) return await this.#ending.get(key)
    this.#entries.delete(key)
    const ending = entry.client.end().catch(this.#options.onError)
    this.#ending.set(key, ending)
    await ending
    this.#ending.delete(key)
  }
}

function keyOf({ tenant, sessionId }: StoredTarget): string {
  return `${tenant}/${sessionId}`
}

/** Returns whether the error says which node has the session, or that no node can know now. */
function isAboutOwner(error: unknown): boolean {
  const codes = ['SESSION_IN_USE', 'SESSION_LOST', 'STORE_UNREACHABLE'] as const
  return codes.some((code) => CodecellError.is(error, code))
}

/** Returns whether the session is open, and neither closed nor lost to another node. */
function isUsable({ connection: { client } }: Entry): boolean {
  return client.session !== null && internalsOf(client.session)?.isOpen() === true
}

/** A client without requests, and without a form that its user has not filled in. */
function isIdle({ client, connection }: Entry): boolean {
  return client.open === 0 && connection.client.parked.size === 0
}

function onlyWaitsIn({ connection: { client } }: Entry): boolean {
  return client.session !== null && onlyWaits(client.session)
}
