import { CodecellError } from '../../errors.ts'
import { isRecord } from '../../protocol/json.ts'
import type { PayloadCapture, PayloadReference, ShardPayloadReference } from './raw-event.ts'

/** Reads the fields of one untrusted object by name and type. Throws `TRACE_INVALID` naming the field. */
export class FieldReader {
  readonly #fields: Record<string, unknown>
  readonly #what: string
  /** Decides the form of references to payloads, and which fields are required. */
  readonly schema: number

  constructor(value: unknown, what: string, schema: number = 0) {
    if (!isRecord(value)) throw new CodecellError('TRACE_INVALID', `${what} is not an object`)
    this.#fields = value
    this.#what = what
    this.schema = schema
  }

  /** Returns the unparsed value, or undefined if the object has no own member of this name. */
  value(name: string): unknown {
    return Object.hasOwn(this.#fields, name) ? this.#fields[name] : undefined
  }

  object(name: string): FieldReader {
    return new FieldReader(this.value(name), `field "${name}" of ${this.#what}`, this.schema)
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

  optionalInteger(name: string): number | null {
    return this.value(name) === undefined || this.value(name) === null ? null : this.integer(name)
  }

  /** Returns the values of an array; none if it is missing. */
  optionalList(name: string): readonly unknown[] {
    const value = this.value(name)
    if (value === undefined || value === null) return []
    return Array.isArray(value) ? value : this.#fail(name, 'an array')
  }

  oneOf<Name extends string>(name: string, names: readonly Name[]): Name {
    const value = this.value(name)
    return names.find((known) => known === value) ?? this.#fail(name, `one of ${names.join(', ')}`)
  }

  payload(name: string): PayloadReference {
    const fields = this.object(name)
    return this.schema >= shardSchema ? parseShardReference(fields, 0) : parseFileReference(fields)
  }

  optionalPayload(name: string): PayloadReference | null {
    return this.value(name) === undefined || this.value(name) === null ? null : this.payload(name)
  }

  #fail(name: string, expected: string): never {
    throw new CodecellError('TRACE_INVALID', `field "${name}" of ${this.#what} is not ${expected}`)
  }
}

/** A part of a part of a payload is the deepest that recorders write. */
const maxPartDepth = 8

/** The first schema with shards. */
const shardSchema = 3

function parseFileReference(read: FieldReader): PayloadReference {
  return { ...parseIdentity(read), path: read.string('path') }
}

function parseIdentity(read: FieldReader): Pick<PayloadReference, 'raw_payload_id' | 'kind'> {
  return { raw_payload_id: read.string('raw_payload_id'), kind: kindOf(read.object('kind').string('type')) }
}

/** A log has many references and few kinds, so references of one kind share it. */
function kindOf(type: string): PayloadReference['kind'] {
  const known = kinds.get(type)
  if (known !== undefined) return known
  const kind = { type }
  if (kinds.size < maxKinds) kinds.set(type, kind)
  return kind
}

const kinds = new Map<string, PayloadReference['kind']>()
const maxKinds = 64

function parseShardReference(read: FieldReader, depth: number): ShardPayloadReference {
  if (depth > maxPartDepth) {
    throw new CodecellError('TRACE_INVALID', `the parts of a payload are nested deeper than ${maxPartDepth}`)
  }
  const capture = read.value('capture') === undefined ? undefined : parseCapture(read.object('capture'))
  const parts = read
    .optionalList('parts')
    .map((part) => parseShardReference(new FieldReader(part, 'a part of a payload'), depth + 1))
  return {
    ...parseIdentity(read),
    shard: read.optionalInteger('shard'),
    ...(capture === undefined ? {} : { capture }),
    ...(parts.length === 0 ? {} : { parts }),
  }
}

function parseCapture(read: FieldReader): PayloadCapture | undefined {
  const status = read.oneOf('status', ['complete', 'truncated', 'omitted'])
  if (status === 'complete') return undefined
  const original = read.integer('original_bytes')
  if (status === 'omitted') return { status, original_bytes: original }
  return { status, original_bytes: original, retained_bytes: read.integer('retained_bytes') }
}
