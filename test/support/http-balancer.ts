import { createServer, request, type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream'
import { closeServer, listenOnLoopback } from './loopback-server.ts'

/**
 * A load balancer that sends each request to a server that it picks at random. Another one gets the request when the first does not
 * accept the connection.
 */
export class HttpBalancer implements AsyncDisposable {
  readonly url: string
  readonly #server: ReturnType<typeof createServer>
  #targets: readonly string[] = []
  readonly #requests = new Map<ClientRequest, string>()

  private constructor(server: ReturnType<typeof createServer>, url: string) {
    this.#server = server
    this.url = url
  }

  static async start(): Promise<HttpBalancer> {
    const server = createServer((incoming, response) => balancer.#send(incoming, response, [...balancer.#targets]))
    const balancer = new HttpBalancer(server, await listenOnLoopback(server))
    return balancer
  }

  /** Replaces the URLs of the servers. */
  use(targets: readonly string[]): void {
    this.#targets = targets
  }

  /** Ends the requests at a server, as a load balancer does with one that fails its health check. */
  cutOff(target: string): void {
    for (const [outgoing, url] of this.#requests) if (url === target) outgoing.destroy()
  }

  #send(incoming: IncomingMessage, response: ServerResponse, targets: readonly string[]): void {
    const target = targets[Math.floor(Math.random() * targets.length)]
    if (target === undefined) return void response.writeHead(503, { 'retry-after': '1' }).end()
    const { method = 'GET', headers } = incoming
    const outgoing = request(new URL('/mcp', target), { method, headers, agent: false })
    this.#requests.set(outgoing, target)
    outgoing.once('close', () => this.#requests.delete(outgoing))
    outgoing.once('socket', (socket) => {
      socket.once('connect', () => incoming.pipe(outgoing))
    })
    outgoing.once('response', (reply) => {
      response.writeHead(reply.statusCode ?? 502, reply.headers).flushHeaders()
      pipeline(reply, response, () => undefined)
    })
    outgoing.once('error', () => {
      if (response.headersSent) return response.destroy()
      if (outgoing.socket?.readyState === 'open' || outgoing.writableFinished) return response.writeHead(502).end()
      return this.#send(
        incoming,
        response,
        targets.filter((each) => each !== target),
      )
    })
    response.once('close', () => outgoing.destroy())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await closeServer(this.#server)
  }
}
