import { unref } from '../../platform/turns.ts'
import type { Transport } from '../../protocol/transport.ts'

const heartbeatMs = 1000

/** Silent beats after which a host counts as silent. A slow process on a loaded machine must not be killed. */
const maxSilentBeats = 9
/** Over a link, a ping can wait behind large results: there is one more beat for each of so many bytes on their way. */
const beatBytes = 1024 * 1024

/**
 * The pings of a host, one each second. The host must reply with a pong. A pause of this process counts as one beat, so it does not make
 * its hosts silent.
 */
export class Heartbeat {
  readonly #transport: Transport
  readonly #onSilent: () => void
  readonly #onBeat: () => void
  #timer: NodeJS.Timeout | null = null
  #silentBeats = 0
  /** `sentBytes` of the transport when the last pong arrived. */
  #sentBytes = 0

  /**
   * @param onSilent is called when the host is silent
   * @param onBeat is called each second otherwise
   */
  constructor(transport: Transport, onSilent: () => void, onBeat: () => void) {
    this.#transport = transport
    this.#onSilent = onSilent
    this.#onBeat = onBeat
  }

  /** Does nothing when it is running. */
  start(): void {
    if (this.#timer !== null) return
    this.#reset()
    this.#transport.send({ type: 'ping', id: 1 })
    this.#timer = setInterval(() => this.#beat(), heartbeatMs)
    unref(this.#timer)
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }

  onPong(): void {
    this.#reset()
  }

  #reset(): void {
    this.#silentBeats = 0
    this.#sentBytes = this.#transport.sentBytes
  }

  #beat(): void {
    this.#silentBeats++
    if (this.#isSilent) return this.#onSilent()
    this.#transport.send({ type: 'ping', id: 1 })
    this.#onBeat()
  }

  get #isSilent(): boolean {
    const { isLink, sentBytes } = this.#transport
    const moreBeats = isLink ? Math.floor((sentBytes - this.#sentBytes) / beatBytes) : 0
    return this.#silentBeats >= maxSilentBeats + moreBeats
  }
}
