import { linkFrame, maxFrameBytes, maxLinkFrameBytes } from '../../protocol/frame.ts'
import { violation } from '../../protocol/message-reader.ts'

const headerBytes = 5

/** A part of a byte stream. */
export type StreamPart =
  /** Bytes of host frames, to be passed on. */
  | { readonly type: 'bytes'; readonly bytes: Buffer; readonly endsFrame: boolean }
  /** An unparsed link message. */
  | { readonly type: 'link'; readonly json: string }

/** Separates the link messages of a byte stream from the frames of a host, of which it reads only the headers. */
export class FrameSplitter {
  readonly #acceptsLinkFrames: boolean
  /** The beginning of a header that is not complete. */
  #header: Buffer = Buffer.alloc(0)
  /** Number of bytes until the end of the current frame. */
  #left = 0
  /** The chunks of the current link frame; null in a frame of the host. */
  #link: Buffer[] | null = null

  /** @param acceptsLinkFrames false for the stream of a host, which cannot send link messages */
  constructor({ acceptsLinkFrames }: { readonly acceptsLinkFrames: boolean }) {
    this.#acceptsLinkFrames = acceptsLinkFrames
  }

  /**
   * Returns the parts of a chunk. Bytes are split after the last frame that ends within the chunk, so that a link message fits
   * between them.
   *
   * @throws {CodecellError} `PROTOCOL_VIOLATION` for an empty, oversized or unknown frame
   */
  push(received: Buffer): readonly StreamPart[] {
    const chunk = this.#header.length === 0 ? received : Buffer.concat([this.#header, received])
    this.#header = chunk.subarray(0, 0)
    const parts: StreamPart[] = []
    let from = 0
    let boundary = 0
    let at = 0
    const pass = (to: number, endsFrame: boolean): void => {
      if (to > from) parts.push({ type: 'bytes', bytes: chunk.subarray(from, to), endsFrame })
      from = to
    }
    while (at < chunk.length) {
      if (this.#left === 0) {
        if (chunk.length - at < headerBytes) break
        this.#startFrame(chunk, at)
        boundary = at
        if (this.#link !== null) {
          pass(at, true)
          from = at + headerBytes
        }
        at += headerBytes
      }
      const step = Math.min(this.#left, chunk.length - at)
      this.#link?.push(chunk.subarray(at, at + step))
      at += step
      this.#left -= step
      if (this.#link === null) continue
      from = at
      if (this.#left === 0) parts.push({ type: 'link', json: Buffer.concat(this.#link).toString() })
    }
    if (this.#left > 0 && boundary > from && this.#link === null) pass(boundary, true)
    pass(at, this.#left === 0)
    this.#header = chunk.subarray(at)
    return parts
  }

  #startFrame(chunk: Buffer, at: number): void {
    const length = chunk.readUInt32LE(at)
    const kind = chunk.readUInt8(at + 4)
    if (length === 0 || length > maxFrameBytes) throw violation(`a frame of ${length} bytes`)
    const isLink = kind === linkFrame
    if (kind > linkFrame || (isLink && !this.#acceptsLinkFrames)) throw violation(`unknown frame kind ${kind}`)
    if (isLink && length > maxLinkFrameBytes) throw violation(`a link message of ${length} bytes`)
    this.#left = length - 1
    this.#link = isLink ? [] : null
  }
}
