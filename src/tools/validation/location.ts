/** The location of a value inside the input. */
export class Location {
  readonly parent: Location | null
  readonly key: string
  readonly value: unknown
  /** The schemas that are being applied to the value here, to find references that lead back to themselves. */
  readonly active: Set<object> = new Set()
  #path: readonly string[] | null = null
  #pointer: string | null = null

  constructor(parent: Location | null, key: string, value: unknown) {
    this.parent = parent
    this.key = key
    this.value = value
  }

  static ofInput(input: unknown): Location {
    return new Location(null, '', input)
  }

  /** Returns the location of a property of this object or an item of this list. */
  child(key: string): Location {
    const holder = typeof this.value === 'object' && this.value !== null ? this.value : {}
    return new Location(this, key, Object.hasOwn(holder, key) ? Reflect.get(holder, key) : undefined)
  }

  /** Returns the location of the name of this property, as a value. */
  ofName(): Location {
    return new Location(this.parent, this.key, this.key)
  }

  get path(): readonly string[] {
    this.#path ??= this.parent === null ? [] : [...this.parent.path, this.key]
    return this.#path
  }

  /** The path as one string, to compare locations. */
  get pointer(): string {
    this.#pointer ??= JSON.stringify(this.path)
    return this.#pointer
  }

  /** Returns whether this is a location directly inside another. */
  isChildOf(other: Location): boolean {
    return this.parent !== null && this.parent.pointer === other.pointer
  }
}
