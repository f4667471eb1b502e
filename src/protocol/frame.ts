import { CodecellError } from '../errors.ts'
import { isRecord } from './json.ts'

/**
 * A frame is a little-endian 32-bit length followed by that many bytes. The first byte states the content: a JSON array
 * of messages, or one message with a `body` that is too large to escape: the length of the JSON of the message, that
 * JSON, and the body in UTF-8. Both decode to the same messages. Between the frames of a host, a link has frames with one
 * message of the supervisor or of the node. `docs/protocol.md` describes the format.
 */
const batchFrame = 0
const bodyFrame = 1
export const linkFrame = 2

/** Maximum size of a frame that is read or written, in bytes. */
export const maxFrameBytes: number = 256 * 1024 * 1024

/** Maximum size of a frame with a link message, in bytes. */
export const maxLinkFrameBytes: number = 64 * 1024

/** Longer bodies are sent outside the JSON, in characters. */
const inlineBodyLength = 8192

/** A batch is closed at this length of its strings, in characters. Each may take six bytes when escaped. */
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

/** Returns the length of the strings of a message, plus an allowance for the rest. */
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

/** Returns the frame of a link message. */
export function encodeLinkFrame(message: object): Buffer {
  const json = JSON.stringify(message)
  const frame = Buffer.allocUnsafe(5 + Buffer.byteLength(json))
  frame.write(json, 5)
  return finish(frame, linkFrame)
}

function finish(frame: Buffer, kind: number): Buffer {
  checkLength(frame.length - 4)
  frame.writeUInt32LE(frame.length - 4, 0)
  frame.writeUInt8(kind, 4)
  return frame
}

/** Joins chunks of a byte stream into messages. One reader serves one stream. */
export class FrameReader {
  #chunks: Buffer[] = []
  #size = 0
  /** Null for a stream that has no link messages. */
  readonly #linkMessages: unknown[] | null

  /** @param hasLinkMessages whether link messages are accepted */
  constructor({ hasLinkMessages = false }: { readonly hasLinkMessages?: boolean } = {}) {
    this.#linkMessages = hasLinkMessages ? [] : null
  }

  /** Returns the link messages of the chunks so far, unparsed, and removes them. */
  takeLinkMessages(): readonly unknown[] {
    return this.#linkMessages?.splice(0) ?? []
  }

  /** True when the stream may end here: no frame is incomplete. */
  get atBoundary(): boolean {
    return this.#size === 0
  }

  /**
   * Returns the messages that `chunk` completes, unparsed.
   *
   * @throws {CodecellError} `FRAME_TOO_LARGE`, `PROTOCOL_VIOLATION`
   */
  push(chunk: Buffer): unknown[] {
    this.#chunks.push(chunk)
    this.#size += chunk.length
    const messages: unknown[] = []
    for (;;) {
      const frame = this.#nextFrame()
      if (frame === undefined) return messages
      decodeFrame(frame, messages, this.#linkMessages)
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

  /** Returns a buffer that begins with the next `size` bytes. Chunks are joined only when a frame spans them. */
  #head(size: number): Buffer {
    const first = this.#chunks[0]
    if (first !== undefined && first.length >= size) return first
    const joined = Buffer.concat(this.#chunks, this.#size)
    this.#chunks = [joined]
    return joined
  }
}

function decodeFrame(frame: Buffer, into: unknown[], linkMessages: unknown[] | null): void {
  try {
    if (frame[0] === linkFrame && linkMessages !== null) return void linkMessages.push(decodeLinkFrame(frame))
    if (frame[0] === batchFrame) {
      const batch: unknown = JSON.parse(frame.toString('utf8', 1))
      if (!Array.isArray(batch)) throw new TypeError('expected a JSON array of messages')
      for (const message of batch) into.push(message)
      return
    }
    if (frame[0] !== bodyFrame) throw new TypeError(`unknown frame kind ${frame[0]}`)
    const jsonEnd = 5 + frame.readUInt32LE(1)
    if (jsonEnd > frame.length) throw new RangeError('the message is longer than its frame')
    const message: unknown = JSON.parse(frame.toString('utf8', 5, jsonEnd))
    if (!isRecord(message)) throw new TypeError('expected a JSON object')
    into.push({ ...message, body: frame.toString('utf8', jsonEnd) })
  } catch (cause) {
    throw new CodecellError('PROTOCOL_VIOLATION', 'Cannot decode a frame: malformed content', { cause })
  }
}

/** Returns the unparsed message of a link frame without its length. */
function decodeLinkFrame(frame: Buffer): unknown {
  if (frame.length > maxLinkFrameBytes) throw new RangeError('the link message is too long')
  const message: unknown = JSON.parse(frame.toString('utf8', 1))
  return message
}

function checkLength(length: number): void {
  if (length > maxFrameBytes || length === 0) {
    throw new CodecellError('FRAME_TOO_LARGE', `Cannot pass a frame of ${length} bytes: the limit is ${maxFrameBytes}`)
  }
}
