import type { IncomingMessage } from 'node:http'
import {
  createMcpHandler,
  WebStandardStreamableHTTPServerTransport,
  type McpHandlerRequestOptions,
} from '@modelcontextprotocol/server'
import type { McpClientConnection } from '../../connected-client.ts'
import { isRecord } from '../../../protocol/json.ts'
import { settledWithin } from '../../../session/common/timing.ts'
import type { DrainTimes } from '../../drain-options.ts'
import { Discarding } from './discarding.ts'
import { authOf } from '../../request-rights.ts'
import { refuseCut, type HttpRequest } from './http-request.ts'
import { handleWeb, type WebHandler } from './handle-web.ts'

/** Maximum time for the last responses of a client to be sent when it is drained, and when it ends, in milliseconds. */
const drainedMs = 5000
const endedMs = 1000

/** A client; it is idle when it has no `open` requests. */
export class HttpClient {
  readonly connection: McpClientConnection
  /** The caller that opened it. */
  readonly caller: string
  readonly #fetch: WebHandler
  readonly #close: () => Promise<void>
  /** Each resolves when a response has ended, except for streams, which the client keeps open. */
  readonly #responses = new Set<Promise<void>>()
  open = 0
  lastAt: number = performance.now()

  private constructor(
    parts: { readonly connection: McpClientConnection; readonly caller: string },
    { fetch, close }: { readonly fetch: WebHandler; readonly close: () => Promise<void> },
  ) {
    this.connection = parts.connection
    this.caller = parts.caller
    this.#fetch = fetch
    this.#close = close
  }

  /** A client of the newer protocol: all requests with its token. */
  static stateless(
    connection: McpClientConnection,
    { caller, onError }: { readonly caller: string; readonly onError: (error: Error) => void },
  ): HttpClient {
    const handler = createMcpHandler(() => connection.build({ lasting: false }), { legacy: 'reject', onerror: onError })
    return new HttpClient(
      { connection, caller },
      { fetch: (request, options) => handler.fetch(request, options), close: () => handler.close() },
    )
  }

  /** A client of the older protocol, with a session id. Its first request is `initialize`. */
  static async ofSession(
    connection: McpClientConnection,
    {
      caller,
      ids,
      onDelete,
    }: { readonly caller: string; readonly ids: SessionIds; readonly onDelete: () => Promise<void> },
  ): Promise<HttpClient> {
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => ids.name,
      onsessionclosed: onDelete,
    })
    const mcp = connection.build()
    // Before the first response: the client can send the next request at once.
    await mcp.connect(transport)
    const fetch = async (request: Request, options?: McpHandlerRequestOptions): Promise<Response> =>
      await withShownId(request, ids, () => transport.handleRequest(request, options))
    const client = new HttpClient({ connection, caller }, { fetch, close: () => mcp.close() })
    if (ids.initialize !== null) await repeatInitialize(transport, ids.name, ids.initialize)
    return client
  }

  /**
   * Handles a request. Without `survivesDisconnect`, a connection that ends cancels it. Returns `moved` when the session has left
   * this process before the request had an effect: then it has no response yet.
   */
  async handle(
    { request, response, caller, body }: HttpRequest,
    { survivesDisconnect = false }: { readonly survivesDisconnect?: boolean } = {},
  ): Promise<'done' | 'moved'> {
    // Its connection has ended while it waited for its owner: a response would take output that no client receives.
    if (response.closed) return 'done'
    this.open++
    this.lastAt = performance.now()
    const ended = Promise.withResolvers<void>()
    const isCall = !isStream(request, body)
    if (isCall) this.#responses.add(ended.promise)
    const disconnected = new AbortController()
    const onEnd = (): void => {
      this.open--
      this.lastAt = performance.now()
      this.#responses.delete(ended.promise)
      ended.resolve()
    }
    const onClose = (): void => {
      onEnd()
      if (!response.writableFinished) disconnected.abort(new Error('the connection has ended'))
    }
    response.once('close', onClose)
    const discarding = new Discarding(body)
    const auth = authOf(caller.id, {
      mayDecide: caller.mayDecide,
      disconnected: survivesDisconnect ? disconnected.signal : null,
      discard: discarding.discard,
    })
    await handleWeb(this.#fetch, { request, response, body, auth, onSend: discarding.onSend, holdsHeaders: isCall })
    const { reason } = discarding
    if (reason === null || response.closed) return 'done'
    if (reason === 'moved') {
      response.off('close', onClose)
      onEnd()
      return 'moved'
    }
    refuseCut(response, body, { mayRetry: reason === 'closed' })
    return 'done'
  }

  /** Closes the session when its calls have ended, at the latest when the time is over. */
  async drain(times: DrainTimes): Promise<void> {
    await this.connection.drain(times)
    await settledWithin([...this.#responses], drainedMs)
  }

  async end(): Promise<void> {
    // First, so that programs are not canceled, and their calls have responses.
    await this.connection[Symbol.asyncDispose]()
    await settledWithin([...this.#responses], endedMs)
    await this.#close().catch(() => undefined)
  }
}

/** The id of a session of the older protocol. */
export type SessionIds = {
  /** The id without its signature. */
  readonly name: string
  /** Returns the id as the client has it. */
  readonly shown: () => string
  /** The parameters of an `initialize` that another node has answered; null for a new session. */
  readonly initialize: Readonly<Record<string, unknown>> | null
}

/** Handles a request under the name of its session, so that the signature can change. */
async function withShownId(request: Request, ids: SessionIds, handle: () => Promise<Response>): Promise<Response> {
  const given = request.headers.get(idHeader)
  if (given !== null) request.headers.set(idHeader, ids.name)
  const response = await handle()
  if (response.headers.has(idHeader)) response.headers.set(idHeader, given ?? ids.shown())
  return response
}

const idHeader = 'mcp-session-id'

/** Returns whether a request is not one that the end of its client waits for: a stream of notifications, or a DELETE, which ends it. */
export function isStream({ method }: IncomingMessage, body: unknown): boolean {
  return method !== 'POST' || (isRecord(body) && body['method'] === 'subscriptions/listen')
}

/** Brings a new transport and its server to the state after `initialize`. */
async function repeatInitialize(
  transport: WebStandardStreamableHTTPServerTransport,
  name: string,
  params: Readonly<Record<string, unknown>>,
): Promise<void> {
  const post = async (message: object, headers: Readonly<Record<string, string>> = {}): Promise<void> => {
    const accept = 'application/json, text/event-stream'
    const request = new Request('http://localhost/mcp', {
      method: 'POST',
      headers: { accept, 'content-type': 'application/json', ...headers },
    })
    const response = await transport.handleRequest(request, { parsedBody: { jsonrpc: '2.0', ...message } })
    await response.text()
  }
  await post({ id: 'initialize-again', method: 'initialize', params })
  await post({ method: 'notifications/initialized' }, { [idHeader]: name })
}
