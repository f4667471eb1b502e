/** Reads members of parsed JSON with one kind of error: the name of the member, the expectation, and the value. */
export class Fields {
  readonly #where: string
  readonly #value: Readonly<Record<string, unknown>>

  /** @throws {TypeError} when the value is not an object. */
  constructor(where: string, value: unknown) {
    this.#where = where
    if (!isObject(value)) throw unexpected(where, 'an object', value)
    this.#value = value
  }

  get where(): string {
    return this.#where
  }

  /** Returns the raw value of a member, undefined without it. */
  value(name: string): unknown {
    return Object.hasOwn(this.#value, name) ? this.#value[name] : undefined
  }

  has(name: string): boolean {
    return this.value(name) !== undefined
  }

  /** Fails for members that the form does not have. */
  refuseOthers(known: readonly string[]): void {
    const other = Object.keys(this.#value).find((name) => !known.includes(name))
    if (other !== undefined) throw unexpected(this.#where, `only the members ${known.join(', ')}`, other)
  }

  text(name: string): string {
    const value = this.value(name)
    if (typeof value !== 'string' || value === '') throw this.wrong(name, 'a string that is not empty')
    return value
  }

  textOr<Other>(name: string, other: Other): string | Other {
    return this.has(name) ? this.text(name) : other
  }

  texts(name: string): readonly string[] {
    const value = this.value(name)
    if (!Array.isArray(value)) throw this.wrong(name, 'a list of strings')
    return value.map((item: unknown) => {
      if (typeof item !== 'string') throw this.wrong(name, 'a list of strings')
      return item
    })
  }

  textsOr<Other>(name: string, other: Other): readonly string[] | Other {
    return this.has(name) ? this.texts(name) : other
  }

  number(name: string): number {
    const value = this.value(name)
    if (typeof value !== 'number' || !Number.isFinite(value)) throw this.wrong(name, 'a number')
    return value
  }

  /** Returns an integer from `min`, or the other value without the member. */
  countOr<Other>(name: string, other: Other, min = 0): number | Other {
    if (!this.has(name)) return other
    const value = this.number(name)
    if (!Number.isSafeInteger(value) || value < min) throw this.wrong(name, `an integer from ${min}`)
    return value
  }

  booleanOr<Other>(name: string, other: Other): boolean | Other {
    const value = this.value(name)
    if (value === undefined) return other
    if (typeof value !== 'boolean') throw this.wrong(name, 'true or false')
    return value
  }

  choice<Choice extends string>(name: string, choices: readonly Choice[]): Choice {
    const value = this.value(name)
    const found = choices.find((choice) => choice === value)
    if (found === undefined) throw this.wrong(name, `one of ${choices.join(', ')}`)
    return found
  }

  fields(name: string): Fields {
    return new Fields(this.#name(name), this.value(name))
  }

  list(name: string): readonly unknown[] {
    const value = this.value(name)
    if (!Array.isArray(value)) throw this.wrong(name, 'a list')
    return value
  }

  /** Returns the error for a member. */
  wrong(name: string, expected: string): TypeError {
    return unexpected(this.#name(name), expected, this.value(name))
  }

  #name(name: string): string {
    return this.#where === '' ? name : `${this.#where}.${name}`
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function unexpected(where: string, expected: string, value: unknown): TypeError {
  const got = value === undefined ? 'nothing' : (JSON.stringify(value) ?? typeof value).slice(0, 80)
  return new TypeError(`${where}: expected ${expected}, got ${got}`)
}
