import { connect, type ClientHttp2Session, type ClientHttp2Stream, type OutgoingHttpHeaders } from 'node:http2'
import type { Duplex, Readable, Writable } from 'node:stream'
import { ClientStream } from '../../src/codex-host/grpc/client-stream.ts'
import { ProtoReader, ProtoWriter } from '../../src/codex-host/grpc/protobuf.ts'

/** A gRPC client of the service, for conversations with any host. */
export class GrpcClient implements AsyncDisposable {
  readonly #session: ClientHttp2Session

  /** Connects over two streams, as an agent does with its host process. */
  static overStreams(input: Readable, output: Writable): GrpcClient {
    const stream = new ClientStream(input, output, () => void client[Symbol.asyncDispose]())
    const client: GrpcClient = new GrpcClient('http://code-mode-host', stream)
    return client
  }

  constructor(authority: string, socket?: Duplex) {
    this.#session = connect(authority, {
      settings: { enablePush: false, initialWindowSize: 2 ** 21 },
      ...(socket === undefined ? {} : { createConnection: () => socket }),
    })
    this.#session.on('error', () => undefined)
  }

  /** Starts a call with one message. */
  call(rpc: string, message: ProtoWriter, headers: OutgoingHttpHeaders = {}): ClientCall {
    return this.callWithBody(rpc, frameOf(message.finish()), headers)
  }

  /** Starts a call with any body, which ends unless `isOpen`. */
  callWithBody(rpc: string, body: Uint8Array, headers: OutgoingHttpHeaders = {}, isOpen = false): ClientCall {
    const stream = this.#session.request({
      ':method': 'POST',
      ':path': `/codex.code_mode.v1.CodeModeHost/${rpc}`,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    })
    if (isOpen) stream.write(body)
    else stream.end(body)
    return new ClientCall(stream)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#session.on('close', () => resolve())
    })
    if (this.#session.destroyed) return
    this.#session.destroy()
    await closed
  }
}

/** Returns the frame of a message: a flag, the length and the bytes. */
export function frameOf(body: Uint8Array): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(body.length, 1)
  return Buffer.concat([head, body])
}

export class ClientCall {
  readonly #stream: ClientHttp2Stream
  readonly #messages: ProtoReader[] = []
  #pending: Buffer = Buffer.alloc(0)
  #wake: (() => void) | null = null
  /** Status and message at the end of the call. */
  readonly status: Promise<{ readonly code: number; readonly message: string }>
  #over = false

  constructor(stream: ClientHttp2Stream) {
    this.#stream = stream
    let code = -1
    let message = ''
    const take = (headers: Record<string, unknown>): void => {
      if (headers['grpc-status'] === undefined) return
      code = Number(headers['grpc-status'])
      const text = headers['grpc-message']
      message = typeof text === 'string' ? decodeURIComponent(text) : ''
    }
    stream.on('response', (headers) => take(headers))
    stream.on('trailers', (headers) => take(headers))
    stream.on('data', (chunk: Buffer) => this.#receive(chunk))
    stream.on('error', () => undefined)
    this.status = new Promise((resolve) => {
      stream.on('close', () => {
        this.#over = true
        this.#wake?.()
        resolve({ code, message })
      })
    })
  }

  #receive(chunk: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, chunk])
    while (this.#pending.length >= 5) {
      const end = 5 + this.#pending.readUInt32BE(1)
      if (this.#pending.length < end) break
      this.#messages.push(new ProtoReader(this.#pending.subarray(5, end)))
      this.#pending = this.#pending.subarray(end)
    }
    this.#wake?.()
  }

  /** Returns the next message, or null at the end of the call. */
  async next(): Promise<ProtoReader | null> {
    for (;;) {
      const message = this.#messages.shift()
      if (message !== undefined) return message
      if (this.#over) return null
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** Cancels the call. */
  cancel(): void {
    this.#stream.close(8)
  }
}
