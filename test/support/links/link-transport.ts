import { connect, type Socket } from 'node:net'
import type { FromHost, ToHost } from '../../../src/protocol/message.ts'
import type { Transport, TransportEnd } from '../../../src/protocol/transport.ts'
import { FrameChannel } from '../../../src/session/hosts/frame-channel.ts'

/** A transport over TCP. The other end starts a host for each connection. */
export class LinkTransport implements Transport {
  readonly isLink = true
  readonly ended: Promise<TransportEnd>
  readonly residentBytes = (): null => null
  readonly #socket: Socket
  readonly #channel: FrameChannel
  readonly #resolve: (end: TransportEnd) => void

  constructor(port: number) {
    const { promise, resolve } = Promise.withResolvers<TransportEnd>()
    this.ended = promise
    this.#resolve = resolve
    this.#socket = connect(port, '127.0.0.1')
    this.#channel = new FrameChannel(this.#socket, (reason, cause) =>
      this.#end({ type: 'lost', reason, detail: '', cause }),
    )
    this.#socket.on('error', ({ message }) => this.#end({ type: 'unreachable', reason: `its link broke: ${message}` }))
    this.#socket.on('close', () => this.#end({ type: 'unreachable', reason: 'its link ended' }))
    this.#socket.unref()
  }

  get unsentBytes(): number {
    return this.#channel.unsentBytes
  }

  get sentBytes(): number {
    return this.#channel.sentBytes
  }

  async drained(): Promise<void> {
    await this.#channel.drained()
  }

  send(message: ToHost): void {
    this.#channel.send(message)
  }

  listen(onMessages: (messages: readonly FromHost[]) => void): void {
    this.#channel.listen(onMessages)
  }

  #end(end: TransportEnd): void {
    this.#channel.close()
    this.#resolve(end)
  }

  kill(): void {
    this.#end({ type: 'closed' })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill()
  }
}
