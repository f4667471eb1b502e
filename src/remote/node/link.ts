import type { Socket } from 'node:net'
import { FrameChannel } from '../../session/hosts/process/frame-channel.ts'
import { parseFromSupervisor, type FromNode, type FromSupervisor } from '../link/link-message.ts'

const beatMs = 1000
/** Beats without a byte of the supervisor after which a link counts as silent. */
const maxSilentBeats = 3

/** How a link ended. Nothing is delivered afterwards. */
export type LinkEnd =
  /** The connection ended, or failed with an error. */
  | { readonly type: 'broken'; readonly error: NodeJS.ErrnoException | null; readonly isWithinMessage: boolean }
  | { readonly type: 'silent' }
  /** The other end sent malformed messages. */
  | { readonly type: 'malformed'; readonly reason: string; readonly cause: unknown }

export type LinkHandlers = {
  readonly onMessage: (message: FromSupervisor) => void
  readonly onEnd: (end: LinkEnd) => void
}

/** A connection to a supervisor: the frames of the host, and the link messages between them. */
export class Link {
  readonly channel: FrameChannel
  readonly #socket: Socket
  #handlers: LinkHandlers
  #timer: NodeJS.Timeout | null = null
  #silentBeats = 0
  #hasEnded = false
  /** Deliveries of messages and of the end that `watch` makes. */
  readonly #kept: (() => void)[] = []

  constructor(socket: Socket, handlers: LinkHandlers) {
    this.#socket = socket
    this.#handlers = handlers
    this.channel = new FrameChannel(
      socket,
      (reason, cause) => this.#end({ type: 'malformed', reason, cause }),
      (message) => {
        if (!this.#hasEnded) this.#handlers.onMessage(parseFromSupervisor(message))
      },
    )
    let lastError: NodeJS.ErrnoException | null = null
    socket.on('error', (error) => (lastError = error))
    // The beat of the last byte was not silent as a whole. A pause of this process counts as one beat.
    socket.on('data', () => (this.#silentBeats = -1))
    socket.on('close', () => {
      this.#end({ type: 'broken', error: lastError, isWithinMessage: !this.channel.atBoundary })
    })
    // Hosts do not keep the event loop alive.
    socket.unref()
  }

  /** Keeps later messages, and the end, for the handlers of `watch`. */
  keep(): void {
    this.#handlers = {
      onMessage: (message) => this.#kept.push(() => this.#handlers.onMessage(message)),
      onEnd: (end) => this.#kept.push(() => this.#handlers.onEnd(end)),
    }
  }

  /** Replaces the handlers, delivers to them what was kept, and starts to watch the link. */
  watch(handlers: LinkHandlers): void {
    this.#handlers = handlers
    if (!this.#hasEnded) this.#timer = setInterval(() => this.#beat(), beatMs).unref()
    for (const deliver of this.#kept.splice(0)) deliver()
  }

  #beat(): void {
    this.#silentBeats++
    if (this.#silentBeats >= maxSilentBeats) return this.#end({ type: 'silent' })
    this.send({ type: 'alive' })
  }

  send(message: FromNode): void {
    this.channel.sendLinkMessage(message)
  }

  #end(end: LinkEnd): void {
    if (this.#hasEnded) return
    this.close()
    this.#handlers.onEnd(end)
  }

  /** Ends the link without calling a handler. */
  close(): void {
    this.#hasEnded = true
    if (this.#timer !== null) clearInterval(this.#timer)
    this.channel.close()
    this.#socket.destroy()
  }
}
