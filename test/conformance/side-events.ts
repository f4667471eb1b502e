import type { AdapterToolCall } from './adapter.ts'

export type RecordedCall = {
  readonly name: string
  readonly namespace: string | null
  readonly kind: string
  readonly runtimeId: string
  readonly cell: string
  readonly input: unknown
}

/** Everything that a session did besides responding, since it was opened. */
export class SideEvents {
  readonly calls: RecordedCall[] = []
  readonly notifications: string[] = []
  readonly closed: string[] = []
  /** Runtime ids of the calls whose tool was notified of a cancellation. */
  readonly cancelled: string[] = []
  /** All of the above in one order, as `call:tool-1`, `notify:text`, `closed:1`, `cancelled:tool-1`. */
  readonly events: string[] = []
  #listeners: (() => void)[] = []

  called(call: AdapterToolCall): void {
    const { name, namespace, kind, runtimeId, cellId, input, signal } = call
    this.calls.push({ name, namespace, kind, runtimeId, cell: cellId, input: input ?? null })
    signal.addEventListener('abort', () => {
      this.cancelled.push(runtimeId)
      this.#happened(`cancelled:${runtimeId}`)
    })
    this.#happened(`call:${runtimeId}`)
  }

  notified(text: string): void {
    this.notifications.push(text)
    this.#happened(`notify:${text}`)
  }

  cellClosed(cell: string): void {
    this.closed.push(cell)
    this.#happened(`closed:${cell}`)
  }

  /** Resolves with true once `condition` holds, checked after each event, or with false after `timeoutMs`. */
  async until(condition: () => boolean, timeoutMs: number): Promise<boolean> {
    // waits because a step of a case gives up after a duration
    const timeout = AbortSignal.timeout(timeoutMs)
    while (!condition()) {
      if (timeout.aborted) return false
      await this.#nextEvent(timeout)
    }
    return true
  }

  #nextEvent(timeout: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#listeners.push(resolve)
    timeout.addEventListener('abort', () => resolve(), { once: true })
    return promise
  }

  #happened(event: string): void {
    this.events.push(event)
    for (const listener of this.#listeners.splice(0)) listener()
  }
}
