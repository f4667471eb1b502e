import { randomUUID } from 'node:crypto'
import { isInitializeRequest } from '@modelcontextprotocol/server'
import type { CodecellMcpServer } from '../../create-mcp-server.ts'
import type { DrainTimes } from '../../drain-options.ts'
import { HttpClient } from './http-client.ts'
import { refuse, refuseCut, refuseDraining, tokenSession, type HttpClients, type HttpRequest } from './http-request.ts'
import type { CallerShares } from './caller-shares.ts'

export type HttpClientsOptions = {
  readonly idleMs: number
  readonly maxClients: number
  readonly shares: CallerShares
  readonly onError: (error: Error) => void
}

/**
 * The clients of one process. A client of the older protocol has a session with a random id that is bound to its token. In the newer
 * protocol there are no session ids: all requests with the same token are one client.
 */
export class LocalClients implements HttpClients {
  readonly #server: CodecellMcpServer
  readonly #options: HttpClientsOptions
  readonly #clients = new Map<string, HttpClient>()
  readonly #sweep: NodeJS.Timeout
  #isDraining = false

  constructor(server: CodecellMcpServer, options: HttpClientsOptions) {
    this.#server = server
    this.#options = options
    this.#sweep = setInterval(() => this.#endIdle(), Math.min(options.idleMs, 60_000)).unref()
  }

  /** Handles an authorized request. */
  async handle(request: HttpRequest): Promise<void> {
    const client = await this.#clientOf(request)
    const isGone = typeof client === 'number' || client.connection.isClosed
    if (this.#isDraining && isGone) return refuseDraining(request.response)
    if (typeof client === 'number') return refuse(request.response, client)
    if (!this.#options.shares.begin(request)) return refuse(request.response, 429)
    // The program has not started, because the session of the client ends.
    if ((await client.handle(request)) === 'moved') refuseCut(request.response, request.body, { mayRetry: true })
  }

  async drain(times: DrainTimes): Promise<void> {
    this.#isDraining = true
    await Promise.all(
      [...this.#clients].map(async ([key, client]) => {
        await client.drain(times)
        await this.#end(key)
      }),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#sweep)
    await Promise.all([...this.#clients.keys()].map((key) => this.#end(key)))
  }

  async #clientOf({ request, caller: { id: caller }, body }: HttpRequest): Promise<HttpClient | number> {
    const id = request.headers['mcp-session-id']
    if (id !== undefined) {
      const known = this.#clients.get(`session ${String(id)}`)
      // The sessions of other tokens must look like unknown ones.
      return known === undefined || known.caller !== caller ? 404 : known
    }
    const key = `token ${caller}`
    const isOpening = isInitializeRequest(body)
    const known = isOpening ? undefined : this.#clients.get(key)
    if (known !== undefined) return known
    if (this.#isDraining || !this.#makesRoom(caller)) return 503
    return isOpening ? await this.#openSession(caller) : this.#openStateless(key, caller)
  }

  /** Ends the caller's least recently used session when its share is full, so that it takes no capacity from others. */
  #makesRoom(caller: string): boolean {
    const { maxClients, shares } = this.#options
    const own = [...this.#clients].filter(([, client]) => client.caller === caller)
    if (own.length < shares.of(maxClients)) return this.#clients.size < maxClients
    const [oldest] = own.filter(([, { open }]) => open === 0).toSorted(([, a], [, b]) => a.lastAt - b.lastAt)
    if (oldest === undefined) return false
    void this.#end(oldest[0])
    return true
  }

  async #openSession(caller: string): Promise<HttpClient> {
    const name = randomUUID()
    const key = `session ${name}`
    // The id does not survive a restart of the server, so a stored session could not be resumed.
    const client = await HttpClient.ofSession(this.#server.connectClient({ sessionId: null }), {
      caller,
      ids: { name, shown: () => name, initialize: null },
      onDelete: () => this.#end(key),
    })
    this.#clients.set(key, client)
    return client
  }

  #openStateless(key: string, caller: string): HttpClient {
    const connection = this.#server.connectClient({ sessionId: tokenSession(caller) })
    const client = HttpClient.stateless(connection, { caller, onError: this.#options.onError })
    this.#clients.set(key, client)
    return client
  }

  #endIdle(): void {
    const before = performance.now() - this.#options.idleMs
    for (const [key, { open, lastAt }] of this.#clients) {
      if (open === 0 && lastAt < before) void this.#end(key)
    }
  }

  async #end(key: string): Promise<void> {
    const client = this.#clients.get(key)
    if (client === undefined) return
    this.#clients.delete(key)
    await client.end()
  }
}
