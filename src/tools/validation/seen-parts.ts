import type { Verdict } from './verdict.ts'

/** The properties or items of one value that keywords have evaluated, for `unevaluatedProperties` and `unevaluatedItems`. */
export class SeenParts {
  readonly #certain = new Set<string>()
  readonly #possible = new Set<string>()
  #isAnyPossible = false

  add(key: string, isCertain = true): void {
    if (isCertain) this.#certain.add(key)
    else this.#possible.add(key)
  }

  /** Notes that a keyword which codecell cannot check may have evaluated any part. */
  addUnknown(): void {
    this.#isAnyPossible = true
  }

  /** Adds the parts that a schema evaluated. They are only possible ones if the schema may not fit the value. */
  merge(other: SeenParts | null, isCertain: boolean): void {
    if (other === null) return
    for (const key of other.#certain) this.add(key, isCertain)
    for (const key of other.#possible) this.#possible.add(key)
    this.#isAnyPossible ||= other.#isAnyPossible
  }

  /** Returns whether a part has been evaluated. */
  has(key: string): Verdict {
    if (this.#certain.has(key)) return 'valid'
    return this.#isAnyPossible || this.#possible.has(key) ? 'unknown' : 'invalid'
  }
}
