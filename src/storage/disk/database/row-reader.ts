import { isRecord } from '../../../protocol/json.ts'
import { sessionInvalid } from '../common/storage-error.ts'

/**
 * Reads the columns of one row of the database of a session.
 *
 * @throws {CodecellError} `SESSION_INVALID`, naming the column
 */
export class Row {
  readonly #columns: Record<string, unknown>
  readonly #path: string

  constructor(value: unknown, path: string) {
    if (!isRecord(value)) throw sessionInvalid(path, 'a row is missing')
    this.#columns = value
    this.#path = path
  }

  text(name: string): string {
    const value = this.#columns[name]
    return typeof value === 'string' ? value : this.#fail(name, 'a string')
  }

  optionalText(name: string): string | null {
    return this.#columns[name] === null ? null : this.text(name)
  }

  integer(name: string): number {
    const value = this.#columns[name]
    return typeof value === 'number' && Number.isSafeInteger(value) ? value : this.#fail(name, 'an integer')
  }

  optionalInteger(name: string): number | null {
    return this.#columns[name] === null ? null : this.integer(name)
  }

  oneOf<Name extends string>(name: string, names: readonly Name[]): Name {
    const value = this.#columns[name]
    return names.find((known) => known === value) ?? this.#fail(name, `one of ${names.join(', ')}`)
  }

  /** Returns the parsed JSON of a column. */
  json(name: string): unknown {
    try {
      return JSON.parse(this.text(name))
    } catch {
      return this.#fail(name, 'JSON')
    }
  }

  #fail(name: string, expected: string): never {
    throw sessionInvalid(this.#path, `expected ${expected} in the column "${name}" of a row`)
  }
}
