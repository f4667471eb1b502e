import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import { CodecellError } from '../../errors.ts'
import { headerBytes, readMessage } from './grpc-body.ts'
import { grpcStatus } from './grpc-status.ts'
import { ProtoReader, type ProtoWriter } from './protobuf.ts'

const contentType = 'application/grpc'

/**
 * One gRPC call: one message in, any number out, and a status at the end. The client can end the stream at any time;
 * nothing is sent then.
 */
export class GrpcCall {
  /** Aborted when the client disconnects or cancels the call. */
  readonly signal: AbortSignal
  readonly #stream: ServerHttp2Stream
  readonly #encoding: string | undefined
  #phase: 'new' | 'open' | 'over' = 'new'
  #status: readonly [number, string] = [grpcStatus.ok, '']

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders) {
    this.#stream = stream
    const encoding = headers['grpc-encoding']
    this.#encoding = encoding === undefined ? undefined : String(encoding)
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
   * @throws {GrpcRefusal | CodecellError} For a malformed body
   */
  async request(): Promise<ProtoReader> {
    return new ProtoReader(await readMessage(this.#stream, this.#encoding))
  }

  /** Sends the headers. They announce a response that may take long. */
  open(headers: Readonly<Record<string, string>> = {}): void {
    if (this.#phase !== 'new' || !isWritable(this.#stream)) return
    this.#phase = 'open'
    this.#stream.respond({ ':status': 200, 'content-type': contentType, ...headers }, { waitForTrailers: true })
    this.#stream.on('wantTrailers', () => {
      const [code, message] = this.#status
      if (isWritable(this.#stream)) this.#stream.sendTrailers(statusHeaders(code, message))
    })
  }

  send(message: ProtoWriter): void {
    this.open()
    if (this.#phase !== 'open' || !isWritable(this.#stream)) return
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
    if (this.#phase === 'new' && isWritable(this.#stream)) {
      this.#phase = 'over'
      const headers = { 'content-type': contentType, ...statusHeaders(code, message) }
      this.#stream.respond({ ':status': 200, ...headers }, { endStream: true })
      // The rest of the body is not needed.
      if (!this.#stream.readableEnded) this.#stream.close(constants.NGHTTP2_NO_ERROR)
      return
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

function isWritable(stream: ServerHttp2Stream): boolean {
  return !stream.destroyed && !stream.closed
}

function statusHeaders(code: number, message: string): Record<string, string> {
  return { 'grpc-status': String(code), ...(message === '' ? {} : { 'grpc-message': message }) }
}
