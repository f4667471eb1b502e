import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { encodeLinkFrame, FrameReader } from '../../src/protocol/frame.ts'
import type { Hello } from '../../src/remote/link/link-message.ts'
import type { Pem } from '../support/links/certificates.ts'

/** A valid `hello`. */
export const hello: Hello = {
  type: 'hello',
  protocol: 2,
  oldest: 1,
  tenant: '',
  print: null,
  profile: 'default',
  memoryMb: 64,
  timeZone: 'UTC',
  locale: 'en-US',
}

/** A client of a supervisor that sends any bytes. */
export class RawNode implements Disposable {
  /** The link messages, and the messages of the host. */
  readonly messages: unknown[] = []
  /** Resolves when the connection has closed. */
  readonly closed: Promise<void>
  readonly socket: Socket
  readonly #reader = new FrameReader({ hasLinkMessages: true })
  #arrived = Promise.withResolvers<void>()

  constructor(port: number, pem: (Partial<Pem> & { readonly maxVersion?: 'TLSv1.2' }) | null) {
    const options = { host: '127.0.0.1', port, ...pem }
    this.socket = pem === null ? connectTcp(options) : connectTls({ ...options, rejectUnauthorized: false })
    this.socket.on('error', () => undefined)
    this.socket.on('data', (chunk: Buffer) => {
      const ofHost = this.#reader.push(chunk)
      this.messages.push(...this.#reader.takeLinkMessages(), ...ofHost)
      this.#arrived.resolve()
      this.#arrived = Promise.withResolvers()
    })
    this.closed = new Promise((resolve) => this.socket.on('close', () => resolve()))
  }

  /** Resolves with the first message that satisfies a condition. */
  async message(condition: (message: unknown) => boolean): Promise<unknown> {
    for (;;) {
      const found = this.messages.find(condition)
      if (found !== undefined) return found
      await this.#arrived.promise
    }
  }

  send(message: object): this {
    return this.write(encodeLinkFrame(message))
  }

  write(bytes: Buffer | string): this {
    this.socket.write(bytes)
    return this
  }

  [Symbol.dispose](): void {
    this.socket.destroy()
  }
}

/** Returns whether a message has this type. */
export function isType(type: string): (message: unknown) => boolean {
  return (message) => typeof message === 'object' && message !== null && 'type' in message && message.type === type
}
