import { CodecellError, messageOf } from '../../errors.ts'
import type { Host } from './host.ts'

/** The pause after the first start that failed, and the longest one, in milliseconds. */
const firstPauseMs = 100
const longestPauseMs = 5000

/** How long a start may take before the waiting cells are informed, in milliseconds. */
const slowMs = 5000

/** How many failures are remembered. */
const maxRemembered = 100

/**
 * How the starts of hosts have gone lately, for all groups of a pool: they share the machine. After a start that failed there
 * is a pause before the next, longer each time, until a start succeeds.
 */
export class HostStarts {
  readonly #onTrouble: () => void
  #failures = 0
  #pauseEnd = 0
  #trouble: string | null = null
  readonly #failed: string[] = []
  #isClosed = false

  /** `onTrouble` is called when `trouble` changes. */
  constructor(onTrouble: () => void) {
    this.#onTrouble = onTrouble
  }

  /** Why no host can be started at the moment, in words for a model; null: nothing is known against it. */
  get trouble(): string | null {
    return this.#trouble
  }

  /** Why starts failed, the last one last. */
  get failed(): readonly string[] {
    return this.#failed
  }

  get isPausing(): boolean {
    return performance.now() < this.#pauseEnd
  }

  /** Whether the pool is disposed: no host starts. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Makes a host, and follows its start. Throws `HOST_START_FAILED`, and `SESSION_CLOSED` when the pool is closed. */
  begin(make: () => Host): Host {
    if (this.#isClosed) throw new CodecellError('SESSION_CLOSED', 'Cannot start a host: the pool has been disposed')
    const host = this.#create(make)
    const timer = setTimeout(() => this.#setTrouble(`it has not answered for ${slowMs / 1000} seconds`), slowMs)
    timer.unref()
    void host.ready
      .then(
        () => this.#onSuccess(),
        () => this.#onFailure(host.startFailure),
      )
      .then(() => clearTimeout(timer))
    return host
  }

  #create(make: () => Host): Host {
    try {
      return make()
    } catch (cause) {
      const reason = messageOf(cause)
      this.#onFailure(reason)
      if (cause instanceof CodecellError) throw cause
      throw new CodecellError('HOST_START_FAILED', `Cannot start a host: ${reason}`, { cause })
    }
  }

  #onSuccess(): void {
    this.#failures = 0
    this.#pauseEnd = 0
    this.#setTrouble(null)
  }

  /** Null for a start that was cancelled, which does not predict the next one. */
  #onFailure(reason: string | null): void {
    if (reason === null) return
    this.#failed.push(reason)
    if (this.#failed.length > maxRemembered) this.#failed.shift()
    if (!this.isPausing) this.#pauseEnd = performance.now() + this.#nextPauseMs()
    this.#setTrouble(reason)
  }

  /** Half of the pause is random, so that the agents of a machine do not retry in step. */
  #nextPauseMs(): number {
    const pauseMs = Math.min(firstPauseMs * 2 ** this.#failures, longestPauseMs)
    this.#failures++
    return pauseMs * (0.5 + Math.random() / 2)
  }

  #setTrouble(trouble: string | null): void {
    if (trouble === this.#trouble) return
    this.#trouble = trouble
    this.#onTrouble()
  }

  /** Resolves when the pause is over, and after `atMostMs` milliseconds in any case. */
  async pause(atMostMs: number = Infinity): Promise<void> {
    const leftMs = Math.min(this.#pauseEnd - performance.now(), atMostMs)
    if (leftMs <= 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    // Hosts do not keep the agent's process alive.
    setTimeout(resolve, Math.ceil(leftMs)).unref()
    await promise
  }

  /** The pool is disposed. */
  close(): void {
    this.#isClosed = true
    this.#setTrouble('the pool of its hosts has been disposed')
  }
}
