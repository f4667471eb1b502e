import { CodecellError } from '../errors.ts'
import type { CellLimitName, CellLimits } from './cell-limits.ts'
import type { LocationScope } from './command.ts'
import { isImageDetail, type ImageDetail } from './content-item.ts'
import { parseEnginePrint, type EnginePrint } from './engine-print.ts'
import { isRecord } from './json.ts'

/** Reads the fields of one untrusted message by name and type. Every method throws `PROTOCOL_VIOLATION` for another type. */
export class MessageReader {
  readonly #record: Record<string, unknown>

  constructor(value: unknown) {
    if (!isRecord(value)) throw violation('a message is not an object')
    this.#record = value
  }

  string(name: string): string {
    const value = this.#record[name]
    if (typeof value !== 'string') throw violation(`"${name}" is not a string`)
    return value
  }

  stringOr(name: string, otherwise: string): string {
    return this.#record[name] === undefined ? otherwise : this.string(name)
  }

  strings(name: string): readonly string[] {
    const value = this.#record[name]
    if (!Array.isArray(value)) throw violation(`"${name}" is not an array`)
    return value.map((element: unknown) => {
      if (typeof element !== 'string') throw violation(`"${name}" holds a value that is not a string`)
      return element
    })
  }

  /** Returns an array of counts; undefined if the message does not have it. */
  countsOrNone(name: string): readonly number[] | undefined {
    const value = this.#record[name]
    if (value === undefined) return undefined
    if (!Array.isArray(value)) throw violation(`"${name}" is not an array`)
    return value.map((element: unknown) => {
      if (typeof element === 'number' && Number.isSafeInteger(element) && element >= 0) return element
      throw violation(`"${name}" holds a value that is not a non-negative integer`)
    })
  }

  boolean(name: string): boolean {
    const value = this.#record[name]
    if (typeof value !== 'boolean') throw violation(`"${name}" is not a boolean`)
    return value
  }

  number(name: string): number {
    const value = this.#record[name]
    if (typeof value !== 'number') throw violation(`"${name}" is not a number`)
    return value
  }

  count(name: string): number {
    const value = this.number(name)
    if (!Number.isSafeInteger(value) || value < 0) throw violation(`"${name}" is not a non-negative integer`)
    return value
  }

  countOr(name: string, otherwise: number): number {
    return this.#record[name] === undefined ? otherwise : this.count(name)
  }

  /** Older hosts do not send it. */
  engine(): EnginePrint | null {
    return parseEnginePrint(this.#record['engine'])
  }

  detail(): ImageDetail {
    const value = this.#record['detail']
    if (!isImageDetail(value)) throw violation('"detail" is not an image detail')
    return value
  }

  limit(): CellLimitName | null {
    const value = this.#record['limit']
    switch (value) {
      case null:
      case 'memory':
      case 'cpu_ms':
      case 'stall_ms':
      case 'output_bytes':
      case 'events':
        return value
      default:
        throw violation('"limit" is not the name of a limit')
    }
  }

  /** Older records have a boolean. */
  places(): LocationScope {
    const value = this.#record['places']
    if (value === 'none' || value === 'calls' || value === 'all') return value
    return this.boolean('places') ? 'all' : 'none'
  }

  limits(): CellLimits {
    const of = new MessageReader(this.#record['limits'])
    return {
      memoryMb: of.count('memoryMb'),
      cpuMs: of.count('cpuMs'),
      stallMs: of.count('stallMs'),
      outputBytes: of.count('outputBytes'),
      errorBytes: of.count('errorBytes'),
      toolCalls: of.count('toolCalls'),
      pendingToolCalls: of.count('pendingToolCalls'),
      argumentBytes: of.count('argumentBytes'),
      jsonDepth: of.count('jsonDepth'),
      notifications: of.count('notifications'),
      notificationBytes: of.count('notificationBytes'),
      storedValueBytes: of.count('storedValueBytes'),
      storedBytes: of.count('storedBytes'),
      storedKeys: of.count('storedKeys'),
      timers: of.count('timers'),
      // Older records do not have these limits.
      pendingArgumentBytes: of.countOr('pendingArgumentBytes', Number.MAX_SAFE_INTEGER),
      events: of.countOr('events', Number.MAX_SAFE_INTEGER),
    }
  }
}

export function violation(what: string): CodecellError {
  return new CodecellError('PROTOCOL_VIOLATION', `Cannot read a message: ${what}`)
}
