import { isRecord } from '../../protocol/json.ts'
import { badRequest } from '../data/paging.ts'

/** The members of a body of JSON. Each method refuses a value of another type. */
export class RequestFields {
  readonly #value: Readonly<Record<string, unknown>>

  /** @throws {CodecellError} `INVALID_OPTION` when the body is not an object */
  constructor(body: unknown) {
    if (!isRecord(body)) throw badRequest('expected an object as body')
    this.#value = body
  }

  text(name: string, maxCharacters: number = 2000): string {
    const value = this.optionalText(name, maxCharacters)
    if (value === null || value === '') throw badRequest(`expected a string as "${name}"`)
    return value
  }

  optionalText(name: string, maxCharacters: number = 2000): string | null {
    const value = this.#value[name] ?? null
    if (value === null) return null
    if (typeof value !== 'string' || value.length > maxCharacters) {
      throw badRequest(`expected a string of at most ${maxCharacters} characters as "${name}"`)
    }
    return value
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#value, name)
  }

  count(name: string): number {
    const value = this.#value[name]
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1) {
      throw badRequest(`expected a positive integer as "${name}"`)
    }
    return value
  }

  fields(name: string): RequestFields {
    return new RequestFields(this.#value[name])
  }

  list(name: string, maxItems: number): readonly unknown[] {
    const value = this.#value[name]
    if (!Array.isArray(value) || value.length > maxItems) {
      throw badRequest(`expected a list of at most ${maxItems} items as "${name}"`)
    }
    return value
  }

  /** @throws {CodecellError} `INVALID_OPTION` for another value than one of the choices */
  choice<Choice extends string>(name: string, choices: readonly Choice[]): Choice {
    const found = choices.find((choice) => choice === this.#value[name])
    if (found === undefined) throw badRequest(`expected one of ${choices.join(', ')} as "${name}"`)
    return found
  }
}
