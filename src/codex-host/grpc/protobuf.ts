import { CodecellError } from '../../errors.ts'

/**
 * The two wire types of Protobuf that the messages of the gRPC protocol use: varints and length-delimited bytes. A
 * message is parsed once into its fields; the caller interprets them.
 */
export class ProtoReader {
  readonly #numbers = new Map<number, bigint>()
  readonly #bytes = new Map<number, Buffer[]>()
  /** Fields of the wire types that no message here uses. */
  readonly #others = new Set<number>()

  /**
   * Parses a message. Unknown fields are skipped, whatever their wire type.
   *
   * @throws {MalformedMessage} For malformed bytes
   */
  constructor(message: Buffer) {
    let offset = 0
    while (offset < message.length) offset = this.#readField(message, offset)
  }

  #readField(message: Buffer, start: number): number {
    const { field, wire, end: at } = readKey(message, start)
    switch (wire) {
      case wireVarint: {
        const [value, end] = readVarint(message, at)
        this.#numbers.set(field, value)
        return end
      }
      case wireBytes: {
        const [length, from] = readVarint(message, at)
        const end = skip(message, from, Number(length))
        const values = this.#bytes.get(field)
        const value = message.subarray(from, end)
        if (values === undefined) this.#bytes.set(field, [value])
        else values.push(value)
        return end
      }
      default:
        this.#others.add(field)
        return skipField(message, { field, wire, at })
    }
  }

  /**
   * Returns null for a missing field. A number beyond 2^53 - 1 becomes that: times and sizes here are smaller.
   *
   * @throws {MalformedMessage} For a field of another type, as all methods do
   */
  number(field: number): number | null {
    const value = this.exactNumber(field)
    if (value === null) return null
    return Number(value > safeLimit ? safeLimit : value)
  }

  /** Returns a number without loss, or null for a missing field. */
  exactNumber(field: number): bigint | null {
    if (this.#bytes.has(field) || this.#others.has(field)) throw wrongType(field)
    return this.#numbers.get(field) ?? null
  }

  /** Returns null for a missing field. */
  optionalText(field: number): string | null {
    const bytes = this.#values(field).at(-1)
    return bytes === undefined ? null : textOf(bytes)
  }

  /** Absent and empty are the same in this format. */
  text(field: number): string {
    return this.optionalText(field) ?? ''
  }

  /** Returns a nested message, or null. */
  message(field: number): ProtoReader | null {
    const bytes = this.#values(field).at(-1)
    return bytes === undefined ? null : new ProtoReader(bytes)
  }

  messages(field: number): readonly ProtoReader[] {
    return this.#values(field).map((bytes) => new ProtoReader(bytes))
  }

  #values(field: number): readonly Buffer[] {
    if (this.#numbers.has(field) || this.#others.has(field)) throw wrongType(field)
    return this.#bytes.get(field) ?? []
  }
}

/** Builds a message, field by field. Empty and zero values are omitted, unless a method states otherwise. */
export class ProtoWriter {
  readonly #parts: Uint8Array[] = []

  number(field: number, value: number): this {
    if (value > 0) this.#parts.push(varint(BigInt(field) << 3n), varint(BigInt(Math.trunc(value))))
    return this
  }

  text(field: number, value: string): this {
    return value === '' ? this : this.bytes(field, Buffer.from(value))
  }

  /** Written even when empty: in this format the presence of a message has a meaning. */
  message(field: number, value: ProtoWriter): this {
    return this.bytes(field, value.finish())
  }

  bytes(field: number, value: Uint8Array): this {
    this.#parts.push(varint((BigInt(field) << 3n) | BigInt(wireBytes)), varint(BigInt(value.length)), value)
    return this
  }

  /** Adds the fields of another message. */
  append(other: ProtoWriter): this {
    this.#parts.push(other.finish())
    return this
  }

  finish(): Buffer {
    return Buffer.concat(this.#parts)
  }
}

/** The error of malformed bytes. */
export class MalformedMessage extends CodecellError {
  constructor(what: string) {
    super('PROTOCOL_VIOLATION', `Cannot parse a Protobuf message: it has ${what}`)
  }
}

const wireVarint = 0
const wireFixed64 = 1
const wireBytes = 2
const wireGroupStart = 3
const wireGroupEnd = 4
const wireFixed32 = 5
/** Maximum depth of groups, as in other readers of the format. */
const maxGroups = 100
const maxField = 2 ** 29 - 1
const maxVarintBytes = 10
const safeLimit = BigInt(Number.MAX_SAFE_INTEGER)

type Key = { readonly field: number; readonly wire: number; readonly end: number }

function readKey(message: Buffer, start: number): Key {
  const [key, end] = readVarint(message, start)
  const field = Number(key >> 3n)
  if (field === 0 || field > maxField) throw new MalformedMessage(`field ${field}`)
  return { field, wire: Number(key & 7n), end }
}

/** Returns the end of the value at `at`. */
function skipField(message: Buffer, { field, wire, at }: { field: number; wire: number; at: number }): number {
  switch (wire) {
    case wireVarint:
      return readVarint(message, at)[1]
    case wireFixed64:
      return skip(message, at, 8)
    case wireBytes: {
      const [length, from] = readVarint(message, at)
      return skip(message, from, Number(length))
    }
    case wireGroupStart:
      return skipGroup(message, field, at)
    case wireFixed32:
      return skip(message, at, 4)
    default:
      throw new MalformedMessage(`wire type ${wire}`)
  }
}

/** Returns the end of a group, which can contain groups. */
function skipGroup(message: Buffer, field: number, start: number): number {
  const open = [field]
  let at = start
  while (open.length > 0) {
    const key = readKey(message, at)
    at = key.end
    if (key.wire === wireGroupStart) {
      if (open.length === maxGroups) throw new MalformedMessage('too many nested groups')
      open.push(key.field)
    } else if (key.wire !== wireGroupEnd) at = skipField(message, { ...key, at })
    else if (open.pop() !== key.field) throw new MalformedMessage('the end of another group')
  }
  return at
}

function readVarint(message: Buffer, start: number): readonly [bigint, number] {
  let value = 0n
  for (let index = 0; index < maxVarintBytes; index++) {
    const byte = message[start + index]
    if (byte === undefined) throw new MalformedMessage('a truncated number')
    value |= BigInt(byte & 0x7f) << BigInt(7 * index)
    if (byte < 0x80) return [BigInt.asUintN(64, value), start + index + 1]
  }
  throw new MalformedMessage('a number of more than ten bytes')
}

function varint(value: bigint): Uint8Array {
  const bytes: number[] = []
  let rest = value
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80)
    rest >>= 7n
  }
  bytes.push(Number(rest))
  return Uint8Array.from(bytes)
}

function skip(message: Buffer, from: number, length: number): number {
  if (length > message.length - from) throw new MalformedMessage('a field longer than its message')
  return from + length
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function textOf(bytes: Buffer): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw new MalformedMessage('malformed UTF-8')
  }
}

function wrongType(field: number): MalformedMessage {
  return new MalformedMessage(`another type in field ${field}`)
}
