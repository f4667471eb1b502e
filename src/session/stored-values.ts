import type { Limits } from './limits.ts'

/** The values that cells of a session share through `store` and `load`, as JSON text by key. */
export class StoredValues {
  #values: ReadonlyMap<string, string>
  #length: number

  constructor(values: ReadonlyMap<string, string> = new Map()) {
    this.#values = values
    this.#length = lengthOf(values)
  }

  /** What a cell that starts now sees. It never changes afterwards. */
  snapshot(): ReadonlyMap<string, string> {
    return this.#values
  }

  /** How much may still be added, in the measure that cells count in. */
  roomWithin({ maxStoredCharsPerSession: storedBytes, maxStoredKeysPerSession: storedKeys }: Limits): {
    storedBytes: number
    storedKeys: number
  } {
    return {
      storedBytes: Math.max(storedBytes - this.#length, 0),
      storedKeys: Math.max(storedKeys - this.#values.size, 0),
    }
  }

  /** Merges the values that one cell wrote: only its own keys, and the later commit wins. */
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
