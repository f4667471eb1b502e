import { inNextTurn } from '../../platform/turns.ts'

/** Time that slices take before the other work of the thread gets a turn, in milliseconds. */
const maxTurnMs = 8

/** The slices of all machines of a thread, one after the other. */
export class SliceQueue {
  readonly #waiting: (() => void)[] = []
  #isRunning = false

  /** Runs a slice after those that wait. A slice that waits for nothing runs in the next micro-task. */
  add<Result>(slice: () => Result): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>()
    this.#waiting.push(() => {
      try {
        resolve(slice())
      } catch (error) {
        reject(error)
      }
    })
    if (!this.#isRunning) {
      this.#isRunning = true
      queueMicrotask(() => this.#run())
    }
    return promise
  }

  #run(): void {
    const endAt = performance.now() + maxTurnMs
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      next()
      if (performance.now() >= endAt && this.#waiting.length > 0) return inNextTurn(() => this.#run())
    }
    this.#isRunning = false
  }
}
