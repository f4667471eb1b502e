import type { Socket } from 'node:net'
import { encodeLinkFrame } from '../../protocol/frame.ts'
import type { FromSupervisor } from '../link/link-message.ts'

/** Unsent bytes above which the reports of memory are skipped. */
const maxReportBytes = 256 * 1024

/** Writes the frames of a host to a node, and link messages between them. */
export class LinkWriter {
  readonly #socket: Socket
  /** Link messages that wait for the end of a host frame. */
  #waiting: Buffer[] = []
  #atBoundary = true

  constructor(socket: Socket) {
    this.#socket = socket
  }

  get isCongested(): boolean {
    return this.#socket.writableLength > maxReportBytes || this.#waiting.length > 0
  }

  /** Whether all bytes so far end with a frame. */
  get atBoundary(): boolean {
    return this.#atBoundary
  }

  /** Returns false when the socket wants no more bytes for now. */
  writeBytes(bytes: Buffer, endsFrame: boolean): boolean {
    let wantsMore = this.#socket.write(bytes)
    this.#atBoundary = endsFrame
    if (endsFrame) for (const frame of this.#waiting.splice(0)) wantsMore = this.#socket.write(frame)
    return wantsMore
  }

  send(message: FromSupervisor): void {
    const frame = encodeLinkFrame(message)
    if (this.#atBoundary) this.#socket.write(frame)
    else this.#waiting.push(frame)
  }
}

/** Time for the last message of a link before it is cut, in milliseconds. */
const lingerMs = 2000

/** Ends a link after what was written. The other end may not read. */
export function endLink(socket: Socket): void {
  socket.end()
  const timer = setTimeout(() => socket.destroy(), lingerMs)
  socket.on('close', () => clearTimeout(timer))
  // Without a reader, the end of the other side is not noticed.
  socket.resume()
}

/** Refuses a link for a reason that the node receives. */
export function refuseLink(socket: Socket, reason: string): void {
  socket.on('error', () => undefined)
  socket.write(encodeLinkFrame({ type: 'refused', reason } satisfies FromSupervisor))
  endLink(socket)
}
