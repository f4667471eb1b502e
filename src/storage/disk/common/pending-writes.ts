import { isSessionLost } from '../../../errors.ts'

/** Interval between retries of failed writes, in milliseconds. */
const retryMs = 500

/** A queue of writes that failed, in order, until they succeed. */
export class PendingWrites {
  readonly #queue: (() => void)[] = []
  readonly #onFailure: (error: unknown) => void
  #timer: NodeJS.Timeout | null = null
  #isClosed = false

  /** `onFailure` is called when writes begin to fail, once until they work again. */
  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure
  }

  /** Does the work, after the queued work if there is any. */
  writeOrRetry(work: () => void): void {
    if (this.#isClosed) return
    this.#queue.push(work)
    this.flush()
  }

  /** Returns whether everything is written. */
  flush(): boolean {
    try {
      for (let work = this.#queue[0]; work !== undefined; work = this.#queue[0]) {
        work()
        this.#queue.shift()
      }
      this.#stopRetrying()
      return true
    } catch (error) {
      if (isSessionLost(error)) return this.#drop()
      if (this.#timer === null) this.#onFailure(error)
      this.#timer ??= setInterval(() => this.flush(), retryMs)
      this.#timer.unref()
      return false
    }
  }

  /** The last attempt. */
  close(): void {
    this.flush()
    this.#isClosed = true
    this.#queue.length = 0
    this.#stopRetrying()
  }

  /** Another process owns the session: its records count. */
  #drop(): boolean {
    this.#isClosed = true
    this.#queue.length = 0
    this.#stopRetrying()
    return false
  }

  #stopRetrying(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }
}
