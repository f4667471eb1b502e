import { setMaxListeners } from 'node:events'
import { Agent, request as requestHttp, type IncomingMessage } from 'node:http'
import { Agent as SecureAgent, request as requestHttps } from 'node:https'
import { setImmediate } from 'node:timers/promises'
import { messageOf } from '../../../errors.ts'
import { packageVersion } from '../../../installation/package-version.ts'
import { decodedBody } from './decoded-body.ts'
import { statusTextOf } from './retry-after.ts'

/** The statuses of responses without a body. */
const bodiless: ReadonlySet<number> = new Set([204, 205, 304])

/** Headers that describe the body as it was sent, and not as it is read. */
const ofCodedBody: ReadonlySet<string> = new Set(['content-encoding', 'content-length'])

/** A request that was not sent, because the connection failed. */
export class NotConnected extends Error {
  constructor(cause: unknown) {
    super(messageOf(cause), { cause })
  }
}

/**
 * Sends requests like `fetch`, without its limit of 300 seconds for a response or a pause in it. The client has its own timeouts.
 * Disposing it closes the connections.
 */
export class HttpFetch implements Disposable {
  readonly #agent: Agent
  readonly #secureAgent: SecureAgent
  #isDisposed = false

  constructor() {
    const proxy = process.env['NODE_USE_ENV_PROXY'] === '1' ? { proxyEnv: process.env } : {}
    this.#agent = new Agent({ keepAlive: true, ...proxy })
    this.#secureAgent = new SecureAgent({ keepAlive: true, ...proxy })
  }

  async fetch(url: string | URL, init: RequestInit = {}): Promise<Response> {
    const target = new URL(url)
    const { signal } = init
    signal?.throwIfAborted()
    // Every request of a connection has the same signal.
    if (signal !== null && signal !== undefined) setMaxListeners(0, signal)
    const response = await this.#send(target, init)
    const { statusCode: status = 500, statusMessage = '', headers } = response
    const body = bodiless.has(status) ? null : ReadableStream.from<Uint8Array>(bodyOf(response))
    if (body === null) response.resume()
    const statusText = statusTextOf(statusMessage, headers['retry-after'])
    return new Response(body, { status, statusText, headers: headersOf(response) })
  }

  async #send(target: URL, { method = 'GET', headers, body, signal }: RequestInit): Promise<IncomingMessage> {
    const isSecure = target.protocol === 'https:'
    const given = new Headers(headers)
    if (!given.has('user-agent')) given.set('user-agent', `codecell/${packageVersion}`)
    const options = { method, headers: Object.fromEntries(given) }
    await this.#dropClosed()
    signal?.throwIfAborted()
    if (this.#isDisposed) throw new NotConnected(new Error('the connection is closed'))
    const request = isSecure
      ? requestHttps(target, { ...options, agent: this.#secureAgent })
      : requestHttp(target, { ...options, agent: this.#agent })
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const onAbort = (): void => {
      reject(abortErrorOf(signal))
      // With an error, Node destroys a connection that can already be without listeners.
      request.destroy()
    }
    const onEnd = (): void => signal?.removeEventListener('abort', onAbort)
    signal?.addEventListener('abort', onAbort, { once: true })
    request.on('close', onEnd)
    request.on('response', (response) => {
      // A body that fails after its reader has left has no other listener.
      response.on('error', () => undefined)
      // The connection then belongs to the next request.
      response.on('end', onEnd)
      resolve(response)
    })
    let isConnected = false
    request.on('socket', (socket) => {
      if (request.reusedSocket) isConnected = true
      else socket.once(isSecure ? 'secureConnect' : 'connect', () => (isConnected = true))
    })
    request.on('error', (error) => reject(isConnected ? error : new NotConnected(error)))
    if (signal?.aborted === true) onAbort()
    else request.end(typeof body === 'string' ? body : undefined)
    return await promise
  }

  /** Lets the agent see which of its connections the server has closed: a request on one of them would have an unknown outcome. */
  async #dropClosed(): Promise<void> {
    const isReused = [this.#agent, this.#secureAgent].some(({ freeSockets }) => Object.keys(freeSockets).length > 0)
    if (!isReused) return
    // The first immediate can run before the next poll for events.
    await setImmediate()
    await setImmediate()
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true
    for (const agent of [this.#agent, this.#secureAgent]) {
      // The agent keeps the connection of a request that ended before it had one.
      agent.maxFreeSockets = 0
      agent.destroy()
    }
  }
}

/** A body that cannot be decoded is an error of its reader, which has the status. */
async function* bodyOf(response: IncomingMessage): AsyncGenerator<Uint8Array> {
  yield* decodedBody(response)
}

function abortErrorOf(signal: AbortSignal | null | undefined): Error {
  const reason: unknown = signal?.reason
  return reason instanceof Error ? reason : new Error(messageOf(reason))
}

function headersOf({ headersDistinct }: IncomingMessage): Headers {
  const headers = new Headers()
  for (const [name, values] of Object.entries(headersDistinct)) {
    if (ofCodedBody.has(name)) continue
    for (const value of values ?? []) headers.append(name, value)
  }
  return headers
}
