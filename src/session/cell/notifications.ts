import { abortReason } from '../../protocol/abort-reason.ts'
import { callAsync, callUntilAborted } from '../../protocol/guarded-calls.ts'
import { isSessionLost } from '../../errors.ts'
import type { CellStore } from '../../storage/session-store.ts'
import type { CellFollowers } from '../following/cell-followers.ts'
import type { CellInit, SessionServices } from '../session-services.ts'
import type { Excess } from '../calls/excess.ts'

export type NotificationsState = {
  /** How many notifications an earlier process has delivered. */
  readonly delivered: number
  readonly followers: CellFollowers
}

/** `given` resolves when the followers of the cell have the notification; null without followers. */
type Waiting = { readonly text: string; readonly given: Promise<void> | null }

/** The notifications of one cell: delivered one at a time, in the order in which they were sent. */
export class Notifications {
  readonly #services: SessionServices
  readonly #init: CellInit
  readonly #followers: CellFollowers
  readonly #waiting: Waiting[] = []
  /** Length of all notifications that have not been delivered, in characters. */
  #waitingChars = 0
  /** Aborts the delivery that is under way. */
  #abort: AbortController | null = null
  #delivering = false
  #isSuspended = false
  #drained: (() => void) | null = null
  /** Notifications that an earlier process has delivered and this cell has not repeated yet. */
  #toSkip: number
  #count: number

  /** The first `delivered` notifications were delivered by an earlier process. */
  constructor(services: SessionServices, init: CellInit, { delivered, followers }: NotificationsState) {
    this.#services = services
    this.#init = init
    this.#followers = followers
    this.#toSkip = delivered
    this.#count = delivered
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
    const observed = this.#waitingChars + text.length
    const limit = this.#services.limits.maxPendingNotificationCharsPerCell
    if (observed > limit) return { resource: 'waiting_notification_bytes', limit, observed }
    this.#waiting.push({ text, given: this.#followers.onNotification(text) })
    this.#waitingChars = observed
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
    this.#waitingChars = 0
    this.#drained = null
    this.#abort?.abort(abortReason('code mode notification cancelled'))
  }

  /** Cancels the notifications, and leaves them to the process that opens the session next. */
  suspend(): void {
    this.#isSuspended = true
    this.cancel()
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
    const { notificationTimeoutMs: timeoutMs } = this.#services.limits
    const timer = setTimeout(() => controller.abort(abortReason('it took too long', 'TimeoutError')), timeoutMs)
    timer.unref()
    const deliver = (): Promise<unknown> => this.#deliver(text, signal)
    const isDelivered = await callUntilAborted(signal, () =>
      given === null ? deliver() : Promise.all([given, deliver()]),
    ).then(
      () => true,
      // A notification that cannot be delivered does not fail the cell.
      () => false,
    )
    clearTimeout(timer)
    this.#abort = null
    this.#waitingChars = Math.max(this.#waitingChars - text.length, 0)
    this.#report(text, signal.aborted ? 'given_up' : isDelivered ? 'delivered' : 'failed')
  }

  /** Does not hold the cell while the handler runs, so it is not an async function. */
  #deliver(text: string, signal: AbortSignal): Promise<unknown> {
    const { options } = this.#services
    const { cellId, execCallId, store } = this.#init
    return callAsync(() => {
      flush(store)
      return options.onNotification?.({ cellId, execCallId, text }, { signal })
    })
  }

  #report(text: string, result: 'delivered' | 'failed' | 'given_up'): void {
    const count = ++this.#count
    // The next process delivers it.
    if (this.#isSuspended) return
    const { cellId, store } = this.#init
    store.writeOrRetry(() => store.recordNotification(count))
    this.#services.feed?.emit({ type: 'notified', cellId, text, result })
  }
}

/**
 * Persists the events of the cell, because a later run is compared with all that left the cell. A notification is delivered even
 * while the disk is full, but not for a session that another process has opened.
 */
function flush(store: CellStore): void {
  try {
    store.flush()
  } catch (error) {
    if (isSessionLost(error)) throw error
  }
}
