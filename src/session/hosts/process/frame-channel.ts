import type { Duplex } from 'node:stream'
import { messageOf } from '../../../errors.ts'
import { encodeFrames, encodeLinkFrame, FrameReader } from '../../../protocol/frame.ts'
import type { FromHost, ToHost } from '../../../protocol/message.ts'
import { parseFromHost } from '../../../protocol/parse-message.ts'
import { maxUnsentBytes } from '../../../protocol/transport.ts'

/** Maximum size of the frames that wait in the stream, in bytes. Larger frames are written in parts, so progress is visible. */
const maxStreamBytes = 256 * 1024

/** Size of a message without its body, in bytes. An estimate, as messages are encoded later. */
const messageBytes = 64

/** Frames of host messages over a byte stream. It sends the messages of one turn together. */
export class FrameChannel {
  readonly #stream: Duplex
  readonly #reader: FrameReader
  readonly #onBroken: (reason: string, cause: unknown) => void
  /** Null for a stream without link messages. Throws for a malformed one. */
  readonly #onLinkMessage: ((message: unknown) => void) | null
  #listener: ((messages: readonly FromHost[]) => void) | null = null
  /** Messages that are not encoded yet, and their estimated size. */
  #messages: ToHost[] = []
  #messageBytes = 0
  /** Frames, or the rest of a frame, that the stream has not received. */
  #frames: Buffer[] = []
  #frameBytes = 0
  /** Whether the stream has received a part of the first frame. */
  #isFirstPartial = false
  #writtenBytes = 0
  readonly #drainWaiters: (() => void)[] = []
  #isClosed = false

  /**
   * @param onBroken is called when the other end sends malformed messages
   * @param onLinkMessage is called with each link message, unparsed, and throws when it is malformed
   */
  constructor(
    stream: Duplex,
    onBroken: (reason: string, cause: unknown) => void,
    onLinkMessage: ((message: unknown) => void) | null = null,
  ) {
    this.#stream = stream
    this.#reader = new FrameReader({ hasLinkMessages: onLinkMessage !== null })
    this.#onBroken = onBroken
    this.#onLinkMessage = onLinkMessage
    stream.on('data', (chunk: Buffer) => this.#receive(chunk))
  }

  get unsentBytes(): number {
    return this.#isClosed ? 0 : this.#messageBytes + this.#frameBytes + this.#stream.writableLength
  }

  get sentBytes(): number {
    return this.#writtenBytes - this.#stream.writableLength
  }

  listen(onMessages: (messages: readonly FromHost[]) => void): void {
    this.#listener = onMessages
  }

  send(message: ToHost): void {
    if (this.#isClosed) return
    this.#messageBytes += messageBytes + ('body' in message ? message.body.length : 0)
    if (this.#messages.push(message) === 1) queueMicrotask(() => this.#flush())
  }

  /** Sends a link message before the host messages that wait. */
  sendLinkMessage(message: object): void {
    if (this.#isClosed) return
    const frame = encodeLinkFrame(message)
    this.#frames.splice(this.#isFirstPartial ? 1 : 0, 0, frame)
    this.#frameBytes += frame.length
    this.#write()
  }

  /** Whether no message of the other end is incomplete. */
  get atBoundary(): boolean {
    return this.#reader.atBoundary
  }

  #flush(): void {
    const messages = this.#messages
    this.#messages = []
    this.#messageBytes = 0
    if (!this.#stream.writable || messages.length === 0) return
    for (const frame of encodeFrames(messages)) {
      this.#frames.push(frame)
      this.#frameBytes += frame.length
    }
    this.#write()
  }

  /**
   * Writes frames while the stream has room. The end of the part that takes the last room continues it: a stream emits `drain` only if
   * its own limit was exceeded, and a part can be on its way when `write` returns.
   */
  #write(): void {
    let room = maxStreamBytes - this.#stream.writableLength
    let written = 0
    for (const [index, frame] of this.#frames.entries()) {
      if (room <= 0) break
      const part = frame.length <= room ? frame : frame.subarray(0, room)
      room -= part.length
      if (room > 0) this.#stream.write(part)
      else this.#stream.write(part, this.#onRoom)
      this.#frameBytes -= part.length
      this.#writtenBytes += part.length
      this.#isFirstPartial = part !== frame
      if (part === frame) written++
      else this.#frames[index] = frame.subarray(part.length)
    }
    this.#frames.splice(0, written)
  }

  readonly #onRoom = (): void => {
    if (this.#isClosed) return
    this.#write()
    if (this.unsentBytes <= maxUnsentBytes / 2) for (const resolve of this.#drainWaiters.splice(0)) resolve()
  }

  /** Resolves when at most half of `maxUnsentBytes` is unsent, or the channel is closed. */
  async drained(): Promise<void> {
    this.#flush()
    if (this.#isClosed || this.unsentBytes <= maxUnsentBytes / 2) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#drainWaiters.push(resolve)
    await promise
  }

  #receive(chunk: Buffer): void {
    if (this.#isClosed) return
    let messages: readonly FromHost[]
    try {
      messages = this.#reader.push(chunk).flatMap((message) => parseFromHost(message))
    } catch (cause) {
      // A cell may have compromised a host that sends malformed messages.
      return this.#onBroken(`it broke the protocol: ${messageOf(cause)}`, cause)
    }
    if (messages.length > 0) this.#listener?.(messages)
    try {
      for (const message of this.#reader.takeLinkMessages()) this.#onLinkMessage?.(message)
    } catch (cause) {
      this.#onBroken(`it broke the protocol: ${messageOf(cause)}`, cause)
    }
  }

  /** Delivers and sends nothing after this call. */
  close(): void {
    this.#isClosed = true
    this.#listener = null
    this.#messages = []
    this.#frames = []
    this.#messageBytes = this.#frameBytes = 0
    this.#stream.destroy()
    for (const resolve of this.#drainWaiters.splice(0)) resolve()
  }
}
