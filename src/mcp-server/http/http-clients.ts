import { createHash, randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createMcpHandler, isInitializeRequest } from '@modelcontextprotocol/server'
import { NodeStreamableHTTPServerTransport, toNodeHandler } from '@modelcontextprotocol/node'
import { isRecord } from '../../protocol/json.ts'
import { settledWithin } from '../../session/common/timing.ts'
import type { CodecellMcpServer, McpClientConnection } from '../create-mcp-server.ts'
import type { DrainTimes } from '../drain-options.ts'

export type HttpClientsOptions = {
  readonly idleMs: number
  readonly maxClients: number
  /** The number of tokens. Each has an equal share of the clients and of the concurrent requests. */
  readonly callers: number
  readonly onError: (error: Error) => void
}

/** Concurrent requests of all clients. The server accepts a few more connections. */
const maxRequests = 400

/** Maximum time for the last responses of a client to be sent when it is drained, in milliseconds. */
const flushMs = 1000

const refusals: { readonly [status: number]: string } = {
  404: 'Unknown session',
  429: 'Too many concurrent requests of this client',
  503: 'Too many clients',
}

type Handle = (request: IncomingMessage, response: ServerResponse, body: unknown) => Promise<void>

/** A client; it is idle when it has no `open` requests. */
type HttpClient = {
  readonly connection: McpClientConnection
  readonly handle: Handle
  readonly caller: string
  readonly close: () => Promise<void>
  /** Each resolves when a response has ended, except for streams, which the client keeps open. */
  readonly responses: Set<Promise<void>>
  open: number
  lastAt: number
}

/**
 * The clients of one port. A client of the older protocol has a session with a random id that is bound to its token. In the newer
 * protocol there are no session ids: all requests with the same token are one client.
 */
export class HttpClients implements AsyncDisposable {
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
  async handle(request: IncomingMessage, response: ServerResponse, caller: string, body: unknown): Promise<void> {
    const client = await this.#clientOf(request, caller, body)
    const isGone = typeof client === 'number' || client.connection.isClosed
    if (this.#isDraining && isGone) return refuseDraining(response)
    if (typeof client === 'number') return refuse(response, client)
    if (this.#openRequestsOf(caller) >= this.#shareOf(maxRequests)) return refuse(response, 429)
    client.open++
    client.lastAt = performance.now()
    const ended = new Promise<void>((resolve) => {
      response.once('close', () => {
        client.open--
        client.lastAt = performance.now()
        client.responses.delete(ended)
        resolve()
      })
    })
    if (!isStream(request, body)) client.responses.add(ended)
    await client.handle(request, response, body)
  }

  /** Takes no new clients, and ends each client when its calls have ended, at the latest when the time is over. */
  async drain(times: DrainTimes): Promise<void> {
    this.#isDraining = true
    await Promise.all(
      [...this.#clients].map(async ([key, client]) => {
        await client.connection.drain(times)
        await settledWithin([...client.responses], flushMs)
        await this.#end(key)
      }),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#sweep)
    await Promise.all([...this.#clients.keys()].map((key) => this.#end(key)))
  }

  async #clientOf(request: IncomingMessage, caller: string, body: unknown): Promise<HttpClient | number> {
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
    if (this.#isDraining) return 503
    if (!this.#makesRoom(caller)) return 503
    return isOpening ? await this.#openSession(caller) : this.#openStateless(key, caller)
  }

  /** Ends the caller's least recently used session when its share is full, so that it takes no capacity from others. */
  #makesRoom(caller: string): boolean {
    const { maxClients } = this.#options
    const own = [...this.#clients].filter(([, client]) => client.caller === caller)
    if (own.length < this.#shareOf(maxClients)) return this.#clients.size < maxClients
    const [oldest] = own.filter(([, { open }]) => open === 0).toSorted(([, a], [, b]) => a.lastAt - b.lastAt)
    if (oldest === undefined) return false
    void this.#end(oldest[0])
    return true
  }

  #shareOf(all: number): number {
    return Math.max(1, Math.floor(all / Math.max(1, this.#options.callers)))
  }

  #openRequestsOf(caller: string): number {
    return this.#clients.values().reduce((sum, client) => sum + (client.caller === caller ? client.open : 0), 0)
  }

  async #openSession(caller: string): Promise<HttpClient> {
    const id = randomUUID()
    const key = `session ${id}`
    // The id does not survive a restart of the server, so a stored session could not be resumed.
    const connection = this.#server.connectClient({ sessionId: null })
    const transport = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: () => id,
      onsessionclosed: () => this.#end(key),
    })
    const mcp = connection.build()
    const client: HttpClient = {
      connection,
      caller,
      handle: (request, response, body) => transport.handleRequest(request, response, body),
      close: () => mcp.close(),
      responses: new Set(),
      open: 0,
      lastAt: performance.now(),
    }
    // Before the first response: the client can send the next request at once.
    this.#clients.set(key, client)
    await mcp.connect(transport)
    return client
  }

  #openStateless(key: string, caller: string): HttpClient {
    const connection = this.#server.connectClient({ sessionId: sessionOf(caller) })
    const handler = createMcpHandler(() => connection.build({ lasting: false }), {
      legacy: 'reject',
      onerror: this.#options.onError,
    })
    const nodeHandler = toNodeHandler(handler)
    const client: HttpClient = {
      connection,
      caller,
      // The types of the SDK do not support `exactOptionalPropertyTypes`.
      handle: async (request, response, body) => {
        await Reflect.apply(nodeHandler, undefined, [request, response, body])
      },
      close: () => handler.close(),
      responses: new Set(),
      open: 0,
      lastAt: performance.now(),
    }
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
    await client.close().catch(() => undefined)
    await client.connection[Symbol.asyncDispose]()
  }
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' }).end(refusals[status])
}

/** A load balancer can send the request to another node. */
function refuseDraining(response: ServerResponse): void {
  const headers = { 'content-type': 'text/plain', 'retry-after': '1', connection: 'close' }
  response.writeHead(503, headers).end('The server is shutting down')
}

/** Returns whether the response of a request is a stream of notifications, which has no end. */
function isStream({ method }: IncomingMessage, body: unknown): boolean {
  return method === 'GET' || (isRecord(body) && body['method'] === 'subscriptions/listen')
}

/** Returns the id of the stored session of a token. The id does not reveal the token. */
function sessionOf(caller: string): string {
  return `token-${createHash('sha256').update(`codecell ${caller}`).digest('hex').slice(0, 32)}`
}
