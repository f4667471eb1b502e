import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import { CodecellError, messageOf } from '../errors.ts'

/** Receives the messages of the debugger. */
type InspectorPeer = {
  readonly onMessage: (text: string) => void
  readonly onDisconnect: () => void
}

export type InspectorServerOptions = {
  /** 0: any free port. */
  readonly port: number
  readonly title: string
  readonly peer: InspectorPeer
}

/** The addresses for debuggers. */
export type InspectorAddress = { readonly port: number; readonly webSocketUrl: string; readonly devtoolsUrl: string }

const loopback = '127.0.0.1'
/** The maximum size of a message of a debugger, in bytes. */
const maxMessageBytes = 2 ** 24

/**
 * Serves one program to one debugger at a time, like Node: listed at `/json/list`, connected at a random path. Listens on the
 * loopback interface only, and rejects requests under another host name.
 */
export class InspectorServer implements AsyncDisposable {
  readonly #options: InspectorServerOptions
  readonly #id = crypto.randomUUID()
  readonly #http: Server
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes, perMessageDeflate: false })
  #client: WebSocket | null = null

  constructor(options: InspectorServerOptions) {
    this.#options = options
    this.#http = createServer((request, response) => this.#respond(request, response))
    this.#http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.#upgrade(request, socket, head),
    )
  }

  /** Starts listening. Throws `SERVER_START_FAILED`. */
  listen(): Promise<InspectorAddress> {
    return new Promise((resolve, reject) => {
      const { port } = this.#options
      this.#http.once('error', (cause) => {
        const message = `Cannot listen for a debugger on ${loopback}:${port}: ${messageOf(cause)}`
        reject(new CodecellError('SERVER_START_FAILED', message, { cause }))
      })
      this.#http.listen(port, loopback, () => resolve(this.#address))
    })
  }

  get #address(): InspectorAddress {
    const address = this.#http.address()
    const port = typeof address === 'object' && address !== null ? address.port : this.#options.port
    const path = `${loopback}:${port}/${this.#id}`
    return {
      port,
      webSocketUrl: `ws://${path}`,
      devtoolsUrl: `devtools://devtools/bundled/js_app.html?experiments=true&v8only=true&ws=${path}`,
    }
  }

  #respond({ method, url, headers }: IncomingMessage, response: ServerResponse): void {
    const body = method === 'GET' && isOurs(headers.host) ? this.#page(url ?? '') : null
    if (body === null) {
      response.writeHead(isOurs(headers.host) ? 404 : 403).end()
      return
    }
    response.writeHead(200, { 'content-type': 'application/json; charset=UTF-8', 'cache-control': 'no-cache' })
    response.end(JSON.stringify(body, null, 2))
  }

  #page(url: string): object | null {
    if (url === '/json/version') return { Browser: `codecell/node.js/${process.version}`, 'Protocol-Version': '1.3' }
    if (url !== '/json' && url !== '/json/list') return null
    const { webSocketUrl, devtoolsUrl } = this.#address
    const { title } = this.#options
    return [
      {
        description: 'codecell cell',
        devtoolsFrontendUrl: devtoolsUrl,
        id: this.#id,
        title,
        type: 'node',
        url: 'exec_main.mjs',
        webSocketDebuggerUrl: webSocketUrl,
      },
    ]
  }

  /** Rejects browser pages, which send their origin. */
  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const isPage = /^(?:https?|file):|^null$/.test(request.headers.origin ?? '')
    socket.on('error', () => undefined)
    if (!isOurs(request.headers.host) || isPage || request.url !== `/${this.#id}` || this.#client !== null) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n')
      return
    }
    this.#sockets.handleUpgrade(request, socket, head, (client) => this.#accept(client))
  }

  #accept(client: WebSocket): void {
    this.#client = client
    client.on('message', (data) => {
      if (Buffer.isBuffer(data)) this.#options.peer.onMessage(data.toString())
    })
    client.on('error', () => undefined)
    client.on('close', () => {
      this.#client = null
      this.#options.peer.onDisconnect()
    })
  }

  send(message: string): void {
    this.#client?.send(message)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client?.close(1000)
    for (const client of this.#sockets.clients) client.terminate()
    this.#http.closeAllConnections()
    await new Promise((resolve) => this.#http.close(resolve))
  }
}

/** Returns whether a request uses our host name: a page that rebinds its own name to our address sends that name. */
function isOurs(host: string | undefined): boolean {
  return /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/.test(host ?? '')
}
