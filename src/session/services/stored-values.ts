import type { Limits } from '../common/limits.ts'

/** The values that the cells of a session share through `store` and `load`, as JSON by key. */
export class StoredValues {
  #values: ReadonlyMap<string, string>
  #length: number

  constructor(values: ReadonlyMap<string, string> = new Map()) {
    this.#values = values
    this.#length = lengthOf(values)
  }

  /** Returns the values for a new cell. The returned map never changes. */
  snapshot(): ReadonlyMap<string, string> {
    return this.#values
  }

  /** Returns the remaining room, in the units of the limits of a host. */
  roomWithin({ maxStoredCharsPerSession, maxStoredKeysPerSession }: Limits): {
    storedBytes: number
    storedKeys: number
  } {
    return {
      storedBytes: Math.max(maxStoredCharsPerSession - this.#length, 0),
      storedKeys: Math.max(maxStoredKeysPerSession - this.#values.size, 0),
    }
  }

  /** Merges the values that one cell wrote. For a key that several cells wrote, the last commit wins. */
  commit(writes: ReadonlyMap<string, string>): void {
    if (writes.size === 0) return
    this.#values = new Map([...this.#values, ...writes])
    this.#length = lengthOf(this.#values)
  }
}

function lengthOf(values: ReadonlyMap<string, string>): number {
  let length = 0
  for (const [key, json] of values) length += key.length + json.length
  return length
}
