import { CodecellError } from '../../errors.ts'
import { isRecord } from '../../protocol/json.ts'

/**
 * A JSON object of the framed protocol. Its known members must be valid; unknown members are ignored. All methods throw
 * `PROTOCOL_VIOLATION`.
 */
export class WireObject {
  readonly #members: Readonly<Record<string, unknown>>

  constructor(value: unknown) {
    if (!isRecord(value)) throw undecodable(`invalid type: ${nameOf(value)}, expected an object`)
    this.#members = value
  }

  /** Returns whether a member is present and not null. */
  has(name: string): boolean {
    return Object.hasOwn(this.#members, name) && this.#members[name] !== null
  }

  value(name: string): unknown {
    if (Object.hasOwn(this.#members, name)) return this.#members[name]
    throw undecodable(`missing field \`${name}\``)
  }

  text(name: string): string {
    const value = this.value(name)
    if (typeof value !== 'string') throw undecodable(`invalid type: ${nameOf(value)}, expected a string`)
    if (!value.isWellFormed()) throw undecodable('a lone surrogate in a string')
    return value
  }

  /** Returns the id of a session, which cannot be empty. */
  id(name: string): string {
    const value = this.text(name)
    if (value === '') throw undecodable('identifier must not be empty')
    return value
  }

  /** Returns the id of a message. */
  messageId(): MessageId {
    const value = this.value('id')
    if (isInteger(value, i64)) return value
    throw undecodable(`invalid type: ${nameOf(value)}, expected i64`)
  }

  optionalText(name: string): string | null {
    return this.has(name) ? this.text(name) : null
  }

  number(name: string): number {
    return wholeNumber(this.value(name))
  }

  optionalNumber(name: string): number | null {
    return this.has(name) ? this.number(name) : null
  }

  /** Returns a number without loss. */
  optionalExactNumber(name: string): bigint | null {
    if (!this.has(name)) return null
    const value = this.value(name)
    if (isInteger(value, u64)) return BigInt(value)
    throw notWhole(value)
  }

  list(name: string): readonly unknown[] {
    const value = this.value(name)
    if (!Array.isArray(value)) throw undecodable(`invalid type: ${nameOf(value)}, expected a sequence`)
    return value
  }

  /** Returns one of several strings. */
  oneOf<Name extends string>(name: string, known: readonly Name[]): Name {
    return oneOf(this.text(name), known)
  }
}

/** The id of a request or of a nested call. It is a bigint when a number cannot represent it. */
export type MessageId = number | bigint

type IntegerRange = { readonly min: bigint; readonly max: bigint }

const i64: IntegerRange = { min: -(2n ** 63n), max: 2n ** 63n - 1n }
const u64: IntegerRange = { min: 0n, max: 2n ** 64n - 1n }

function isInteger(value: unknown, { min, max }: IntegerRange): value is MessageId {
  if (typeof value !== 'bigint' && !(typeof value === 'number' && Number.isInteger(value))) return false
  return value >= min && value <= max
}

/** Returns a count or a measure: 0 to 2^53 - 1; larger numbers are clamped. */
export function wholeNumber(value: unknown): number {
  if (!isInteger(value, u64)) throw notWhole(value)
  return Math.min(Number(value), Number.MAX_SAFE_INTEGER)
}

function notWhole(value: unknown): CodecellError {
  return undecodable(`invalid ${isNumber(value) ? 'value' : 'type'}: ${nameOf(value)}, expected u64`)
}

/** Returns one of several strings. */
function oneOf<Name extends string>(value: string, known: readonly Name[]): Name {
  const found = known.find((name) => name === value)
  if (found !== undefined) return found
  throw undecodable(`unknown variant \`${value}\`, expected ${known.map((name) => `\`${name}\``).join(' or ')}`)
}

/** Returns the error of a malformed frame. */
export function undecodable(detail: string): CodecellError {
  return new CodecellError('PROTOCOL_VIOLATION', `failed to decode code-mode IPC frame: ${detail}`)
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}

/** Maximum length of a string that an error repeats. */
const maxShownChars = 100

function nameOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'sequence'
  if (typeof value === 'string') return `string ${JSON.stringify(value.slice(0, maxShownChars))}`
  if (typeof value === 'boolean') return `boolean \`${value}\``
  if (!isNumber(value)) return 'map'
  const isWhole = typeof value === 'bigint' || Number.isInteger(value)
  return `${isWhole ? 'integer' : 'floating point'} \`${value}\``
}
