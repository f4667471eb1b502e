import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

const checkMs = 500
const maxAttempts = 20
const pauseMs = 250

/** A load balancer with the rules of `haproxy.cfg`: round robin over ready nodes, and another attempt for requests that no node has handled. */
export class Balancer implements AsyncDisposable {
  readonly #server: Server
  readonly #nodes: readonly string[]
  readonly #ready = new Set<string>()
  readonly #timer: NodeJS.Timeout
  #turn = 0

  private constructor(nodes: readonly string[]) {
    this.#nodes = nodes
    this.#server = createServer((incoming, response) => void this.#serve(incoming, response))
    this.#timer = setInterval(() => nodes.forEach((node) => void this.#check(node)), checkMs)
  }

  /** Starts to listen. `nodes` are addresses with ports. */
  static async start(nodes: readonly string[]): Promise<Balancer> {
    const balancer = new Balancer(nodes)
    await once(balancer.#server.listen(0, '127.0.0.1'), 'listening')
    return balancer
  }

  get url(): string {
    const address = this.#server.address()
    return `http://127.0.0.1:${isInfo(address) ? address.port : 0}/mcp`
  }

  get ready(): number {
    return this.#ready.size
  }

  async #check(node: string): Promise<void> {
    const signal = AbortSignal.timeout(3000)
    const isReady = await fetch(`http://${node}/readyz`, { signal }).then(
      ({ ok }) => ok,
      () => false,
    )
    if (isReady) this.#ready.add(node)
    else this.#ready.delete(node)
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(Buffer.from(chunk))
    for (let attempt = 1; ; attempt++) {
      const reply = await this.#send(incoming, Buffer.concat(chunks))
      if (reply === 'broken') return void response.destroy()
      if (reply !== 'refused' && (reply.statusCode !== 503 || attempt === maxAttempts)) {
        response.writeHead(reply.statusCode ?? 502, reply.headers)
        return void reply.pipe(response)
      }
      if (attempt === maxAttempts) return void response.writeHead(503, { 'retry-after': '1' }).end()
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }

  /** Sends a request to the next node. `refused`: no node has received it; `broken`: one may have. */
  #send({ method = 'GET', headers }: IncomingMessage, body: Buffer): Promise<IncomingMessage | 'refused' | 'broken'> {
    const ready = this.#nodes.filter((node) => this.#ready.has(node))
    const node = ready[this.#turn++ % ready.length]
    if (node === undefined) return Promise.resolve('refused')
    return new Promise((resolve) => {
      const given = { ...headers, host: 'localhost:8080', connection: 'close' }
      const outgoing = request(new URL(`http://${node}/mcp`), { method, headers: given, agent: false })
      outgoing.once('response', resolve)
      outgoing.once('error', () => {
        this.#ready.delete(node)
        resolve(outgoing.socket?.bytesWritten ? 'broken' : 'refused')
      })
      outgoing.end(body)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

function isInfo(address: string | AddressInfo | null): address is AddressInfo {
  return typeof address === 'object' && address !== null
}
