import { CodecellError, messageOf } from '../../errors.ts'
import { isRecord } from '../../protocol/json.ts'
import { checkDepth } from '../session/json-depth.ts'

/** Maximum size of a frame in the protocol of the reference, in bytes. */
const maxFrameBytes = 64 * 1024 * 1024

/**
 * Encodes a frame of the protocol of the reference: a little-endian 32-bit length and that many bytes of JSON.
 *
 * @throws {CodecellError} `FRAME_TOO_LARGE`
 */
export function encodeJsonFrame(message: object): Buffer {
  const json = encodeJson(message)
  const length = Buffer.byteLength(json)
  checkLength(length)
  const frame = Buffer.allocUnsafe(4 + length)
  frame.writeUInt32LE(length)
  frame.write(json, 4)
  return frame
}

/** A large id of the client is returned to it without loss. */
function encodeJson(message: object): string {
  const id = isRecord(message) ? message['id'] : null
  if (typeof id !== 'bigint') return JSON.stringify(message)
  // The type is the only member before the id.
  return JSON.stringify({ ...message, id: 0 }).replace('"id":0', `"id":${id}`)
}

/** The content of a frame: a JSON value, or the reason that it has none and the first bytes as text. */
export type Frame =
  | { readonly type: 'value'; readonly value: unknown }
  | { readonly type: 'malformed'; readonly reason: string; readonly beginning: string }

/** Joins chunks of a byte stream into frames. */
export class JsonFrameReader {
  #chunks: Buffer[] = []
  #size = 0

  /** True when the stream may end here: no frame is incomplete. */
  get atBoundary(): boolean {
    return this.#size === 0
  }

  /**
   * Returns the frames that `chunk` completes.
   *
   * @throws {CodecellError} `FRAME_TOO_LARGE`: the next frame cannot be found
   */
  *push(chunk: Buffer): Generator<Frame> {
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

/** Length of the beginning of a malformed frame, in bytes. */
const beginningBytes = 200

function parse(frame: Buffer): Frame {
  try {
    checkDepth(frame)
    const json = decoder.decode(frame)
    const value: unknown = JSON.parse(json)
    return { type: 'value', value: mayNeedExactIntegers(value) && longInteger.test(json) ? exact(json, value) : value }
  } catch (error) {
    const reason = `failed to decode code-mode IPC frame: ${messageOf(error)}`
    return { type: 'malformed', reason, beginning: frame.toString('latin1', 0, beginningBytes) }
  }
}

const longInteger = /\d{16}/

/** The ids and revisions of requests are compared. The results of nested calls are values of JavaScript. */
function mayNeedExactIntegers(value: unknown): boolean {
  return isRecord(value) && value['type'] !== 'delegate/response'
}

/** Parses JSON again, with integers as bigints where numbers would lose digits. */
function exact(json: string, inexact: unknown): unknown {
  try {
    const value: unknown = JSON.parse(json, (...[, member, context]: readonly unknown[]) => {
      const source = isRecord(context) ? context['source'] : null
      const isExact = typeof member !== 'number' || Number.isSafeInteger(member)
      return isExact || typeof source !== 'string' || !/^-?\d{1,20}$/.test(source) ? member : BigInt(source)
    })
    return value
  } catch {
    // The value nests too deeply for this.
    return inexact
  }
}

function checkLength(length: number): void {
  if (length <= maxFrameBytes) return
  throw new CodecellError('FRAME_TOO_LARGE', `code-mode IPC frame length ${length} exceeds ${maxFrameBytes} bytes`)
}
