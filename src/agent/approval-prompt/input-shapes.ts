/** Maximum depth of a compared structure. */
export const tooDeep = 1000

/** Distinguishes values by structure: the names of all members on all levels, without the values. */
export class InputShapes {
  readonly #numbers = new Map<string, number>()
  readonly #known = new WeakMap<object, number>()

  /**
   * Returns the indexes of elements that represent an array, in order: about `count` at its beginning and end, and the first one of
   * each further structure.
   */
  chosen(elements: readonly unknown[], count: number): ReadonlySet<number> {
    const atEnd = count >> 1
    const atStart = count - atEnd
    const seen = new Set<number>()
    const indexes = elements.flatMap((element, index) => {
      const shape = this.#of(element, 0)
      const isNew = !seen.has(shape)
      seen.add(shape)
      return isNew || index < atStart || index >= elements.length - atEnd ? [index] : []
    })
    return new Set(indexes)
  }

  #of(value: unknown, depth: number): number {
    if (typeof value !== 'object' || value === null) return 0
    const known = this.#known.get(value)
    if (known !== undefined) return known
    const number = this.#numberOf(depth > tooDeep ? 'deep' : this.#textOf(value, depth + 1))
    this.#known.set(value, number)
    return number
  }

  #textOf(value: object, depth: number): string {
    if (Array.isArray(value)) {
      const elements = new Set(value.map((element: unknown) => this.#of(element, depth)))
      return JSON.stringify([...elements].toSorted((left, right) => left - right))
    }
    const members = Object.entries<unknown>({ ...value }).map(([name, member]) => [name, this.#of(member, depth)])
    return `o${JSON.stringify(members.toSorted(([left], [right]) => (String(left) < String(right) ? -1 : 1)))}`
  }

  #numberOf(text: string): number {
    const known = this.#numbers.get(text)
    if (known !== undefined) return known
    const number = this.#numbers.size + 1
    this.#numbers.set(text, number)
    return number
  }
}
