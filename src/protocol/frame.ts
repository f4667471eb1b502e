import { CodecellError } from '../errors.ts'
import { isRecord } from './json.ts'

/**
 * A frame is a little-endian 32-bit length and that many bytes. The first byte says what follows: a JSON array of
 * messages, or one message whose `body` is too large to be worth escaping: the length of the message's JSON, the JSON,
 * and the body as plain UTF-8. Both decode to the same messages. `docs/protocol.md` describes it for other writers.
 */
const batchFrame = 0
const bodyFrame = 1

/** The largest frame that is read or written, in bytes. */
const maxFrameBytes = 256 * 1024 * 1024

/** A body of more characters than this travels outside the JSON. */
const inlineBodyLength = 8192

/** A batch is closed once its texts have so many characters; escaped, each may take six bytes. */
const batchLength = 4 * 1024 * 1024

export function encodeFrames(messages: readonly object[]): Buffer[] {
  const frames: Buffer[] = []
  let batch: object[] = []
  let length = 0
  for (const message of messages) {
    length += lengthOf(message)
    if (length > batchLength && batch.length > 0) {
      frames.push(batchToFrame(batch))
      batch = []
      length = lengthOf(message)
    }
    const body = 'body' in message ? message.body : undefined
    if (typeof body !== 'string' || body.length <= inlineBodyLength) {
      batch.push(message)
      continue
    }
    if (batch.length > 0) frames.push(batchToFrame(batch))
    batch = []
    length = 0
    frames.push(bodyToFrame(message, body))
  }
  if (batch.length > 0) frames.push(batchToFrame(batch))
  return frames
}

/** Characters of a message's own texts, and something for the rest. */
function lengthOf(message: object): number {
  const body = 'body' in message && typeof message.body === 'string' ? message.body.length : 0
  const key = 'key' in message && typeof message.key === 'string' ? message.key.length : 0
  return 64 + key + (body > inlineBodyLength ? 0 : body)
}

function batchToFrame(batch: readonly object[]): Buffer {
  const json = JSON.stringify(batch)
  const frame = Buffer.allocUnsafe(5 + Buffer.byteLength(json))
  frame.write(json, 5)
  return finish(frame, batchFrame)
}

function bodyToFrame(message: object, body: string): Buffer {
  const json = JSON.stringify({ ...message, body: undefined })
  const jsonBytes = Buffer.byteLength(json)
  const frame = Buffer.allocUnsafe(9 + jsonBytes + Buffer.byteLength(body))
  frame.writeUInt32LE(jsonBytes, 5)
  frame.write(json, 9)
  frame.write(body, 9 + jsonBytes)
  return finish(frame, bodyFrame)
}

function finish(frame: Buffer, kind: number): Buffer {
  checkLength(frame.length - 4)
  frame.writeUInt32LE(frame.length - 4, 0)
  frame.writeUInt8(kind, 4)
  return frame
}

/** Puts chunks of a byte stream back together into messages. One reader serves one stream. */
export class FrameReader {
  #chunks: Buffer[] = []
  #size = 0

  /** True when the stream may end here: no frame has been begun. */
  get atBoundary(): boolean {
    return this.#size === 0
  }

  /** The messages that `chunk` completes, unparsed. Throws `FRAME_TOO_LARGE` or `PROTOCOL_VIOLATION`. */
  push(chunk: Buffer): unknown[] {
    this.#chunks.push(chunk)
    this.#size += chunk.length
    const messages: unknown[] = []
    for (;;) {
      const frame = this.#nextFrame()
      if (frame === undefined) return messages
      decodeFrame(frame, messages)
    }
  }

  #nextFrame(): Buffer | undefined {
    if (this.#size < 4) return undefined
    const length = this.#head(4).readUInt32LE(0)
    checkLength(length)
    if (this.#size < 4 + length) return undefined
    const whole = this.#head(4 + length)
    this.#chunks[0] = whole.subarray(4 + length)
    this.#size -= 4 + length
    return whole.subarray(4, 4 + length)
  }

  /** A buffer that begins with the next `size` bytes; chunks are joined only when a frame spans them. */
  #head(size: number): Buffer {
    const first = this.#chunks[0]
    if (first !== undefined && first.length >= size) return first
    const joined = Buffer.concat(this.#chunks, this.#size)
    this.#chunks = [joined]
    return joined
  }
}

function decodeFrame(frame: Buffer, into: unknown[]): void {
  try {
    if (frame[0] === batchFrame) {
      const batch: unknown = JSON.parse(frame.toString('utf8', 1))
      if (!Array.isArray(batch)) throw new TypeError('a batch is a JSON array')
      for (const message of batch) into.push(message)
      return
    }
    if (frame[0] !== bodyFrame) throw new TypeError(`unknown frame kind ${frame[0]}`)
    const jsonEnd = 5 + frame.readUInt32LE(1)
    if (jsonEnd > frame.length) throw new RangeError('the message is longer than its frame')
    const message: unknown = JSON.parse(frame.toString('utf8', 5, jsonEnd))
    if (!isRecord(message)) throw new TypeError('a message is a JSON object')
    into.push({ ...message, body: frame.toString('utf8', jsonEnd) })
  } catch (cause) {
    throw new CodecellError('PROTOCOL_VIOLATION', 'Cannot decode a frame: it is damaged', { cause })
  }
}

function checkLength(length: number): void {
  if (length > maxFrameBytes || length === 0) {
    throw new CodecellError('FRAME_TOO_LARGE', `Cannot pass a frame of ${length} bytes: the limit is ${maxFrameBytes}`)
  }
}
