import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { CodecellError, isThrown, messageOf } from '../../errors.ts'
import { callListener } from '../../session/common/call-listener.ts'
import { settledWithin } from '../../session/common/timing.ts'
import { answerProbe, type ProbeState } from '../../probes/answer-probe.ts'
import { checkBody, parseErrorResponse, type ErrorResponse } from '../check-message.ts'
import type { CodecellMcpServer } from '../create-mcp-server.ts'
import { drainTimesOf, type DrainOptions } from '../drain-options.ts'
import { HttpClients } from './http-clients.ts'
import { judgeRequest, type HttpGuardOptions } from './http-guard.ts'
import { readJsonBody } from './read-json-body.ts'
import { checkOptions, type OptionNames } from '../../options/check-options.ts'

export type ServeHttpOptions = {
  /** @default a free port */
  readonly port?: number
  /**
   * Another address requires `tokens`, and its host names in `hosts`.
   *
   * @default '127.0.0.1'
   */
  readonly address?: string
  /** Accepted Host headers in addition to those of loopback, with their ports. */
  readonly hosts?: readonly string[]
  /** Each token is a separate client. An empty list disables authentication, on loopback only. */
  readonly tokens: readonly string[]
  /**
   * The origin whose pages can send requests from a browser.
   *
   * @default only the origin of the server
   */
  readonly corsOrigin?: string
  /** @default 4194304 */
  readonly maxBodyBytes?: number
  /**
   * Time without a request after which a client ends with its cells, in milliseconds.
   *
   * @default 3600000
   */
  readonly idleMs?: number
  /**
   * Each token has an equal share of them.
   *
   * @default 100
   */
  readonly maxClients?: number
  readonly onError?: (error: Error) => void
}

const optionNames: OptionNames<ServeHttpOptions> = {
  port: 'any',
  address: 'any',
  hosts: 'any',
  tokens: 'any',
  corsOrigin: 'any',
  maxBodyBytes: 'any',
  idleMs: 'any',
  maxClients: 'any',
  onError: 'function',
}

/** A listening server. Disposing it ends its connections and terminates the cells of its clients. */
export interface HttpServing extends AsyncDisposable {
  readonly url: string
  /**
   * Takes no new clients, and disposes the server when the calls in progress have ended, or when the time is over. From the start,
   * `/readyz` responds with 503. Programs of stored sessions yield after `yieldMs`, and resume in another process.
   *
   * @throws {CodecellError} `INVALID_OPTION` when a time is invalid
   */
  drain(options?: DrainOptions): Promise<void>
}

const loopback: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost'])
/** Maximum time for the last requests at the end of a drain, in milliseconds. */
const refusalMs = 1000
const allowedHeaders =
  'authorization, content-type, mcp-session-id, mcp-protocol-version, mcp-method, mcp-name, last-event-id'

/**
 * Serves streamable HTTP at `/mcp`, and probes without a token at `/healthz` and `/readyz`.
 *
 * @throws {CodecellError} INVALID_OPTION when an address beyond loopback has no token, or is in use.
 * @example
 * ```ts
 * await using server = createMcpServer({ tools })
 * await using http = await serveHttp(server, { tokens: ['secret'], port: 8080 })
 * console.log(http.url)
 * ```
 */
export async function serveHttp(server: CodecellMcpServer, options: ServeHttpOptions): Promise<HttpServing> {
  checkOptions('serveHttp', options, optionNames)
  if (!Array.isArray(options.tokens)) {
    throw new CodecellError(
      'INVALID_OPTION',
      'Cannot use option "tokens" of serveHttp: expected a list of tokens, which is empty to disable authentication',
    )
  }
  const { address = '127.0.0.1', tokens, corsOrigin = null, maxBodyBytes = 4 * 2 ** 20 } = options
  if (tokens.length === 0 && !loopback.has(address)) {
    throw new CodecellError(
      'INVALID_OPTION',
      `Cannot serve ${address} without a token: only loopback addresses can disable authentication`,
    )
  }
  const { idleMs = 3_600_000, maxClients = 100 } = options
  const onError = (error: Error): void => callListener('onError', () => options.onError?.(error))
  const clients = new HttpClients(server, { idleMs, maxClients, callers: tokens.length, onError })
  const hosts: string[] = [...(options.hosts ?? [])].map((host) => host.toLowerCase())
  const guard: HttpGuardOptions = { hosts, corsOrigin, tokens }
  const state: ProbeState & { isDraining: boolean } = { isDraining: false, readiness: () => server.readiness() }
  const http = createServer(
    // A request must arrive within a minute. Responses have no time limit.
    { maxHeaderSize: 16_384, headersTimeout: 10_000, requestTimeout: 60_000, connectionsCheckingInterval: 5000 },
    (request, response) => {
      // A client with a connection that stays open would not reach another node.
      if (state.isDraining) response.shouldKeepAlive = false
      if (answerProbe(request, response, state)) return
      handle(request, response, { guard, clients, maxBodyBytes }).catch((error: unknown) => {
        onError(isThrown(error, Error) ? error : new Error(messageOf(error)))
        // The response must not reveal anything about this machine.
        if (!response.headersSent) response.writeHead(500).end()
        else response.destroy()
      })
    },
  )
  http.maxConnections = 500
  await listen(http, options.port ?? 0, address)
  const port = portOf(http)
  hosts.push(`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`)
  const serving: HttpServing = {
    async drain(draining = {}) {
      const times = drainTimesOf(draining)
      state.isDraining = true
      await clients.drain(times)
      // Requests that are being received get their refusal.
      await settledWithin([closed(http)], refusalMs)
      await serving[Symbol.asyncDispose]()
    },
    url: `http://${address.includes(':') ? `[${address}]` : address}:${port}/mcp`,
    async [Symbol.asyncDispose]() {
      const ended = closed(http)
      await clients[Symbol.asyncDispose]()
      http.closeAllConnections()
      await ended
    },
  }
  return serving
}

type Serving = { readonly guard: HttpGuardOptions; readonly clients: HttpClients; readonly maxBodyBytes: number }

async function handle(request: IncomingMessage, response: ServerResponse, serving: Serving): Promise<void> {
  const { guard, clients, maxBodyBytes } = serving
  response.setHeader('cache-control', 'no-store').setHeader('x-content-type-options', 'nosniff')
  const verdict = judgeRequest(request, guard)
  if (verdict.type === 'refuse') return refuse(request, response, verdict)
  if (guard.corsOrigin !== null && request.headers.origin === guard.corsOrigin) allowOrigin(response, guard.corsOrigin)
  if (request.method === 'OPTIONS') {
    response.writeHead(204, {
      'access-control-allow-methods': 'POST, GET, DELETE',
      'access-control-allow-headers': allowedHeaders,
    })
    response.end()
    return
  }
  const body = request.method === 'POST' ? await readJsonBody(request, maxBodyBytes) : null
  if (body?.type === 'refused') return refuse(request, response, body)
  if (body?.type === 'malformed') return respond(response, parseErrorResponse())
  if (body === null) return await clients.handle(request, response, verdict.caller, undefined)
  const checked = checkBody(body.value)
  if (checked.type === 'refused') return respond(response, checked.response)
  await clients.handle(request, response, verdict.caller, checked.value)
}

/** Refuses a request, and discards the rest of its body. */
function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  { status, text }: { readonly status: number; readonly text: string },
): void {
  const challenge = status === 401 ? { 'www-authenticate': 'Bearer' } : {}
  response.writeHead(status, { 'content-type': 'text/plain', connection: 'close', ...challenge }).end(text)
  request.resume()
}

function respond(response: ServerResponse, error: ErrorResponse | readonly ErrorResponse[]): void {
  response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify(error))
}

function allowOrigin(response: ServerResponse, origin: string): void {
  response
    .setHeader('access-control-allow-origin', origin)
    .setHeader('access-control-expose-headers', 'mcp-session-id')
    .setHeader('vary', 'origin')
}

async function listen(http: Server, port: number, address: string): Promise<void> {
  const failed = Promise.withResolvers<void>()
  http.once('error', failed.reject)
  http.listen(port, address, () => failed.resolve())
  try {
    await failed.promise
  } catch (cause) {
    throw new CodecellError('INVALID_OPTION', `Cannot listen on ${address}:${port}: ${messageOf(cause)}`, { cause })
  }
}

/** Stops listening. Resolves when all connections have ended. */
async function closed(http: Server): Promise<void> {
  await new Promise((resolve) => http.close(resolve))
}

function portOf(http: Server): number {
  const address = http.address()
  return address === null || typeof address === 'string' ? 0 : address.port
}
