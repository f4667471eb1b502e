import { isRecord } from '../../src/protocol/json.ts'

/** Takes the fields of one JSON object one by one, so that a misspelled field is an error and not a silent default. */
export class Fields {
  readonly #record: Record<string, unknown>
  readonly #what: string
  readonly #left: Set<string>

  constructor(value: unknown, what: string) {
    if (!isRecord(value)) throw new TypeError(`Cannot read ${what}: expected a JSON object`)
    this.#record = value
    this.#what = what
    this.#left = new Set(Object.keys(value))
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#record, name)
  }

  value(name: string): unknown {
    this.#left.delete(name)
    return this.#record[name]
  }

  text(name: string): string {
    return this.optionalText(name) ?? this.#fail(name, 'it is missing')
  }

  optionalText(name: string): string | undefined {
    const value = this.value(name)
    return value === undefined || typeof value === 'string' ? value : this.#fail(name, 'expected a string')
  }

  number(name: string): number {
    return this.optionalNumber(name) ?? this.#fail(name, 'it is missing')
  }

  optionalNumber(name: string): number | undefined {
    const value = this.value(name)
    return value === undefined || typeof value === 'number' ? value : this.#fail(name, 'expected a number')
  }

  flag(name: string): boolean {
    const value = this.value(name) ?? false
    return typeof value === 'boolean' ? value : this.#fail(name, 'expected true or false')
  }

  /** Returns the list under a name, each element parsed by `parse`; undefined when it is missing. */
  list<Element>(name: string, parse: (value: unknown) => Element): readonly Element[] | undefined {
    const value = this.value(name)
    if (value === undefined) return undefined
    return Array.isArray(value) ? value.map((element) => parse(element)) : this.#fail(name, 'expected a list')
  }

  /** Returns the string under a name, which must be one of several. */
  oneOf<Choice extends string>(name: string, choices: readonly Choice[]): Choice {
    const value = this.value(name)
    return choices.find((choice) => choice === value) ?? this.#fail(name, `one of ${choices.join(', ')} is expected`)
  }

  /** Throws if there are unread fields. */
  end(): void {
    if (this.#left.size > 0)
      throw new TypeError(`Cannot read ${this.#what}: unknown field "${[...this.#left].join('", "')}"`)
  }

  #fail(name: string, problem: string): never {
    throw new TypeError(`Cannot read field "${name}" of ${this.#what}: ${problem}`)
  }
}
