import { abortReason } from '../../protocol/abort-reason.ts'
import { callAsync, callUntilAborted } from '../../protocol/guarded-calls.ts'
import type { Excess } from '../calls/excess.ts'

/** Hands over one notification; what it returns or throws changes nothing but the time it takes. */
export type Deliver = (text: string, options: { signal: AbortSignal }) => unknown

/** Told how each notification ended; `count` of the cell's have, this one with them. */
export type Told = (text: string, result: 'delivered' | 'failed' | 'given_up', count: number) => void

export type NotificationsOptions = {
  readonly timeoutMs: number
  /** How much may wait, in characters. */
  readonly maxBytes: number
  readonly before: number
  readonly told: Told
  /** Hands a notification to those who follow the cell, at once; null: nobody does. */
  readonly followed: (text: string) => Promise<void> | null
}

/** `given` resolves when those who follow the cell have it; null: nobody does. */
type Waiting = { readonly text: string; readonly given: Promise<void> | null }

/** The notifications of one cell: delivered one at a time, in the order in which they were sent. */
export class Notifications {
  readonly #deliver: Deliver
  readonly #told: Told
  readonly #timeoutMs: number
  readonly #followed: NotificationsOptions['followed']
  readonly #waiting: Waiting[] = []
  /** Length of all texts that have not been delivered, in characters. */
  #waitingBytes = 0
  readonly #maxBytes: number
  /** Of the notification that is being delivered. */
  #abort: AbortController | null = null
  #delivering = false
  #drained: (() => void) | null = null
  /** Notifications that an earlier process has delivered and this cell has not repeated yet. */
  #toSkip: number
  #count: number

  /** The first `before` notifications have been delivered by an earlier process. */
  constructor(deliver: Deliver, { timeoutMs, maxBytes, before, told, followed }: NotificationsOptions) {
    this.#maxBytes = maxBytes
    this.#deliver = deliver
    this.#toSkip = before
    this.#count = before
    this.#told = told
    this.#followed = followed
    this.#timeoutMs = timeoutMs
  }

  get isDelivering(): boolean {
    return this.#delivering
  }

  /** Delivers a text in its turn, or gives the limit that it would pass. */
  send(text: string): Excess | null {
    if (this.#toSkip > 0) {
      this.#toSkip--
      return null
    }
    const observed = this.#waitingBytes + text.length
    if (observed > this.#maxBytes) return { resource: 'waiting_notification_bytes', limit: this.#maxBytes, observed }
    this.#waiting.push({ text, given: this.#followed(text) })
    this.#waitingBytes = observed
    if (!this.#delivering) void this.#run()
    return null
  }

  /** Calls back, once, when nothing is left to deliver; at once when that is now. */
  whenDrained(callback: () => void): void {
    if (this.#delivering) this.#drained = callback
    else callback()
  }

  /** Drops what has not been delivered and gives up what is being delivered. */
  cancel(): void {
    this.#waiting.length = 0
    this.#waitingBytes = 0
    this.#drained = null
    this.#abort?.abort(abortReason('code mode notification cancelled'))
  }

  async #run(): Promise<void> {
    this.#delivering = true
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) await this.#one(next)
    this.#delivering = false
    this.#drained?.()
    this.#drained = null
  }

  async #one({ text, given }: Waiting): Promise<void> {
    const controller = new AbortController()
    this.#abort = controller
    const { signal } = controller
    const timer = setTimeout(() => controller.abort(abortReason('it took too long', 'TimeoutError')), this.#timeoutMs)
    timer.unref()
    const deliver = (): unknown => this.#deliver(text, { signal })
    const isDelivered = await callUntilAborted(signal, () =>
      given === null ? deliver() : Promise.all([given, callAsync(deliver)]),
    ).then(
      () => true,
      // A notification that cannot be delivered is no error of the cell (contract N2).
      () => false,
    )
    clearTimeout(timer)
    this.#abort = null
    this.#waitingBytes = Math.max(this.#waitingBytes - text.length, 0)
    this.#told(text, signal.aborted ? 'given_up' : isDelivered ? 'delivered' : 'failed', ++this.#count)
  }
}
