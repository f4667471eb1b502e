import { Agent as HttpAgent, request as requestHttp, type ClientRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { pipeline } from 'node:stream'
import { isCallOf, refuse, type HttpRequest } from '../clients/http-request.ts'
import { pemOf, type PeerTls } from './peer-tls.ts'

/** The header that marks a forwarded request. The owner does not forward it again. */
export const hopHeader = 'codecell-hop'

/** Headers for the owner. The others concern the connection of the client, or the node that it reached. */
const requestHeaders = [
  'accept',
  'authorization',
  'content-type',
  'last-event-id',
  'mcp-method',
  'mcp-name',
  'mcp-protocol-version',
  'mcp-session-id',
  'traceparent',
  'tracestate',
]

const responseHeaders = [
  'allow',
  'content-type',
  'mcp-protocol-version',
  'mcp-session-id',
  'retry-after',
  'www-authenticate',
  'x-accel-buffering',
]

/** Time for a connection to a node, in milliseconds. */
const connectMs = 3000

/** Idle time after which the connection to a node is probed, in milliseconds. The system probes ten times, once a second. */
const probeMs = 5000

/**
 * The result of forwarding. `not_owner` and `unreachable`: the node has not handled the request, so that it can be sent elsewhere, as
 * a `wait` can whose node ends before the response.
 * `done`: the client has a response, or it disconnected.
 */
export type Forwarded = 'done' | 'not_owner' | 'unreachable'

/** Sends requests of clients to other nodes. */
export class Forwarder implements Disposable {
  readonly #tls: PeerTls | null
  // A connection serves one request: whether a request on a used one was received cannot be known when it breaks.
  readonly #http = new HttpAgent({ keepAlive: false })
  readonly #https: HttpsAgent

  constructor(tls: PeerTls | null) {
    this.#tls = tls
    this.#https = new HttpsAgent({ keepAlive: false, maxCachedSessions: 1000 })
  }

  /** Sends a request to the node at a URL, and its response to the client. Aborting `signal` ends both. */
  async forward(url: string, { request, response, body, bytes }: HttpRequest, signal: AbortSignal): Promise<Forwarded> {
    if (response.closed) return 'done'
    const outgoing = this.#open(new URL(url), request)
    const result = Promise.withResolvers<Forwarded>()
    let isConnected = false
    outgoing.once('socket', (socket) => {
      socket.setKeepAlive(true, probeMs)
      const timer = setTimeout(() => socket.destroy(new Error('the node did not accept the connection')), connectMs)
      socket.once('secureConnect' in socket && this.#isSecure(url) ? 'secureConnect' : 'connect', () => {
        clearTimeout(timer)
        isConnected = true
        // Not before: a request of which nothing was sent can be sent to another node.
        outgoing.end(bytes ?? undefined)
      })
      socket.once('close', () => clearTimeout(timer))
    })
    const onClientGone = (): void => void outgoing.destroy()
    response.once('close', onClientGone)
    const onOwnerGone = (): void => void outgoing.destroy(new Error('another node has the session'))
    signal.addEventListener('abort', onOwnerGone, { once: true })
    outgoing.once('response', (incoming) => {
      if (incoming.statusCode === 421) {
        incoming.resume()
        return result.resolve('not_owner')
      }
      return sendResponse(incoming, response, () => result.resolve('done'))
    })
    outgoing.once('error', () => {
      if (response.closed) return result.resolve('done')
      if (!isConnected) return result.resolve('unreachable')
      if (response.headersSent) response.destroy()
      else if (isWait(body)) return result.resolve('not_owner')
      else refuse(response, 502)
      return result.resolve('done')
    })
    try {
      return await result.promise
    } finally {
      response.off('close', onClientGone)
      signal.removeEventListener('abort', onOwnerGone)
    }
  }

  [Symbol.dispose](): void {
    this.#http.destroy()
    this.#https.destroy()
  }

  #isSecure(url: string): boolean {
    return url.startsWith('https:')
  }

  #open(url: URL, request: IncomingMessage): ClientRequest {
    const headers: Record<string, string | string[]> = { [hopHeader]: '1' }
    for (const name of requestHeaders) {
      const value = request.headers[name]
      if (value !== undefined) headers[name] = value
    }
    const { method = 'POST' } = request
    const path = '/mcp'
    if (!this.#isSecure(url.href)) return requestHttp(url, { method, path, headers, agent: this.#http })
    const tls = this.#tls === null ? {} : pemOf(this.#tls)
    const servername = this.#tls?.serverName
    const name = servername === undefined ? {} : { servername }
    return requestHttps(url, { method, path, headers, agent: this.#https, minVersion: 'TLSv1.3', ...tls, ...name })
  }
}

/** Returns whether a request is a `wait`, which can be sent again. */
function isWait(body: unknown): boolean {
  return !Array.isArray(body) && isCallOf(body, 'wait')
}

function sendResponse(incoming: IncomingMessage, response: HttpRequest['response'], onDone: () => void): void {
  const headers: Record<string, string | string[]> = {}
  for (const name of responseHeaders) {
    const value = incoming.headers[name]
    if (value !== undefined) headers[name] = value
  }
  response.writeHead(incoming.statusCode ?? 502, headers)
  // So that the client of a stream sees that it has begun.
  response.flushHeaders()
  // The response of an owner that dies ends early, which destroys that to the client.
  pipeline(incoming, response, onDone)
}
