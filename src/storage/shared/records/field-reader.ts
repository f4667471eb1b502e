import { CodecellError } from '../../../errors.ts'
import { isRecord } from '../../../protocol/json.ts'

/** Reads the fields of one stored record by name and type. Every method throws `SESSION_INVALID` for another type. */
export class FieldReader {
  readonly #fields: Readonly<Record<string, unknown>>

  constructor(value: unknown) {
    if (!isRecord(value)) throw malformed('a record is not an object')
    this.#fields = value
  }

  string(name: string): string {
    const value = this.#fields[name]
    return typeof value === 'string' ? value : this.#fail(name, 'a string')
  }

  optionalString(name: string): string | null {
    return this.#fields[name] === null ? null : this.string(name)
  }

  /** Returns null for a member that older versions do not write. */
  missingString(name: string): string | null {
    return this.#fields[name] === undefined ? null : this.optionalString(name)
  }

  number(name: string): number {
    const value = this.#fields[name]
    return typeof value === 'number' && Number.isFinite(value) ? value : this.#fail(name, 'a number')
  }

  count(name: string): number {
    const value = this.#fields[name]
    const isCount = typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
    return isCount ? value : this.#fail(name, 'a non-negative integer')
  }

  optionalCount(name: string): number | null {
    return this.#fields[name] === null ? null : this.count(name)
  }

  optionalNumber(name: string): number | null {
    return this.#fields[name] === null ? null : this.number(name)
  }

  boolean(name: string): boolean {
    const value = this.#fields[name]
    return typeof value === 'boolean' ? value : this.#fail(name, 'a boolean')
  }

  oneOf<Value extends string>(name: string, values: readonly Value[]): Value {
    const value = this.#fields[name]
    return values.find((each) => each === value) ?? this.#fail(name, `one of ${values.join(', ')}`)
  }

  #fail(name: string, expected: string): never {
    throw malformed(`expected ${expected} as "${name}"`)
  }
}

/** Returns the error for a log that cannot be read. */
export function malformed(reason: string, cause?: unknown): CodecellError {
  return new CodecellError('SESSION_INVALID', `Cannot read the log of the session: ${reason}`, { cause })
}
