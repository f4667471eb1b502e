import { CodecellError } from '../../errors.ts'

/**
 * The two wire types of Protobuf that the messages of the gRPC protocol use: varints and length-delimited bytes. A
 * message is parsed once into its fields; the caller interprets them.
 */
export class ProtoReader {
  readonly #numbers = new Map<number, bigint>()
  readonly #bytes = new Map<number, Buffer[]>()

  /**
   * Parses a message. Fields of other wire types are skipped.
   *
   * @throws {CodecellError} `PROTOCOL_VIOLATION` for malformed bytes
   */
  constructor(message: Buffer) {
    let offset = 0
    while (offset < message.length) offset = this.#readField(message, offset)
  }

  #readField(message: Buffer, start: number): number {
    const [key, at] = readVarint(message, start)
    const field = Number(key >> 3n)
    if (field === 0 || field > maxField) throw broken(`field ${field}`)
    switch (Number(key & 7n)) {
      case wireVarint: {
        const [value, end] = readVarint(message, at)
        this.#numbers.set(field, value)
        return end
      }
      case wireFixed64:
        return skip(message, at, 8)
      case wireBytes: {
        const [length, from] = readVarint(message, at)
        const end = skip(message, from, Number(length))
        const values = this.#bytes.get(field)
        const value = message.subarray(from, end)
        if (values === undefined) this.#bytes.set(field, [value])
        else values.push(value)
        return end
      }
      case wireFixed32:
        return skip(message, at, 4)
      default:
        throw broken(`wire type ${key & 7n}`)
    }
  }

  /** Returns null for a missing field. */
  number(field: number): number | null {
    const value = this.#numbers.get(field)
    if (value === undefined) return null
    // Times and sizes here are smaller; a larger number means "very long".
    return Number(value > safeLimit ? safeLimit : value)
  }

  /**
   * Returns null for a missing field.
   *
   * @throws {CodecellError} `PROTOCOL_VIOLATION` for malformed UTF-8
   */
  optionalText(field: number): string | null {
    const bytes = this.#bytes.get(field)?.at(-1)
    return bytes === undefined ? null : textOf(bytes)
  }

  /** Absent and empty are the same in this format. */
  text(field: number): string {
    return this.optionalText(field) ?? ''
  }

  /** Returns a nested message, or null. */
  message(field: number): ProtoReader | null {
    const bytes = this.#bytes.get(field)?.at(-1)
    return bytes === undefined ? null : new ProtoReader(bytes)
  }

  messages(field: number): readonly ProtoReader[] {
    return (this.#bytes.get(field) ?? []).map((bytes) => new ProtoReader(bytes))
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

const wireVarint = 0
const wireFixed64 = 1
const wireBytes = 2
const wireFixed32 = 5
const maxField = 2 ** 29 - 1
const maxVarintBytes = 10
const safeLimit = BigInt(Number.MAX_SAFE_INTEGER)

function readVarint(message: Buffer, start: number): readonly [bigint, number] {
  let value = 0n
  for (let index = 0; index < maxVarintBytes; index++) {
    const byte = message[start + index]
    if (byte === undefined) throw broken('a truncated number')
    value |= BigInt(byte & 0x7f) << BigInt(7 * index)
    if (byte < 0x80) return [BigInt.asUintN(64, value), start + index + 1]
  }
  throw broken('a number of more than ten bytes')
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
  if (length > message.length - from) throw broken('a field longer than its message')
  return from + length
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function textOf(bytes: Buffer): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw broken('malformed UTF-8')
  }
}

function broken(what: string): CodecellError {
  return new CodecellError('PROTOCOL_VIOLATION', `Cannot parse a Protobuf message: it has ${what}`)
}
