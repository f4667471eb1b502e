/**
 * A map that is limited in size: the oldest entry makes room for a new one. An entry that is set again keeps its age; delete it first
 * to renew it.
 */
export class BoundedMap<Key, Value> {
  readonly #maxSize: number
  readonly #onRemoved: (value: Value) => void
  readonly #entries = new Map<Key, Value>()

  /** `onRemoved` is called with each value that makes room. */
  constructor(maxSize: number, onRemoved: (value: Value) => void = () => undefined) {
    this.#maxSize = maxSize
    this.#onRemoved = onRemoved
  }

  get size(): number {
    return this.#entries.size
  }

  has(key: Key): boolean {
    return this.#entries.has(key)
  }

  get(key: Key): Value | undefined {
    return this.#entries.get(key)
  }

  set(key: Key, value: Value): void {
    this.#entries.set(key, value)
    while (this.#entries.size > this.#maxSize) this.removeOldest()
  }

  delete(key: Key): void {
    this.#entries.delete(key)
  }

  /** Removes the oldest entry, if there is one. */
  removeOldest(): void {
    for (const [key, value] of this.#entries) {
      this.#entries.delete(key)
      return this.#onRemoved(value)
    }
  }
}
