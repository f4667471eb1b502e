import { setTimeout as delay } from 'node:timers/promises'
import { BoundedMap } from '../collections/bounded-map.ts'

const minBackoffMs = 1000

/** Less than the time within which a taken session must be opened. */
const maxBackoffMs = 20_000

/** Maximum number of sessions whose failures are known. */
const maxSessions = 10_000

type Failure = { readonly count: number; readonly retryAt: number }

/** The sessions whose last opening failed in this process. */
export class OpenFailures {
  readonly #failures = new BoundedMap<string, Failure>(maxSessions)

  add(sessionId: string): void {
    const count = (this.#failures.get(sessionId)?.count ?? 0) + 1
    const backoffMs = Math.min(minBackoffMs * 2 ** (count - 1), maxBackoffMs)
    this.#failures.set(sessionId, { count, retryAt: performance.now() + backoffMs })
  }

  delete(sessionId: string): void {
    this.#failures.delete(sessionId)
  }

  /** Waits until the session may be opened again, or the signal aborts. */
  async backoff(sessionId: string, signal: AbortSignal): Promise<void> {
    const leftMs = (this.#failures.get(sessionId)?.retryAt ?? 0) - performance.now()
    if (leftMs > 0) await delay(leftMs, undefined, { ref: false, signal }).catch(() => undefined)
  }
}
