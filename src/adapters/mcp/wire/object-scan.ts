/** A string of JSON, its start or its end, or a bracket. */
const parts = /["\\{}[\]]/g

/** Finds the end of a JSON object whose text comes in pieces. */
export class ObjectScan {
  #depth = 0
  #isInString = false
  #isEscaped = false

  /** Whether the text so far ends in a string. */
  get isInString(): boolean {
    return this.#isInString
  }

  /** Returns the index after the object in the next piece of its text; null when the object does not end in it. */
  endIn(piece: string): number | null {
    let escapeAt = -1
    if (this.#isEscaped) escapeAt = 0
    this.#isEscaped = false
    for (const { 0: part, index } of piece.matchAll(parts)) {
      if (index === escapeAt) continue
      if (this.#isInString) {
        if (part === '\\') escapeAt = index + 1
        else if (part === '"') this.#isInString = false
      } else if (part === '"') this.#isInString = true
      else if (part === '{' || part === '[') this.#depth++
      else if ((part === '}' || part === ']') && --this.#depth <= 0) return index + 1
    }
    this.#isEscaped = escapeAt === piece.length
    return null
  }
}
