import { CodecellError } from '../../errors.ts'
import { isRecord } from '../../protocol/json.ts'

/** A JSON object of a strict protocol: every member is known and valid. All methods throw `PROTOCOL_VIOLATION`. */
export class StrictObject {
  readonly #members: Readonly<Record<string, unknown>>

  constructor(value: unknown, known: readonly string[]) {
    if (!isRecord(value)) throw undecodable(`invalid type: ${nameOf(value)}, expected an object`)
    for (const name of Object.keys(value)) {
      if (!known.includes(name)) {
        throw undecodable(
          `unknown field \`${name}\`, expected one of ${known.map((field) => `\`${field}\``).join(', ')}`,
        )
      }
    }
    this.#members = value
  }

  has(name: string): boolean {
    return (this.#members[name] ?? null) !== null
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

  /** Returns a name, which cannot be empty. */
  id(name: string): string {
    const value = this.text(name)
    if (value === '') throw undecodable(`${name} must not be empty`)
    return value
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

  list(name: string): readonly unknown[] {
    const value = this.value(name)
    if (!Array.isArray(value)) throw undecodable(`invalid type: ${nameOf(value)}, expected a sequence`)
    return value
  }
}

/** Returns a count or a measure: 0 to 2^53 - 1; larger numbers are clamped. */
export function wholeNumber(value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 64) {
    return Math.min(value, Number.MAX_SAFE_INTEGER)
  }
  throw undecodable(`invalid type: ${nameOf(value)}, expected a whole number`)
}

/** Returns one of several strings. */
export function oneOf<name extends string>(value: string, known: readonly name[]): name {
  const found = known.find((name) => name === value)
  if (found !== undefined) return found
  throw undecodable(`unknown variant \`${value}\`, expected ${known.map((name) => `\`${name}\``).join(' or ')}`)
}

/** Returns the error of a malformed frame; the protocol ends the connection with it. */
export function undecodable(detail: string): CodecellError {
  return new CodecellError('PROTOCOL_VIOLATION', `failed to decode code-mode IPC frame: ${detail}`)
}

function nameOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'sequence' : typeof value
}
