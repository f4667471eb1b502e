/** Characters of records that are not on record, above which the cells stand still. */
const maxChars = 8 * 1024 * 1024

/** Time without progress after which they stand still, in milliseconds. */
const maxMs = 10_000

/** The records of a session that wait for its store. It reports when they are too many, or wait for too long. */
export class Backlog {
  readonly #onChange: (isLong: boolean) => void
  #rows = 0
  #chars = 0
  #isOverdue = false
  #isLong = false
  #timer: NodeJS.Timeout | null = null

  constructor(onChange: (isLong: boolean) => void) {
    this.#onChange = onChange
  }

  /** Characters of the records that are not on record. */
  get chars(): number {
    return this.#chars
  }

  /** Adds rows that were sent. Returns a function to call once, when they are on record or refused. */
  add(chars: number): () => void {
    this.#rows++
    this.#chars += chars
    this.#timer ??= this.#newTimer()
    this.#update()
    return () => {
      this.#rows--
      this.#chars -= chars
      this.#isOverdue = false
      if (this.#timer !== null) clearTimeout(this.#timer)
      this.#timer = this.#rows === 0 ? null : this.#newTimer()
      this.#update()
    }
  }

  #newTimer(): NodeJS.Timeout {
    return setTimeout(() => {
      this.#isOverdue = true
      this.#update()
    }, maxMs).unref()
  }

  #update(): void {
    const isLong = this.#isOverdue || this.#chars > maxChars
    if (isLong === this.#isLong) return
    this.#isLong = isLong
    this.#onChange(isLong)
  }
}
