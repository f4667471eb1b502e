import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { CodecellError, messageOf } from '../errors.ts'
import type { TracePrices } from '../trace/view/prices.ts'
import { BundleView } from './bundle-view.ts'
import { contentPolicy, readViewerPage } from './viewer-page.ts'
import { watchBundle } from './watch-bundle.ts'
import { checkOptions, type OptionNames } from '../options/check-options.ts'

export type TraceViewServerOptions = {
  /** The folder of the bundle. */
  readonly directory: string
  /** @default any free port */
  readonly port?: number
  /**
   * Notifies pages when the bundle has grown.
   *
   * @default false
   */
  readonly follow?: boolean
  /**
   * The HTML of a page without data.
   *
   * @default the viewer of this package
   */
  readonly page?: string
  /**
   * Prices of models, for the costs of requests.
   *
   * @default no costs
   */
  readonly prices?: TracePrices
}

const optionNames: OptionNames<TraceViewServerOptions> = {
  directory: 'any',
  port: 'any',
  follow: 'boolean',
  page: 'any',
  prices: 'any',
}

/** A running server; dispose it to stop. */
export type TraceViewServer = AsyncDisposable & {
  /** The address, with a random part that grants access. */
  readonly url: string
}

/** The maximum size of a payload that is sent, in bytes. */
const maxPayloadBytes = 2 ** 25

/** The maximum number of pages that follow at the same time. */
const maxFollowers = 50

/**
 * Serves the viewer of one bundle at 127.0.0.1, for `GET` only, under an unguessable address.
 *
 * @throws {CodecellError} `INVALID_OPTION` for an unavailable port or malformed prices, `PACKAGE_MISSING` without a built viewer; `TRACE_UNREADABLE`,
 * `TRACE_INVALID`
 * @example
 * ```ts
 * await using server = await serveTraceView({ directory, follow: true })
 * console.log(server.url)
 * ```
 */
export async function serveTraceView(options: TraceViewServerOptions): Promise<TraceViewServer> {
  checkOptions('serveTraceView', options, optionNames)
  const { directory, port = 0, follow = false, page = readViewerPage(), prices } = options
  const view = new BundleView(directory, prices === undefined ? {} : { prices })
  // A large bundle takes seconds to reduce: do it before a page opens.
  view.json()
  const site = new TraceSite(view, { page, follow })
  const server = createServer(
    { maxHeaderSize: 16_384, headersTimeout: 10_000, requestTimeout: 10_000 },
    (request, response) => site.handle(request, response),
  )
  server.maxConnections = 200
  const bound = await listen(server, port)
  site.hosts = [`127.0.0.1:${bound}`, `localhost:${bound}`]
  const watching = follow ? watchBundle(view, () => site.notifyFollowers()) : null
  return {
    url: `http://127.0.0.1:${bound}${site.root}`,
    async [Symbol.asyncDispose]() {
      watching?.[Symbol.dispose]()
      const { promise, resolve } = Promise.withResolvers<void>()
      server.close(() => resolve())
      server.closeAllConnections()
      await promise
    },
  }
}

async function listen(server: Server, port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(port, '127.0.0.1', resolve)
  try {
    await promise
  } catch (cause) {
    throw new CodecellError('INVALID_OPTION', `Cannot listen at 127.0.0.1:${port}: ${messageOf(cause)}`, { cause })
  }
  const address = server.address()
  return address === null || typeof address === 'string' ? port : address.port
}

class TraceSite {
  readonly root: string = `/${randomBytes(16).toString('hex')}/`
  /** The valid host names; a page that rebinds its own name to our address sends another. */
  hosts: readonly string[] = []
  readonly #view: BundleView
  readonly #page: string
  readonly #policy: string
  readonly #isFollowed: boolean
  readonly #followers = new Set<ServerResponse>()

  constructor(view: BundleView, { page, follow }: { readonly page: string; readonly follow: boolean }) {
    this.#view = view
    this.#page = page
    this.#policy = contentPolicy(page, 'server')
    this.#isFollowed = follow
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    response
      .setHeader('cache-control', 'no-store')
      .setHeader('content-security-policy', this.#policy)
      .setHeader('cross-origin-opener-policy', 'same-origin')
      .setHeader('cross-origin-resource-policy', 'same-origin')
      .setHeader('referrer-policy', 'no-referrer')
      .setHeader('x-content-type-options', 'nosniff')
    try {
      this.#route(request, response)
    } catch (error) {
      refuse(response, 500, error instanceof CodecellError ? error.message : 'Internal error')
    }
  }

  #route({ method, url = '', headers }: IncomingMessage, response: ServerResponse): void {
    if (!this.hosts.includes(headers.host ?? '')) return refuse(response, 403, 'Unknown host')
    if (method !== 'GET') return refuse(response.setHeader('allow', 'GET'), 405, 'Use GET')
    const [path = ''] = url.split('?')
    if (!path.startsWith(this.root)) return refuse(response, 404, 'Not found')
    const name = path.slice(this.root.length)
    if (name === '') return send(response, 'text/html; charset=utf-8', this.#page)
    if (name === 'data.json') return send(response, 'application/json', this.#view.json())
    if (name === 'follow') return this.#follow(response)
    const payload = /^payload\/([^/]+)$/.exec(name)?.[1]
    if (payload !== undefined) return this.#sendPayload(response, payload)
    return refuse(response, 404, 'Not found')
  }

  #sendPayload(response: ServerResponse, encodedId: string): void {
    const found = this.#view.payload(decoded(encodedId))
    if (found === undefined) return refuse(response, 404, 'Payload not found')
    const size = this.#view.sizeOf(found)
    if (size > maxPayloadBytes)
      return refuse(response, 413, `The payload has ${size} bytes; the maximum is ${maxPayloadBytes}`)
    send(response, 'application/json', this.#view.payloadJson(found))
  }

  #follow(response: ServerResponse): void {
    if (!this.#isFollowed) {
      // This status tells a browser not to reconnect.
      response.writeHead(204).end()
      return
    }
    if (this.#followers.size >= maxFollowers) return refuse(response, 503, 'Too many pages follow this trace')
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    // Changes between the page's data and this connection were not sent.
    response.write(this.#view.isBehind ? changed : ': follows\n\n')
    this.#followers.add(response)
    response.once('close', () => this.#followers.delete(response))
  }

  notifyFollowers(): void {
    for (const response of this.#followers) {
      // A page that does not read its notifications gets everything with the next one.
      if (!response.writableNeedDrain) response.write(changed)
    }
  }
}

const changed = 'event: changed\ndata: {}\n\n'

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}

function send(response: ServerResponse, type: string, body: string): void {
  response.writeHead(200, { 'content-type': type }).end(body)
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' }).end(`${text}\n`)
}
