/** The location of a record's body in the decompressed shard. */
export type RecordLocation = { readonly offset: number; readonly length: number }

/**
 * The records of a shard by id. A shard can have millions of records, so the usual ids, `raw_payload:N`, are stored as their
 * numbers.
 */
export class RecordIndex {
  #numbers = new Float64Array(64)
  #offsets = new Float64Array(64)
  #lengths = new Float64Array(64)
  #count = 0
  #isSorted = true
  #order: Uint32Array | undefined
  readonly #others = new Map<string, RecordLocation>()

  /** The end of the last body. */
  end = 0

  get count(): number {
    return this.#count + this.#others.size
  }

  /** Adds a record. Returns whether its id is new, as far as this can be known before `duplicate` is called. */
  add(id: string, location: RecordLocation): boolean {
    this.end = Math.max(this.end, location.offset + location.length)
    const number = numberOf(id)
    if (number === undefined) {
      if (this.#others.has(id)) return false
      this.#others.set(id, location)
      return true
    }
    if (this.#count === this.#numbers.length) this.#grow()
    const last = this.#count === 0 ? -1 : (this.#numbers[this.#count - 1] ?? -1)
    if (number === last) return false
    if (number < last) this.#isSorted = false
    this.#numbers[this.#count] = number
    this.#offsets[this.#count] = location.offset
    this.#lengths[this.#count] = location.length
    this.#count++
    return true
  }

  /** Returns an id that two records have. Call it after the last record. */
  duplicate(): string | undefined {
    if (this.#isSorted) return undefined
    const order = this.#sorted()
    for (let index = 1; index < order.length; index++) {
      const number = this.#numbers[order[index] ?? 0]
      if (number === this.#numbers[order[index - 1] ?? 0]) return `raw_payload:${number}`
    }
    return undefined
  }

  find(id: string): RecordLocation | undefined {
    const number = numberOf(id)
    if (number === undefined) return this.#others.get(id)
    const index = this.#search(number)
    if (index === undefined) return undefined
    return { offset: this.#offsets[index] ?? 0, length: this.#lengths[index] ?? 0 }
  }

  #search(number: number): number | undefined {
    const order = this.#isSorted ? undefined : this.#sorted()
    let low = 0
    let high = this.#count
    while (low < high) {
      const middle = (low + high) >>> 1
      const index = order === undefined ? middle : (order[middle] ?? 0)
      const found = this.#numbers[index] ?? 0
      if (found === number) return index
      if (found < number) low = middle + 1
      else high = middle
    }
    return undefined
  }

  #sorted(): Uint32Array {
    this.#order ??= Uint32Array.from({ length: this.#count }, (_, index) => index).sort(
      (left, right) => (this.#numbers[left] ?? 0) - (this.#numbers[right] ?? 0) || left - right,
    )
    return this.#order
  }

  #grow(): void {
    this.#numbers = doubled(this.#numbers)
    this.#offsets = doubled(this.#offsets)
    this.#lengths = doubled(this.#lengths)
  }
}

function doubled(values: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(values.length * 2)
  larger.set(values)
  return larger
}

/** Returns N of an id `raw_payload:N` in its usual spelling. */
function numberOf(id: string): number | undefined {
  return usualId.test(id) ? Number(id.slice(prefixLength)) : undefined
}

const usualId = /^raw_payload:(?:0|[1-9]\d{0,14})$/
const prefixLength = 'raw_payload:'.length
