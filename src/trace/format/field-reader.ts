import { CodecellError } from '../../errors.ts'
import { isRecord } from '../../protocol/json.ts'
import type { PayloadReference } from './raw-event.ts'

/** Reads the fields of one untrusted object by name and type. Throws `TRACE_INVALID` naming the field. */
export class FieldReader {
  readonly #fields: Record<string, unknown>
  readonly #what: string

  constructor(value: unknown, what: string) {
    if (!isRecord(value)) throw new CodecellError('TRACE_INVALID', `${what} is not an object`)
    this.#fields = value
    this.#what = what
  }

  /** Returns the unparsed value, or undefined if the object has no own member of this name. */
  value(name: string): unknown {
    return Object.hasOwn(this.#fields, name) ? this.#fields[name] : undefined
  }

  object(name: string): FieldReader {
    return new FieldReader(this.value(name), `field "${name}" of ${this.#what}`)
  }

  string(name: string): string {
    const value = this.value(name)
    return typeof value === 'string' ? value : this.#fail(name, 'a string')
  }

  optionalString(name: string): string | null {
    return this.value(name) === undefined || this.value(name) === null ? null : this.string(name)
  }

  integer(name: string): number {
    const value = this.value(name)
    return typeof value === 'number' && Number.isSafeInteger(value) ? value : this.#fail(name, 'an integer')
  }

  oneOf<Name extends string>(name: string, names: readonly Name[]): Name {
    const value = this.value(name)
    return names.find((known) => known === value) ?? this.#fail(name, `one of ${names.join(', ')}`)
  }

  payload(name: string): PayloadReference {
    const fields = this.object(name)
    return {
      raw_payload_id: fields.string('raw_payload_id'),
      kind: { type: fields.object('kind').string('type') },
      path: fields.string('path'),
    }
  }

  optionalPayload(name: string): PayloadReference | null {
    return this.value(name) === undefined || this.value(name) === null ? null : this.payload(name)
  }

  #fail(name: string, expected: string): never {
    throw new CodecellError('TRACE_INVALID', `field "${name}" of ${this.#what} is not ${expected}`)
  }
}
