import type { IncomingMessage, ServerResponse } from 'node:http'
import { CodecellError } from '../../errors.ts'
import { callListener } from '../../session/common/call-listener.ts'
import { settledWithin } from '../../session/common/timing.ts'
import { drainTimesOf, type DrainOptions } from '../drain-options.ts'
import { answerProbe, type ProbeState } from '../../probes/answer-probe.ts'
import type { CodecellMcpServer } from '../create-mcp-server.ts'
import type { Authenticate } from './callers/authenticate.ts'
import { authenticateByList } from './callers/authenticate-by-list.ts'
import type { JwtOptions } from './callers/jwt-options.ts'
import type { HttpClients } from './clients/http-request.ts'
import { CallerShares } from './clients/caller-shares.ts'
import { openFleet, type FleetOptions } from './fleet/fleet-options.ts'
import { requestListener } from './handle-http.ts'
import { LocalClients } from './clients/local-clients.ts'
import { listenHttp } from './listen.ts'
import { checkOptions, type OptionNames } from '../../options/check-options.ts'
import { Cleanups } from '../../collections/cleanups.ts'

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
  /** Each token is a separate client. An empty list disables authentication, on loopback only or with `jwt`. */
  readonly tokens: readonly string[]
  /**
   * Tokens of an authorization server, instead of `tokens`.
   *
   * @default none
   */
  readonly jwt?: JwtOptions
  /**
   * The origin whose pages can send requests from a browser.
   *
   * @default only the origin of the server
   */
  readonly corsOrigin?: string
  /** @default 4194304 */
  readonly maxBodyBytes?: number
  /**
   * Time without a request after which a client ends with its cells, in milliseconds. Without effect with `fleet`.
   *
   * @default 3600000
   */
  readonly idleMs?: number
  /**
   * Each token has an equal share of them. With `fleet`, the sessions that this server has open.
   *
   * @default 100, with `fleet` 1000
   */
  readonly maxClients?: number
  /**
   * Several servers that share the store of this server.
   *
   * @default this server alone
   */
  readonly fleet?: FleetOptions
  readonly onError?: (error: Error) => void
}

const optionNames: OptionNames<ServeHttpOptions> = {
  port: 'any',
  address: 'any',
  hosts: 'any',
  tokens: 'any',
  jwt: 'any',
  corsOrigin: 'any',
  maxBodyBytes: 'any',
  idleMs: 'any',
  maxClients: 'any',
  fleet: 'any',
  onError: 'function',
}

/** A listening server. Disposing it ends its connections and terminates the cells of its clients, except those of stored sessions. */
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

/** Maximum time for the last requests at the end of a drain, in milliseconds. */
const refusalMs = 1000

const loopback: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost'])

/**
 * Serves streamable HTTP at `/mcp`, and probes without a token at `/healthz` and `/readyz`.
 *
 * @throws {CodecellError} INVALID_OPTION when an address beyond loopback has no token, or is in use; with `fleet` also
 * STORE_UNREACHABLE.
 * @example
 * ```ts
 * await using server = createMcpServer({ tools })
 * await using http = await serveHttp(server, { tokens: ['secret'], port: 8080 })
 * console.log(http.url)
 * ```
 */
export async function serveHttp(server: CodecellMcpServer, options: ServeHttpOptions): Promise<HttpServing> {
  checkOptions('serveHttp', options, optionNames)
  const { address = '127.0.0.1', corsOrigin = null, maxBodyBytes = 4 * 2 ** 20, fleet } = options
  const tokens = tokensOf(options, address)
  const onError = (error: Error): void => callListener('onError', () => options.onError?.(error))
  const callers = await callersOf(options, tokens, onError)
  await using opened = new Cleanups()
  const clients = opened.use(await clientsOf(server, options, { callers: callers.count, onError }))
  const hosts: string[] = [...(options.hosts ?? [])].map((host) => host.toLowerCase())
  const { authenticate } = callers
  const own = { authenticate, clients, maxBodyBytes, onError }
  const serveClients = requestListener({ ...own, guard: { hosts, corsOrigin }, isForwarded: false })
  const serveNodes = requestListener({ ...own, guard: { hosts: null, corsOrigin: null }, isForwarded: true })
  const state: ProbeState & { isDraining: boolean } = { isDraining: false, readiness: () => server.readiness() }
  const http = opened.use(
    await listenHttp({ address, port: options.port ?? 0, tls: null }, (request, response) => {
      // A client with a connection that stays open would not reach another node.
      if (state.isDraining) response.shouldKeepAlive = false
      if (!answerProbe(request, response, state) && !callers.describe(request, response))
        serveClients(request, response)
    }),
  )
  const { port } = http
  hosts.push(`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`)
  const peers = fleet?.peer === undefined ? null : opened.use(await listenHttp(fleet.peer, serveNodes))
  const listening = opened.move()
  const dispose = async (): Promise<void> => {
    void http.close()
    // Other nodes forward requests for the sessions that are not released yet.
    await clients[Symbol.asyncDispose]()
    void peers?.close()
    await listening[Symbol.asyncDispose]()
  }
  return {
    url: `http://${address.includes(':') ? `[${address}]` : address}:${port}/mcp`,
    async drain(draining = {}) {
      const times = drainTimesOf(draining)
      state.isDraining = true
      await clients.drain(times)
      // Requests that are being received get their refusal.
      await settledWithin([http.close(), ...(peers === null ? [] : [peers.close()])], refusalMs)
      await dispose()
    },
    [Symbol.asyncDispose]: dispose,
  }
}

type ClientsOptions = { readonly callers: number | null; readonly onError: (error: Error) => void }

async function clientsOf(
  server: CodecellMcpServer,
  { idleMs = 3_600_000, maxClients, fleet, jwt }: ServeHttpOptions,
  { callers, onError }: ClientsOptions,
): Promise<HttpClients> {
  const shares = new CallerShares(callers)
  if (fleet !== undefined) {
    const hasTenants = jwt?.tenantClaim !== undefined
    return await openFleet(server, fleet, { maxClients: maxClients ?? 1000, shares, hasTenants, onError })
  }
  return new LocalClients(server, { idleMs, maxClients: maxClients ?? 100, shares, onError })
}

type Callers = {
  readonly authenticate: Authenticate
  /** The number of callers; null when it is not known. */
  readonly count: number | null
  /** Responds to a request for a description of the tokens. Returns whether the request was one. */
  readonly describe: (request: IncomingMessage, response: ServerResponse) => boolean
}

/** Returns how the callers of requests are found. The package for JWTs is loaded only when it is needed. */
async function callersOf(
  { jwt }: ServeHttpOptions,
  tokens: readonly string[],
  onError: (error: Error) => void,
): Promise<Callers> {
  if (jwt === undefined) {
    return { authenticate: authenticateByList(tokens), count: tokens.length, describe: () => false }
  }
  const { authenticateByIssuer, describeResource } = await import('./callers/authenticate-by-issuer.ts')
  const authenticate = authenticateByIssuer(jwt, onError)
  return { authenticate, count: null, describe: (request, response) => describeResource(jwt, request, response) }
}

function tokensOf({ tokens, jwt, fleet }: ServeHttpOptions, address: string): readonly string[] {
  if (!Array.isArray(tokens)) {
    throw new CodecellError(
      'INVALID_OPTION',
      'Cannot use option "tokens" of serveHttp: expected a list of tokens, which is empty to disable authentication',
    )
  }
  if (jwt?.tenantClaim !== undefined && fleet === undefined) {
    throw new CodecellError(
      'INVALID_OPTION',
      'Cannot use option "tenantClaim" of tokens: expected the option "fleet", because tenants are those of its store',
    )
  }
  if (jwt !== undefined && tokens.length > 0) {
    throw new CodecellError(
      'INVALID_OPTION',
      'Cannot use the options "tokens" and "jwt" of serveHttp together: expected an empty list of tokens',
    )
  }
  if (jwt !== undefined || tokens.length > 0 || loopback.has(address)) return tokens
  throw new CodecellError(
    'INVALID_OPTION',
    `Cannot serve ${address} without a token: only loopback addresses can disable authentication`,
  )
}
