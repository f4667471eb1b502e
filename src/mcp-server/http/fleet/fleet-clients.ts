import { setTimeout as delay } from 'node:timers/promises'
import { isInitializeRequest } from '@modelcontextprotocol/server'
import { CodecellError } from '../../../errors.ts'
import { isRecord } from '../../../protocol/json.ts'
import { LogStore, type SharedStore } from '../../../storage/shared/shared-store.ts'
import type { CodecellMcpServer } from '../../create-mcp-server.ts'
import type { ServerInternals } from '../../server-internals.ts'
import { settledWithin } from '../../../session/common/timing.ts'
import type { DrainTimes } from '../../drain-options.ts'
import { HttpClient, isStream } from '../clients/http-client.ts'
import { refuse, refuseDraining, tokenSession, type HttpClients, type HttpRequest } from '../clients/http-request.ts'
import type { CallerShares } from '../clients/caller-shares.ts'
import { Forwarder } from './forward-request.ts'
import type { PeerTls } from './peer-tls.ts'
import type { SessionIdKey } from './session-ids.ts'
import { StoredClients, type StoredTarget } from './stored-clients.ts'
import { Tenants } from './tenants.ts'
import { watchOwner } from './watch-owner.ts'

export type FleetClientsOptions = {
  readonly server: CodecellMcpServer
  readonly internals: ServerInternals
  readonly store: SharedStore
  readonly key: SessionIdKey
  readonly hibernateMs: number
  readonly maxClients: number
  readonly shares: CallerShares
  readonly tls: PeerTls | null
  /** Whether the callers have several tenants. */
  readonly hasTenants: boolean
  readonly onError: (error: Error) => void
}

/** How long a request waits for the owner of its session, or for the end of its lease, in milliseconds. */
const maxOwnerWaitMs = 15_000

/** Pauses between attempts to find the owner, in milliseconds. */
const minPauseMs = 20
const maxPauseMs = 500

/** How often an owner may say that it has not got the session. */
const maxWrongOwners = 3

/** Methods of the newer protocol that need no session, so that every node handles them. */
const sessionless: ReadonlySet<unknown> = new Set([
  'server/discover',
  'tools/list',
  'prompts/list',
  'resources/templates/list',
  'subscriptions/listen',
])

type Step = 'done' | 'wrong_owner' | 'again'

/**
 * The clients of a node of a fleet. Their sessions are in the shared store, and each is open in one node at most: a request for the
 * session of another node is forwarded to it.
 */
export class FleetClients implements HttpClients {
  readonly #options: FleetClientsOptions
  readonly #forwarder: Forwarder
  /** Handles requests without a session. */
  readonly #front: HttpClient
  readonly #clients: StoredClients
  readonly #tenants: Tenants
  /** The requests at other nodes that will have a response. */
  readonly #forwarded = new Set<Promise<unknown>>()
  #isDraining = false

  constructor(options: FleetClientsOptions) {
    this.#options = options
    this.#forwarder = new Forwarder(options.tls)
    const connection = options.server.connectClient({ sessionId: null })
    this.#front = HttpClient.stateless(connection, { caller: '', onError: options.onError })
    const { internals, store, hibernateMs, maxClients, onError } = options
    this.#clients = new StoredClients({
      server: internals,
      store,
      storeOf: (tenant) => this.#tenants.storeOf(tenant),
      hibernateMs,
      maxClients,
      onError,
    })
    this.#tenants = new Tenants({
      store,
      hasTenants: options.hasTenants,
      open: (sessionId, tenant) => this.wake(sessionId, tenant),
      room: () => this.#clients.room,
      engines: () => this.#clients.engines,
      onError,
    })
  }

  /** Handles an authorized request. */
  async handle(request: HttpRequest): Promise<void> {
    const target = this.#targetOf(request)
    if (target === null) return refuse(request.response, 404)
    if (!this.#options.shares.begin(request)) return refuse(request.response, 429)
    if (target === 'front') return void (await this.#front.handle(request))
    try {
      await this.#findOwner(target, request)
    } catch (error) {
      if (!refuseFor(error, request)) throw error
    }
  }

  /** Opens a stored session, so that its timers fire, its inbox is read and its cells run, until it only waits. */
  async wake(sessionId: string, tenant: string = this.#options.store.tenant): Promise<void> {
    const target = this.#stored(tenant, '', sessionId)
    if ((await this.#clients.find(target)) === null) await this.#clients.open(target)
  }

  async drain(times: DrainTimes): Promise<void> {
    this.#isDraining = true
    await this.#tenants[Symbol.asyncDispose]()
    await Promise.all([this.#clients.drain(times), this.#forwardedResponses(times.timeoutMs)])
  }

  /** Waits for the responses of other nodes, for at most `ms` milliseconds. */
  async #forwardedResponses(ms: number): Promise<void> {
    const deadline = performance.now() + ms
    while (this.#forwarded.size > 0 && performance.now() < deadline) {
      await settledWithin([...this.#forwarded], deadline - performance.now())
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tenants[Symbol.asyncDispose]()
    await this.#clients[Symbol.asyncDispose]()
    await this.#front.end()
    this.#forwarder[Symbol.dispose]()
  }

  /** Returns the session of a request. Null for one that the caller does not have, or that does not exist. */
  #targetOf({ request, caller, body }: HttpRequest): StoredTarget | 'front' | null {
    const { key, store } = this.#options
    const tenant = caller.tenant ?? store.tenant
    const id = request.headers['mcp-session-id']
    if (typeof id === 'string') {
      const name = key.verify(id, { tenant, caller: caller.id })
      return name === null ? null : this.#stored(tenant, caller.id, name)
    }
    if (isInitializeRequest(body)) {
      const { params } = body
      const initialize = { ...params }
      return { ...this.#stored(tenant, caller.id, key.newName()), initialize }
    }
    const method = isRecord(body) ? body['method'] : undefined
    if (request.method !== 'POST' || sessionless.has(method)) return 'front'
    return this.#stored(tenant, caller.id, tokenSession(caller.id))
  }

  #stored(tenant: string, caller: string, sessionId: string): StoredTarget {
    const shown = (): string => this.#options.key.sign(sessionId, { tenant, caller })
    return { tenant, sessionId, caller, shown, initialize: null }
  }

  async #findOwner(target: StoredTarget, request: HttpRequest): Promise<void> {
    let deadline = performance.now() + maxOwnerWaitMs
    let wrongOwners = 0
    for (let pauseMs = minPauseMs; ; pauseMs = Math.min(2 * pauseMs, maxPauseMs)) {
      const step = await this.#try(target, request)
      if (step === 'done' || request.response.closed) return
      if (step === 'wrong_owner') {
        wrongOwners++
        // The request can have run for a long time before its owner lost the session.
        deadline = performance.now() + maxOwnerWaitMs
      }
      if (wrongOwners > maxWrongOwners || performance.now() > deadline) {
        return refuse(request.response, 503, { text: 'The session is not available now', retryAfter: 1 })
      }
      // waits because the owner changes in another process: when it releases the session, or its lease ends.
      await delay(pauseMs)
    }
  }

  async #try(target: StoredTarget, request: HttpRequest): Promise<Step> {
    const { store } = this.#options
    const known = await this.#clients.find(target)
    if (known !== null && !known.connection.isClosed) return await serve(known, request)
    const logs = await LogStore.logsOf(store)
    const owner = await logs.ownerOf({ tenant: target.tenant, id: target.sessionId })
    const isHere = owner?.node === logs.node.node
    if (request.isForwarded && (!isHere || this.#isDraining)) {
      refuse(request.response, 421)
      return 'done'
    }
    if (this.#isDraining && (owner === null || isHere)) {
      refuseDraining(request.response)
      return 'done'
    }
    if (owner === null || isHere) return await this.#open(target, request)
    if (owner.url === null) return 'again'
    using watched = watchOwner(logs, { tenant: target.tenant, id: target.sessionId }, owner.node)
    const forwarding = this.#forwarder.forward(owner.url, request, watched.signal)
    if (!isStream(request.request, request.body)) this.#forwarded.add(forwarding)
    const forwarded = await forwarding.finally(() => this.#forwarded.delete(forwarding))
    if (forwarded === 'done') return 'done'
    return forwarded === 'not_owner' ? 'wrong_owner' : 'again'
  }

  async #open(target: StoredTarget, request: HttpRequest): Promise<Step> {
    let client: HttpClient
    try {
      client = await this.#clients.open(target)
    } catch (error) {
      // Another node, or an earlier client of this one, has it.
      if (CodecellError.is(error, 'SESSION_IN_USE') || CodecellError.is(error, 'SESSION_LOST')) return 'again'
      throw error
    }
    return await serve(client, request)
  }
}

async function serve(client: HttpClient, request: HttpRequest): Promise<Step> {
  const handled = await client.handle(request, { survivesDisconnect: true })
  return handled === 'moved' ? 'wrong_owner' : 'done'
}

/** Refuses a request whose session cannot be opened. Returns false for other errors. */
function refuseFor(error: unknown, { response }: HttpRequest): boolean {
  if (response.headersSent) return false
  if (CodecellError.is(error, 'SESSION_NOT_FOUND')) refuse(response, 404)
  else if (CodecellError.is(error, 'STORE_UNREACHABLE')) {
    refuse(response, 503, { text: 'The store of the sessions is not available now', retryAfter: 1 })
  } else if (CodecellError.is(error, 'LIMIT_EXCEEDED') || CodecellError.is(error, 'SESSION_CLOSED')) {
    refuse(response, 503, { retryAfter: 1 })
  } else return false
  return true
}
