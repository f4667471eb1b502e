/** The heights of the rows of a list, measured or estimated, and the positions that follow from them. */
export class RowHeights {
  readonly #estimate: number
  readonly #measured = new Map<string, number>()
  #keys: readonly string[] = []
  /** The top of each row, and the end of the last one. Positions after `#valid` are outdated. */
  #tops: Float64Array = new Float64Array(1)
  #valid = 0

  constructor(keys: readonly string[], estimate: number) {
    this.#estimate = estimate
    this.update(keys)
  }

  get total(): number {
    return this.topOf(this.#keys.length)
  }

  /** Takes other rows; those that were measured keep their heights. */
  update(keys: readonly string[]): void {
    if (keys === this.#keys) return
    this.#keys = keys
    this.#tops = new Float64Array(keys.length + 1)
    this.#valid = 0
  }

  /** Sets the height of a row, and returns by how much it changed. */
  set(index: number, height: number): number {
    const key = this.#keys[index]
    if (key === undefined) return 0
    const change = height - (this.#measured.get(key) ?? this.#estimate)
    if (change !== 0 || !this.#measured.has(key)) this.#measured.set(key, height)
    if (change !== 0) this.#valid = Math.min(this.#valid, index)
    return change
  }

  /** Returns the position of a row, in pixels from the top of the list. */
  topOf(index: number): number {
    for (; this.#valid < index; this.#valid++) {
      const key = this.#keys[this.#valid] ?? ''
      const top = this.#tops[this.#valid] ?? 0
      this.#tops[this.#valid + 1] = top + (this.#measured.get(key) ?? this.#estimate)
    }
    return this.#tops[index] ?? 0
  }

  /** Returns the index of the row at a position. */
  indexAt(position: number): number {
    this.topOf(this.#keys.length)
    let low = 0
    let high = Math.max(0, this.#keys.length - 1)
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#tops[middle] ?? 0) <= position) low = middle
      else high = middle - 1
    }
    return low
  }
}
