const windowMs = 10_000
const maxLines = 20

/** Limits the lines that clients can cause: at most 20 in ten seconds, then their number. */
export class LogLimit {
  readonly #log: (text: string) => void
  #windowEnd = 0
  #lines = 0
  #skipped = 0

  constructor(log: (text: string) => void) {
    this.#log = log
  }

  log(text: string): void {
    const now = performance.now()
    if (now >= this.#windowEnd) {
      if (this.#skipped > 0) this.#log(`${this.#skipped} more problems`)
      this.#windowEnd = now + windowMs
      this.#lines = this.#skipped = 0
    }
    if (this.#lines++ < maxLines) this.#log(text)
    else this.#skipped++
  }
}
