import type { ServerHttp2Stream } from 'node:http2'
import { CodecellError } from '../../errors.ts'
import { ProtoReader, type ProtoWriter } from './protobuf.ts'

/** The gRPC status codes in use. */
export const grpcStatus = {
  ok: 0,
  cancelled: 1,
  invalidArgument: 3,
  notFound: 5,
  failedPrecondition: 9,
  unimplemented: 12,
  internal: 13,
} as const

/** Ends a call with a status of its own. */
export class GrpcRefusal extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** Maximum size of a message, in bytes. */
const maxMessageBytes = 64 * 1024 * 1024

const headerBytes = 5
const contentType = 'application/grpc'

/** One gRPC call: one message in, any number out, and a status at the end. */
export class GrpcCall {
  /** Aborted when the client disconnects or cancels the call. */
  readonly signal: AbortSignal
  readonly #stream: ServerHttp2Stream
  #phase: 'new' | 'open' | 'over' = 'new'
  #status: readonly [number, string] = [grpcStatus.ok, '']

  constructor(stream: ServerHttp2Stream) {
    this.#stream = stream
    const gone = new AbortController()
    this.signal = gone.signal
    stream.on('error', () => undefined)
    stream.on('close', () => {
      const early = this.#phase !== 'over'
      this.#phase = 'over'
      if (early) gone.abort(new CodecellError('SESSION_CLOSED', 'code-mode request cancelled'))
    })
  }

  /**
   * Returns the message of the client.
   *
   * @throws {CodecellError} `PROTOCOL_VIOLATION`, `FRAME_TOO_LARGE`
   */
  async request(): Promise<ProtoReader> {
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of this.#stream) {
      if (!Buffer.isBuffer(chunk)) continue
      size += chunk.length
      if (size > headerBytes + maxMessageBytes) {
        throw new CodecellError('FRAME_TOO_LARGE', `Cannot receive a message: it exceeds ${maxMessageBytes} bytes`)
      }
      chunks.push(chunk)
    }
    const frame = Buffer.concat(chunks, size)
    if (size < headerBytes || frame[0] !== 0 || frame.readUInt32BE(1) !== size - headerBytes) {
      throw new CodecellError('PROTOCOL_VIOLATION', 'Cannot parse a call: expected one uncompressed message')
    }
    return new ProtoReader(frame.subarray(headerBytes))
  }

  /** Sends the headers. They announce a response that may take long. */
  open(headers: Readonly<Record<string, string>> = {}): void {
    if (this.#phase !== 'new' || this.#stream.destroyed) return
    this.#phase = 'open'
    this.#stream.respond({ ':status': 200, 'content-type': contentType, ...headers }, { waitForTrailers: true })
    this.#stream.on('wantTrailers', () => {
      const [code, message] = this.#status
      if (this.#stream.destroyed) return
      this.#stream.sendTrailers({ 'grpc-status': String(code), ...(message === '' ? {} : { 'grpc-message': message }) })
    })
  }

  send(message: ProtoWriter): void {
    this.open()
    if (this.#phase !== 'open' || this.#stream.destroyed) return
    const body = message.finish()
    const frame = Buffer.allocUnsafe(headerBytes + body.length)
    frame[0] = 0
    frame.writeUInt32BE(body.length, 1)
    body.copy(frame, headerBytes)
    this.#stream.write(frame)
  }

  /** Ends a successful call, with a last message if there is one. */
  finish(message: ProtoWriter | null = null): void {
    if (message !== null) this.send(message)
    this.open()
    this.#end()
  }

  /** Ends a call with an error status. */
  fail(code: number, text: string): void {
    const message = encodeURIComponent(text.toWellFormed())
    if (this.#phase === 'new' && !this.#stream.destroyed) {
      this.#phase = 'over'
      const headers = {
        'content-type': contentType,
        'grpc-status': String(code),
        ...(message === '' ? {} : { 'grpc-message': message }),
      }
      return this.#stream.respond({ ':status': 200, ...headers }, { endStream: true })
    }
    this.#status = [code, message]
    this.#end()
  }

  #end(): void {
    if (this.#phase !== 'open') return
    this.#phase = 'over'
    this.#stream.end()
  }
}
