import { unref, unrefDelay } from '../../platform/turns.ts'
import { abortReason } from '../../protocol/abort-reason.ts'
import { callAsync, callUntilAborted } from '../../protocol/guarded-calls.ts'
import { isSessionLost } from '../../errors.ts'
import type { Barrier } from '../../storage/session-store.ts'
import type { CellFollowers } from '../following/cell-followers.ts'
import type { CellInit, SessionServices } from '../services/session-services.ts'
import type { Excess } from '../common/excess.ts'

/** The state of the notifications of a cell. */
export type NotificationsState = {
  /** The number of notifications that an earlier process has delivered. */
  readonly delivered: number
  readonly followers: CellFollowers
}

/** A queued notification. `followed` resolves when the followers of the cell have received it; null without followers. */
type Queued = { readonly text: string; readonly followed: Promise<void> | null }

/** Interval between attempts to write the records before a notification, in milliseconds. */
const retryMs = 500

/** The notifications of a cell. They are delivered one at a time, in the order of their events. */
export class Notifications {
  readonly #services: SessionServices
  readonly #init: CellInit
  readonly #followers: CellFollowers
  readonly #queue: Queued[] = []
  /** Total length of the undelivered notifications, in characters. */
  #pendingChars = 0
  /** Aborts the current delivery. */
  #abort: AbortController | null = null
  #delivering = false
  #isSuspended = false
  #drained: (() => void) | null = null
  /** The number of notifications that the replay must still skip. */
  #toSkip: number
  #count: number

  /** The replay skips the first `delivered` notifications. */
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

  /** The number of notifications of the program; null while some are not delivered. */
  get total(): number | null {
    return this.#delivering || this.#toSkip > 0 ? null : this.#count
  }

  /** Whether the first `count` notifications are delivered. */
  canRestore(count: number): boolean {
    return this.#toSkip >= count
  }

  /** Continues after the first `count` notifications. */
  restore(count: number): void {
    this.#toSkip -= count
  }

  /** Queues a notification. Returns the limit that it exceeds, or null. */
  send(text: string): Excess | null {
    if (this.#toSkip > 0) {
      this.#toSkip--
      return null
    }
    const observed = this.#pendingChars + text.length
    const limit = this.#services.limits.maxPendingNotificationCharsPerCell
    if (observed > limit) return { resource: 'waiting_notification_bytes', limit, observed }
    this.#queue.push({ text, followed: this.#followers.onNotification(text) })
    this.#pendingChars = observed
    if (!this.#delivering) void this.#run()
    return null
  }

  /** Calls `callback` once when all notifications are delivered, or immediately when none is pending. */
  whenDrained(callback: () => void): void {
    if (this.#delivering) this.#drained = callback
    else callback()
  }

  /** Drops the queued notifications, and aborts the current delivery. */
  cancel(): void {
    this.#queue.length = 0
    this.#pendingChars = 0
    this.#drained = null
    this.#abort?.abort(abortReason('code mode notification cancelled'))
  }

  /** Cancels the notifications. The next process that opens the session delivers them. */
  suspend(): void {
    this.#isSuspended = true
    this.cancel()
  }

  async #run(): Promise<void> {
    this.#delivering = true
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) await this.#process(next)
    this.#delivering = false
    this.#drained?.()
    this.#drained = null
  }

  async #process({ text, followed }: Queued): Promise<void> {
    const controller = new AbortController()
    this.#abort = controller
    const { signal } = controller
    const barrier = this.#init.store.barrier()
    const isOnRecord = barrier === null || (await this.#isOnRecord(barrier, signal))
    const result = isOnRecord ? await this.#deliverWithin({ text, followed }, controller) : 'failed'
    this.#abort = null
    this.#pendingChars = Math.max(this.#pendingChars - text.length, 0)
    this.#report(text, signal.aborted ? 'given_up' : result)
  }

  /**
   * Waits until the events of the cell before the notification are on record, because a later replay is compared with them.
   * Retries while they cannot be written. Returns false when the session is lost or the notification is dropped.
   */
  async #isOnRecord(first: Promise<void>, signal: AbortSignal): Promise<boolean> {
    for (let barrier: Barrier = first; barrier !== null; barrier = this.#init.store.barrier()) {
      const pending = barrier
      try {
        await callUntilAborted(signal, () => pending)
        return true
      } catch (error) {
        if (signal.aborted || isSessionLost(error)) return false
        await callUntilAborted(signal, () => unrefDelay(retryMs)).catch(() => undefined)
        if (signal.aborted) return false
      }
    }
    return true
  }

  /** Delivers a notification within its timeout. */
  async #deliverWithin({ text, followed }: Queued, controller: AbortController): Promise<'delivered' | 'failed'> {
    const { signal } = controller
    const { notificationTimeoutMs: timeoutMs } = this.#services.limits
    const timer = setTimeout(
      () => controller.abort(abortReason(`the delivery took longer than ${timeoutMs} ms`, 'TimeoutError')),
      timeoutMs,
    )
    unref(timer)
    const deliver = (): Promise<unknown> => this.#deliver(text, signal)
    const isDelivered = await callUntilAborted(signal, () =>
      followed === null ? deliver() : Promise.all([followed, deliver()]),
    ).then(
      () => true,
      // A notification that cannot be delivered does not fail the cell.
      () => false,
    )
    clearTimeout(timer)
    return isDelivered ? 'delivered' : 'failed'
  }

  /** Calls the handler. It is not an async function, so that it does not retain the cell while the handler runs. */
  #deliver(text: string, signal: AbortSignal): Promise<unknown> {
    const { options } = this.#services
    const { cellId, execCallId } = this.#init
    return callAsync(() => options.onNotification?.({ cellId, execCallId, text }, { signal }))
  }

  #report(text: string, result: 'delivered' | 'failed' | 'given_up'): void {
    const count = ++this.#count
    // The next process delivers the notification again.
    if (this.#isSuspended) return
    const { cellId, store } = this.#init
    store.writeOrRetry(() => store.recordNotification(count))
    this.#services.feed?.emit({ type: 'notified', cellId, text, result })
  }
}
