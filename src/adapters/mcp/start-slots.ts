/** Limits how many servers are launched at the same time. A slow start releases its slot early, so that it does not delay others. */
export class StartSlots {
  #free: number
  readonly #holdMs: number
  readonly #waiting: (() => void)[] = []

  constructor(count: number, holdMs: number) {
    this.#free = count
    this.#holdMs = holdMs
  }

  /** Runs a start when a slot is free. */
  async run<Value>(start: () => Promise<Value>): Promise<Value> {
    await this.#take()
    let isReleased = false
    const release = (): void => {
      if (isReleased) return
      isReleased = true
      this.#release()
    }
    const timer = setTimeout(release, this.#holdMs)
    try {
      return await start()
    } finally {
      clearTimeout(timer)
      release()
    }
  }

  async #take(): Promise<void> {
    if (this.#free > 0) {
      this.#free--
      return
    }
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve)
    })
  }

  #release(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free++
    else next()
  }
}
