import type { Transport } from '../../protocol/transport.ts'

const heartbeatMs = 1000

/** Silent beats after which a process counts as silent. A slow process on a loaded machine must not be killed. */
const maxProcessBeats = 9
/** Silent beats after which a link counts as silent, in addition to one for each of `beatBytes` that are on their way. */
const maxLinkBeats = 3
const beatBytes = 1024 * 1024

/**
 * The pings of a host, one each second. A process must reply with a pong, also behind a link that the transport watches. Another link is
 * silent when no message arrives; pings can wait behind large results. A pause of this process counts as one beat, so it does not make its hosts silent.
 */
export class Heartbeat {
  readonly #transport: Transport
  readonly #onSilent: () => void
  readonly #onBeat: () => void
  #timer: NodeJS.Timeout | null = null
  #silentBeats = 0
  /** `sentBytes` of the transport when the last message arrived. */
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
    this.#silentBeats = 0
    this.#sentBytes = this.#transport.sentBytes
    this.#transport.send({ type: 'ping', id: 1 })
    this.#timer = setInterval(() => this.#beat(), heartbeatMs)
    this.#timer.unref()
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }

  /** Whether silence of the host is silence of the link. */
  get #isOfLink(): boolean {
    return this.#transport.isLink && this.#transport.watchesLink !== true
  }

  onPong(): void {
    if (this.#isOfLink) return
    this.#silentBeats = 0
    this.#sentBytes = this.#transport.sentBytes
  }

  /** Called when any messages have arrived. */
  onMessages(): void {
    if (!this.#isOfLink) return
    // The beat of the message was not silent as a whole.
    this.#silentBeats = -1
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
    if (!isLink) return this.#silentBeats >= maxProcessBeats
    const minBeats = this.#isOfLink ? maxLinkBeats : maxProcessBeats
    return this.#silentBeats >= minBeats + Math.floor((sentBytes - this.#sentBytes) / beatBytes)
  }
}
