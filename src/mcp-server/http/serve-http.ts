import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { CodecellError, isThrown, messageOf } from '../../errors.ts'
import { callListener } from '../../session/cell/calling-back.ts'
import type { CodecellMcpServer } from '../create-mcp-server.ts'
import { HttpClients } from './http-clients.ts'
import { judgeRequest, type HttpGuardOptions } from './http-guard.ts'
import { readJsonBody } from './read-json-body.ts'
import { checkOptions, type OptionNames } from '../../options/check-options.ts'

export type ServeHttpOptions = {
  /** Default: a free one. */
  readonly port?: number
  /** Default: 127.0.0.1. Another address needs `tokens`, and the names in `hosts` under which it is reached. */
  readonly address?: string
  /** Host headers that are served beside those of loopback, with their ports. */
  readonly hosts?: readonly string[]
  /** Each is a client of its own. An empty list lets everybody in who reaches the port, on loopback only. */
  readonly tokens: readonly string[]
  /** Origin whose pages may call from a browser. Default: none but the server's own. */
  readonly corsOrigin?: string
  /** Default: 4 MiB. */
  readonly maxBodyBytes?: number
  /** After this time without a request a client's cells end, in milliseconds. Default: one hour. */
  readonly idleMs?: number
  /** Each token has an equal share of them. Default: 100. */
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

/** A server that listens. Disposing it ends its connections and terminates its clients' cells. */
export interface HttpServing extends AsyncDisposable {
  readonly url: string
}

const loopback: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost'])
const allowedHeaders =
  'authorization, content-type, mcp-session-id, mcp-protocol-version, mcp-method, mcp-name, last-event-id'

/** Serves streamable HTTP at `/mcp`. Throws `INVALID_OPTION` for what would be open to everybody, or an address that is taken. */
export async function serveHttp(server: CodecellMcpServer, options: ServeHttpOptions): Promise<HttpServing> {
  checkOptions('serveHttp', options, optionNames)
  if (!Array.isArray(options.tokens)) {
    throw new CodecellError(
      'INVALID_OPTION',
      'Cannot serve without the option "tokens" of serveHttp: a list is expected',
    )
  }
  const { address = '127.0.0.1', tokens, corsOrigin = null, maxBodyBytes = 4 * 2 ** 20 } = options
  if (tokens.length === 0 && !loopback.has(address)) {
    throw new CodecellError('INVALID_OPTION', `Cannot serve ${address} without a token: only loopback can do without`)
  }
  const { idleMs = 3_600_000, maxClients = 100 } = options
  const onError = (error: Error): void => callListener('onError', () => options.onError?.(error))
  const clients = new HttpClients(server, { idleMs, maxClients, callers: tokens.length, onError })
  const hosts: string[] = [...(options.hosts ?? [])].map((host) => host.toLowerCase())
  const guard: HttpGuardOptions = { hosts, corsOrigin, tokens }
  const http = createServer(
    // A body of the greatest size has a minute to come; answers may take as long as they want.
    { maxHeaderSize: 16_384, headersTimeout: 10_000, requestTimeout: 60_000, connectionsCheckingInterval: 5000 },
    (request, response) => {
      answer(request, response, { guard, clients, maxBodyBytes }).catch((error: unknown) => {
        onError(isThrown(error, Error) ? error : new Error(messageOf(error)))
        // Says nothing about this machine.
        if (!response.headersSent) response.writeHead(500).end()
        else response.destroy()
      })
    },
  )
  http.maxConnections = 500
  await listen(http, options.port ?? 0, address)
  const port = portOf(http)
  hosts.push(`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`)
  return {
    url: `http://${address.includes(':') ? `[${address}]` : address}:${port}/mcp`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => {
        http.close(resolve)
      })
      await clients[Symbol.asyncDispose]()
      http.closeAllConnections()
      await closed
    },
  }
}

type Serving = { readonly guard: HttpGuardOptions; readonly clients: HttpClients; readonly maxBodyBytes: number }

async function answer(request: IncomingMessage, response: ServerResponse, serving: Serving): Promise<void> {
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
  await clients.handle(request, response, verdict.caller, body?.value)
}

/** What follows on the connection belongs to a request that nobody has read. */
function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  { status, text }: { readonly status: number; readonly text: string },
): void {
  const challenge = status === 401 ? { 'www-authenticate': 'Bearer' } : {}
  response.writeHead(status, { 'content-type': 'text/plain', connection: 'close', ...challenge }).end(text)
  request.resume()
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
    throw new CodecellError('INVALID_OPTION', `Cannot listen at ${address}:${port}: ${messageOf(cause)}`, { cause })
  }
}

function portOf(http: Server): number {
  const address = http.address()
  return address === null || typeof address === 'string' ? 0 : address.port
}
