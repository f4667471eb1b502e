/** Gates at which calls of the tool `gate` wait until a step opens them: one queue for each key. */
export class Gates {
  readonly #queues = new Map<string, ((value: unknown) => void)[]>()
  #arrived: (() => void)[] = []

  /** Waits at the gate until it is opened; rejects when the call is canceled. */
  pass(key: string, signal: AbortSignal): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const queue = this.#queues.get(key) ?? []
    this.#queues.set(key, queue)
    queue.push(resolve)
    signal.addEventListener('abort', () => {
      if (queue.includes(resolve)) queue.splice(queue.indexOf(resolve), 1)
      reject(new Error('the call at the gate was cancelled'))
    })
    for (const arrive of this.#arrived.splice(0)) arrive()
    return promise
  }

  /**
   * Opens the gate for the first call with `value`, waiting for one up to `timeoutMs`. Returns whether there was one.
   */
  async open(key: string, value: unknown, timeoutMs: number): Promise<boolean> {
    // waits because a step of a case gives up after a duration
    const timeout = AbortSignal.timeout(timeoutMs)
    for (;;) {
      const answer = this.#queues.get(key)?.shift()
      if (answer !== undefined) {
        answer(value)
        return true
      }
      if (timeout.aborted) return false
      await this.#nextArrival(timeout)
    }
  }

  #nextArrival(timeout: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#arrived.push(resolve)
    timeout.addEventListener('abort', () => resolve(), { once: true })
    return promise
  }
}
