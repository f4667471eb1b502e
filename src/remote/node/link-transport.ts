import type { FromHost, ToHost } from '../../protocol/message.ts'
import type { Transport, TransportEnd } from '../../protocol/transport.ts'
import type { FromSupervisor, SlotUse } from '../link/link-message.ts'
import type { Link, LinkEnd } from './link.ts'

/** The supervisor that runs a host, or the reason why none does. */
export type Placement =
  | {
      readonly type: 'placed'
      readonly link: Link
      readonly onUse: (use: SlotUse) => void
      readonly onLeaving: (inMs: number) => void
    }
  | { readonly type: 'failed'; readonly reason: string; readonly detail: string }

/** A transport to a host on the machine of a supervisor. */
export class LinkTransport implements Transport {
  readonly isLink = true
  readonly ended: Promise<TransportEnd>
  readonly leaving: Promise<void>
  readonly #resolveEnd: (end: TransportEnd) => void
  readonly #resolveLeaving: () => void
  readonly #aborted = new AbortController()
  #link: Link | null = null
  /** Messages until the supervisor has accepted the host. */
  readonly #waiting: ToHost[] = []
  #listener: ((messages: readonly FromHost[]) => void) | null = null
  #residentBytes: number | null = null
  #hasEnded = false

  /** @param connect asks supervisors for a host */
  constructor(connect: (signal: AbortSignal) => Promise<Placement>) {
    const ended = Promise.withResolvers<TransportEnd>()
    this.ended = ended.promise
    this.#resolveEnd = ended.resolve
    const leaving = Promise.withResolvers<void>()
    this.leaving = leaving.promise
    this.#resolveLeaving = leaving.resolve
    void connect(this.#aborted.signal).then((placement) => this.#onPlacement(placement))
  }

  #onPlacement(placement: Placement): void {
    if (placement.type === 'failed') {
      return this.#end({ type: 'unreachable', reason: placement.reason, detail: placement.detail })
    }
    const { link } = placement
    if (this.#hasEnded) return link.close()
    this.#link = link
    link.watch({
      onMessage: (message) => this.#onMessage(message, placement),
      onEnd: (end) => this.#end(endOf(end)),
    })
    if (this.#listener !== null) link.channel.listen(this.#listener)
    for (const message of this.#waiting.splice(0)) link.channel.send(message)
  }

  #onMessage(message: FromSupervisor, placement: Extract<Placement, { readonly type: 'placed' }>): void {
    switch (message.type) {
      case 'resident':
        this.#residentBytes = message.bytes
        return
      case 'alive':
        return placement.onUse(message)
      case 'leaving':
        placement.onLeaving(message.in)
        return this.#resolveLeaving()
      case 'exited':
        return this.#end(exitOf(message))
      case 'refused':
        return this.#end({ type: 'unreachable', reason: 'its supervisor ended the link', detail: message.reason })
      case 'accepted':
      case 'busy':
      case 'status':
      case 'engine_missing':
        return this.#end({ type: 'unreachable', reason: 'its supervisor broke the protocol' })
    }
  }

  get unsentBytes(): number {
    return this.#link?.channel.unsentBytes ?? 0
  }

  get sentBytes(): number {
    return this.#link?.channel.sentBytes ?? 0
  }

  async drained(): Promise<void> {
    await this.#link?.channel.drained()
  }

  send(message: ToHost): void {
    if (this.#hasEnded) return
    if (this.#link === null) this.#waiting.push(message)
    else this.#link.channel.send(message)
  }

  listen(onMessages: (messages: readonly FromHost[]) => void): void {
    this.#listener = onMessages
    this.#link?.channel.listen(onMessages)
  }

  /** Returns the memory that the supervisor has reported last. */
  residentBytes(): number | null {
    return this.#residentBytes
  }

  kill(): void {
    this.#end({ type: 'closed' })
  }

  #end(end: TransportEnd): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#waiting.length = 0
    this.#aborted.abort()
    this.#link?.close()
    this.#resolveEnd(end)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill()
  }
}

/** The end of a process that died while it sent a message. It counts as a crash, so that a cell cannot cause it without end. */
const cutWithinMessage = 'it ended within a message'

function endOf(end: LinkEnd): TransportEnd {
  if (end.type === 'silent') return { type: 'unreachable', reason: 'its link fell silent' }
  // A cell may have compromised a host that sends malformed messages.
  if (end.type === 'malformed') return { type: 'lost', reason: end.reason, detail: '', cause: end.cause }
  const { error, isWithinMessage } = end
  if (error === null && isWithinMessage) return { type: 'lost', reason: cutWithinMessage, detail: '', cause: null }
  return { type: 'unreachable', reason: 'its link broke', ...(error === null ? {} : { detail: error.message }) }
}

/** Returns the end of a process. One that its supervisor ended counts as crashed, because its cells caused that. */
function exitOf({ code, signal, reason, stderr }: Extract<FromSupervisor, { readonly type: 'exited' }>): TransportEnd {
  const how = signal === undefined ? `it exited with code ${code}` : `it was killed by ${signal}`
  const cause = reason === undefined ? (signal ?? code) : null
  return { type: 'lost', reason: reason ?? how, detail: stderr, cause }
}
