import { CodecellError } from '../../errors.ts'

type Deferred = PromiseWithResolvers<void>

/** The barriers of a session that wait for its store. Those of a session that closes do not wait for long. */
export class PendingBarriers {
  readonly #pending = new Set<Deferred>()
  #timer: NodeJS.Timeout | null = null
  #error: CodecellError | null = null

  /** The error of every barrier of a closed session; null before. */
  get error(): CodecellError | null {
    return this.#error
  }

  /** Adds a barrier. The caller settles it, and then removes it. */
  add(): Deferred {
    const barrier = Promise.withResolvers<void>()
    // A barrier that no effect waits for must not end the process.
    barrier.promise.catch(() => undefined)
    if (this.#error !== null) barrier.reject(this.#error)
    this.#pending.add(barrier)
    return barrier
  }

  remove(barrier: Deferred): void {
    this.#pending.delete(barrier)
  }

  /** Closes the barriers after `ms` milliseconds. A second call has no effect. */
  closeAfter(ms: number): void {
    this.#timer ??= setTimeout(() => this.close(), ms)
  }

  /** Rejects all pending barriers, and all later ones. */
  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#error ??= new CodecellError(
      'STORAGE_FAILED',
      'Cannot write the session: its store did not respond before the session closed',
    )
    for (const { reject } of this.#pending) reject(this.#error)
  }
}
