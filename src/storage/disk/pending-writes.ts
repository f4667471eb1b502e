import { isSessionLost } from '../../errors.ts'

/** How often what could not be written is tried again, in milliseconds. */
const retryMs = 500

/** Writes that could not be made wait here, in order, until they can. */
export class PendingWrites {
  readonly #queue: (() => void)[] = []
  readonly #onFailure: (error: unknown) => void
  #timer: NodeJS.Timeout | null = null
  #isClosed = false

  /** `onFailure` is told when writing begins to fail, once until it works again. */
  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure
  }

  /** Does the work now, or behind what waits already. */
  writeOrRetry(work: () => void): void {
    if (this.#isClosed) return
    this.#queue.push(work)
    this.flush()
  }

  /** Whether everything is written. */
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

  /** The last try. */
  close(): void {
    this.flush()
    this.#isClosed = true
    this.#queue.length = 0
    this.#stopRetrying()
  }

  /** The session belongs to another process: what it has on record counts. */
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
