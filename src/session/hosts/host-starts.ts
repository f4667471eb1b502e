import { unref } from '../../platform/turns.ts'
import { CodecellError, messageOf } from '../../errors.ts'
import type { Host } from './host.ts'

/** The pause after the first failed start, and the default of the maximum pause, in milliseconds. */
const firstPauseMs = 100
const defaultMaxPauseMs = 5000

/** Duration of a start after which the waiting cells are informed, in milliseconds. */
const slowMs = 5000

/** Maximum number of failures in `failed`. */
const maxFailed = 100

/**
 * The starts of hosts for all groups of a pool, which share the machine. A failed start is followed by a pause that grows
 * with each failure until a start succeeds.
 */
export class HostStarts {
  readonly #onTrouble: () => void
  readonly #maxPauseMs: number
  #failures = 0
  #pauseEnd = 0
  #trouble: string | null = null
  readonly #failed: string[] = []
  #isClosed = false

  /** @param onTrouble is called when `trouble` changes */
  constructor(onTrouble: () => void, maxPauseMs: number = defaultMaxPauseMs) {
    this.#onTrouble = onTrouble
    this.#maxPauseMs = maxPauseMs
  }

  /** The reason why no host can be started at the moment, as models read it; null when starts have not failed. */
  get trouble(): string | null {
    return this.#trouble
  }

  /** Reasons of failed starts, oldest first. */
  get failed(): readonly string[] {
    return this.#failed
  }

  get isPausing(): boolean {
    return performance.now() < this.#pauseEnd
  }

  /** Whether the pool is disposed, so that no host starts. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /**
   * Creates a host and tracks its start.
   *
   * @throws {CodecellError} `HOST_START_FAILED` when the host cannot be created; `SESSION_CLOSED` when the pool is disposed
   */
  begin(createHost: () => Host): Host {
    if (this.#isClosed) throw new CodecellError('SESSION_CLOSED', 'Cannot start a host: the pool has been disposed')
    const host = this.#create(createHost)
    const timer = setTimeout(() => this.#setTrouble(`it has not responded for ${slowMs / 1000} seconds`), slowMs)
    unref(timer)
    void host.ready
      .then(
        () => this.#onSuccess(),
        () => this.#onFailure(host.startFailure),
      )
      .then(() => clearTimeout(timer))
    return host
  }

  #create(createHost: () => Host): Host {
    try {
      return createHost()
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

  /** Records a failure. Ignores a cancelled start, whose reason is null, because it does not predict the next one. */
  #onFailure(reason: string | null): void {
    if (reason === null) return
    this.#failed.push(reason)
    if (this.#failed.length > maxFailed) this.#failed.shift()
    if (!this.isPausing) this.#pauseEnd = performance.now() + this.#nextPauseMs()
    this.#setTrouble(reason)
  }

  /** Returns the next pause. Half of it is random, so that the agents on a machine do not retry at the same time. */
  #nextPauseMs(): number {
    const pauseMs = Math.min(firstPauseMs * 2 ** this.#failures, this.#maxPauseMs)
    this.#failures++
    return pauseMs * (0.5 + Math.random() / 2)
  }

  #setTrouble(trouble: string | null): void {
    if (trouble === this.#trouble) return
    this.#trouble = trouble
    this.#onTrouble()
  }

  /** Resolves when the pause is over, and after at most `maxMs` milliseconds. */
  async pause(maxMs: number = Infinity): Promise<void> {
    const remainingMs = Math.min(this.#pauseEnd - performance.now(), maxMs)
    if (remainingMs <= 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    // Hosts do not keep the event loop alive.
    unref(setTimeout(resolve, Math.ceil(remainingMs)))
    await promise
  }

  /** Prevents further starts, because the pool is disposed. */
  close(): void {
    this.#isClosed = true
    this.#setTrouble('the pool of its hosts has been disposed')
  }
}
