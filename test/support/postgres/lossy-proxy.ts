import { connect, createServer, type Server, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** A proxy in front of a server, which loses replies: the server acts, and the client does not know. */
export class LossyProxy {
  readonly url: string
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #isLosing: () => boolean = () => false
  #isHolding: () => boolean = () => false
  readonly #held = Promise.withResolvers<void>()
  /** Resolves when the first reply is held. */
  readonly held: Promise<void> = this.#held.promise
  /** The number of replies that were lost. */
  lost = 0

  private constructor(server: Server, url: string) {
    this.#server = server
    this.url = url
  }

  /** Starts a proxy for the server of a URL, until the test ends. */
  static async start(target: string): Promise<LossyProxy> {
    const url = new URL(target)
    const port = Number(url.port)
    const host = url.hostname
    const server = createServer((client) => proxy.#join(client, connect({ port, host })))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    url.host = `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
    const proxy = new LossyProxy(server, url.href)
    onTestFinished(() => proxy.close())
    return proxy
  }

  /** Loses each reply for which `isLost` returns true, with its connection. */
  lose(isLost: () => boolean): void {
    this.#isLosing = isLost
  }

  /** Loses the next reply. */
  loseNext(): void {
    this.lose(() => {
      this.lose(() => false)
      return true
    })
  }

  /** Delivers this many replies, and holds everything after them, as for a client that stands still. */
  holdAfter(replies: number): void {
    let left = replies
    this.#isHolding = () => left-- <= 0
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }

  #join(client: Socket, server: Socket): void {
    for (const socket of [client, server]) {
      this.#sockets.add(socket)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => {
        this.#sockets.delete(socket)
        client.destroy()
        server.destroy()
      })
    }
    client.pipe(server)
    server.on('data', (reply) => {
      if (this.#isHolding()) return this.#hold(client, server)
      if (!this.#isLosing()) return client.write(reply)
      this.lost++
      return client.destroy()
    })
  }

  #hold(client: Socket, server: Socket): void {
    this.#held.resolve()
    client.unpipe(server)
    server.pause()
  }
}
