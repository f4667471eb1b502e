import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { portOf } from './port-of.ts'

/** Ways in which a link breaks: `end` and `reset` are noticed at once, `silence` is not. */
export const cuts = ['end', 'reset', 'silence'] as const

export type Cut = (typeof cuts)[number]

/** Forwards connections to a port, and can cut them. */
export class LinkRelay implements AsyncDisposable {
  readonly port: number
  /** The number of connections so far. */
  connections = 0
  /** The cut that each new connection meets at once; null when they work. */
  down: Cut | null = null
  readonly #server: Server
  readonly #target: number
  readonly #links = new Set<readonly [client: Socket, host: Socket]>()

  private constructor(server: Server, target: number) {
    this.#server = server
    this.#target = target
    this.port = portOf(server)
    server.on('connection', (client) => this.#forward(client))
  }

  static async start(target: number): Promise<LinkRelay> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new LinkRelay(server, target)
  }

  #forward(client: Socket): void {
    this.connections++
    const host = connect(this.#target, '127.0.0.1')
    const link = [client, host] as const
    this.#links.add(link)
    for (const [socket, other] of [link, [host, client] as const]) {
      socket.on('error', () => undefined)
      socket.on('close', () => {
        this.#links.delete(link)
        other.destroy()
      })
      socket.pipe(other)
    }
    if (this.down !== null) this.#cutLink(link, this.down)
  }

  /**
   * Cuts the current connections, or only the first of them. Returns their number. Only hosts that have responded fall silent,
   * because the silence of a start is noticed late.
   */
  cut(kind: Cut, { isFirstOnly = false }: { readonly isFirstOnly?: boolean } = {}): number {
    const all = [...this.#links].filter(([, host]) => kind !== 'silence' || host.bytesRead > 0)
    const links = all.slice(0, isFirstOnly ? 1 : undefined)
    for (const link of links) this.#cutLink(link, kind)
    return links.length
  }

  #cutLink([client, host]: readonly [client: Socket, host: Socket], kind: Cut): void {
    client.unpipe(host).pause()
    host.unpipe(client).pause()
    if (kind === 'reset') client.resetAndDestroy()
    if (kind === 'end') client.end()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    for (const [client, host] of this.#links) {
      client.destroy()
      host.destroy()
    }
    if (this.#server.listening) await once(this.#server, 'close')
  }
}
