import { CodecellError } from '../../errors.ts'

/**
 * The two parts of protocol buffers that the messages of the gRPC door are made of: whole numbers and runs of bytes. A
 * message is read once into its fields; what a field means is for whoever asks for it.
 */
export class ProtoReader {
  readonly #numbers = new Map<number, bigint>()
  readonly #bytes = new Map<number, Buffer[]>()

  /** Throws `PROTOCOL_VIOLATION` for bytes that are no message. Fields of other kinds are passed over. */
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

  /** Null when the field is not there. */
  number(field: number): number | null {
    const value = this.#numbers.get(field)
    if (value === undefined) return null
    // No time and no size of ours is larger; a larger one is "very long" all the same.
    return Number(value > safeLimit ? safeLimit : value)
  }

  /** Null when the field is not there. Throws `PROTOCOL_VIOLATION` for bytes that are no UTF-8. */
  optionalText(field: number): string | null {
    const bytes = this.#bytes.get(field)?.at(-1)
    return bytes === undefined ? null : textOf(bytes)
  }

  /** Absent and empty are the same in this format. */
  text(field: number): string {
    return this.optionalText(field) ?? ''
  }

  /** A message inside this one, or null. */
  message(field: number): ProtoReader | null {
    const bytes = this.#bytes.get(field)?.at(-1)
    return bytes === undefined ? null : new ProtoReader(bytes)
  }

  messages(field: number): readonly ProtoReader[] {
    return (this.#bytes.get(field) ?? []).map((bytes) => new ProtoReader(bytes))
  }
}

/** Puts a message together, field by field. What is empty or zero is left out, unless a method says otherwise. */
export class ProtoWriter {
  readonly #parts: Uint8Array[] = []

  number(field: number, value: number): this {
    if (value > 0) this.#parts.push(varint(BigInt(field) << 3n), varint(BigInt(Math.trunc(value))))
    return this
  }

  text(field: number, value: string): this {
    return value === '' ? this : this.bytes(field, Buffer.from(value))
  }

  /** Written even when it is empty: in this format the presence of a message says something. */
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
    if (byte === undefined) throw broken('a number that is cut off')
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
  if (length > message.length - from) throw broken('a field that is longer than its message')
  return from + length
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function textOf(bytes: Buffer): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw broken('a text that is no UTF-8')
  }
}

function broken(what: string): CodecellError {
  return new CodecellError('PROTOCOL_VIOLATION', `Cannot read a protocol buffer: it has ${what}`)
}
