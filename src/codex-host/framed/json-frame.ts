import { CodecellError, messageOf } from '../../errors.ts'
import { undecodable } from './strict-object.ts'

/** Maximum size of a frame in the protocol of the reference, in bytes. */
const maxFrameBytes = 64 * 1024 * 1024

/**
 * Encodes a frame of the protocol of the reference: a little-endian 32-bit length and that many bytes of JSON.
 *
 * @throws {CodecellError} `FRAME_TOO_LARGE`
 */
export function encodeJsonFrame(message: object): Buffer {
  const json = JSON.stringify(message)
  const length = Buffer.byteLength(json)
  checkLength(length)
  const frame = Buffer.allocUnsafe(4 + length)
  frame.writeUInt32LE(length)
  frame.write(json, 4)
  return frame
}

/** Joins chunks of a byte stream into JSON values. */
export class JsonFrameReader {
  #chunks: Buffer[] = []
  #size = 0

  /** True when the stream may end here: no frame is incomplete. */
  get atBoundary(): boolean {
    return this.#size === 0
  }

  /**
   * Returns the values that `chunk` completes.
   *
   * @throws {CodecellError} `FRAME_TOO_LARGE`, or `PROTOCOL_VIOLATION` for malformed JSON
   */
  *push(chunk: Buffer): Generator {
    this.#chunks.push(chunk)
    this.#size += chunk.length
    for (let frame = this.#next(); frame !== null; frame = this.#next()) yield parse(frame)
  }

  #next(): Buffer | null {
    if (this.#size < 4) return null
    const length = this.#head(4).readUInt32LE()
    checkLength(length)
    if (this.#size < 4 + length) return null
    const whole = this.#head(4 + length)
    this.#chunks = [whole.subarray(4 + length)]
    this.#size -= 4 + length
    return whole.subarray(4, 4 + length)
  }

  /** Returns a buffer that begins with the next `size` bytes. Chunks are joined only when a frame spans them. */
  #head(size: number): Buffer {
    const [first] = this.#chunks
    if (first !== undefined && first.length >= size) return first
    const joined = Buffer.concat(this.#chunks, this.#size)
    this.#chunks = [joined]
    return joined
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function parse(frame: Buffer): unknown {
  try {
    return JSON.parse(decoder.decode(frame))
  } catch (error) {
    throw undecodable(messageOf(error))
  }
}

function checkLength(length: number): void {
  if (length <= maxFrameBytes) return
  throw new CodecellError('FRAME_TOO_LARGE', `code-mode IPC frame length ${length} exceeds ${maxFrameBytes} bytes`)
}
