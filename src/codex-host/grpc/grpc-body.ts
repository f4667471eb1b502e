import type { ServerHttp2Stream } from 'node:http2'
import { GrpcRefusal, grpcStatus } from './grpc-status.ts'

/** Maximum size of a message, in bytes. */
const maxMessageBytes = 64 * 1024 * 1024

/** The size of the header of a message: a flag and a length. */
export const headerBytes = 5

/**
 * Reads the body of a call and returns its first message. Refuses a body as soon as its header is wrong, because the rest
 * may never arrive.
 *
 * @throws {GrpcRefusal} For a body without a message, with an incomplete, a compressed or a too long one
 */
export async function readMessage(stream: ServerHttp2Stream, encoding: string | undefined): Promise<Buffer> {
  if (encoding !== undefined && encoding !== 'identity') {
    throw new GrpcRefusal(grpcStatus.unimplemented, `Cannot read a message: its encoding "${encoding}" is unsupported`)
  }
  const body = new BodyReader()
  // Destroying the stream at an early end of this loop would reset the call before it has its status.
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    if (Buffer.isBuffer(chunk)) body.push(chunk)
  }
  return body.finish()
}

/** The messages of a body, of which only the first is kept. */
class BodyReader {
  #chunks: Buffer[] = []
  #size = 0
  #message: Buffer | null = null

  push(chunk: Buffer): void {
    if (chunk.length === 0) return
    this.#chunks.push(chunk)
    this.#size += chunk.length
    for (let length = this.#length(); length !== null && this.#size >= headerBytes + length; length = this.#length()) {
      const whole = this.#joined()
      this.#message ??= whole.subarray(headerBytes, headerBytes + length)
      this.#size -= headerBytes + length
      this.#chunks = this.#size === 0 ? [] : [whole.subarray(headerBytes + length)]
    }
  }

  finish(): Buffer {
    if (this.#size > 0) throw new GrpcRefusal(grpcStatus.internal, 'Cannot read a message: it is incomplete')
    if (this.#message === null) throw new GrpcRefusal(grpcStatus.internal, 'Cannot read a message: there is none')
    return this.#message
  }

  /** Returns the length of the next message, or null without a whole header. */
  #length(): number | null {
    const [first] = this.#chunks
    const flag = first?.[0]
    if (flag !== undefined && flag !== 0) {
      throw new GrpcRefusal(grpcStatus.internal, `Cannot read a message: expected flag 0, got ${flag}`)
    }
    if (this.#size < headerBytes) return null
    const head = first !== undefined && first.length >= headerBytes ? first : this.#joined()
    const length = head.readUInt32BE(1)
    if (length > maxMessageBytes) {
      throw new GrpcRefusal(
        grpcStatus.outOfRange,
        `Cannot read a message: its length ${length} exceeds ${maxMessageBytes} bytes`,
      )
    }
    return length
  }

  #joined(): Buffer {
    const [first] = this.#chunks
    if (this.#chunks.length === 1 && first !== undefined) return first
    const joined = Buffer.concat(this.#chunks, this.#size)
    this.#chunks = [joined]
    return joined
  }
}
