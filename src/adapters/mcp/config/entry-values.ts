import { isRecord } from '../../../protocol/json.ts'
import { expandVariables, variableIn, type VariableScope } from './expand-variables.ts'

/** The reason why an entry of a configuration file cannot be used. */
export class EntryError extends Error {
  /** The variables without a value, each with the key that uses it. */
  readonly missing: readonly string[]

  constructor(reason: string, missing: readonly string[] = []) {
    super(reason)
    this.missing = missing
  }
}

/** Returns the reason for variables without a value. */
export function missingText(missing: readonly string[]): string {
  const inputAdvice = missing.some((text) => text.startsWith('"input:'))
    ? '; inputs are not supported here, so use ${NAME} instead'
    : ''
  return `variables without a value: ${missing.join(', ')}; set them, or write \${NAME:-default}${inputAdvice}`
}

/** Reads the values of an entry. Members that are null count as absent. */
export class EntryValues {
  readonly name: string
  readonly scope: VariableScope
  readonly #entry: Readonly<Record<string, unknown>>
  readonly #missing: string[] = []

  constructor(name: string, entry: Readonly<Record<string, unknown>>, scope: VariableScope) {
    this.name = name
    this.scope = scope
    this.#entry = withoutNulls(entry)
  }

  has(key: string): boolean {
    return this.#entry[key] !== undefined
  }

  value(key: string): unknown {
    return this.#entry[key]
  }

  fail(reason: string): never {
    throw new EntryError(reason)
  }

  /** Throws an error with all variables that had no value so far. */
  checkVariables(): void {
    if (this.#missing.length > 0) throw new EntryError(missingText(this.#missing), this.#missing)
  }

  /** Returns the value of a variable that an entry names, and reports a missing one as in a text. */
  variable(variable: string, field: string): string {
    const value = variableIn(this.scope, variable)
    if (value === undefined || value === '') this.#missing.push(`"${variable}" (${field} of server "${this.name}")`)
    return value ?? ''
  }

  text(field: string, value: unknown = this.value(field)): string {
    if (typeof value !== 'string' || value === '')
      return this.fail(`server "${this.name}" requires a string "${field}"`)
    const { text, missing } = expandVariables(value, this.scope)
    this.#missing.push(...missing.map((variable) => `"${variable}" (${field} of server "${this.name}")`))
    return text
  }

  /** Returns null for an absent or an empty string. */
  optionalText(field: string): string | null {
    return this.has(field) && this.value(field) !== '' ? this.text(field) : null
  }

  /** Returns a part of a string that is read already: its variables without a value are reported once. */
  expanded(part: string): string {
    return expandVariables(part, this.scope).text
  }

  list(field: string, value: unknown = this.value(field)): string[] {
    if (value === undefined) return []
    if (!Array.isArray(value)) return this.fail(`"${field}" of server "${this.name}" must be a list of strings`)
    return value.map((element: unknown, index) => (element === '' ? '' : this.text(`${field}[${index}]`, element)))
  }

  /** Numbers and booleans become strings, as shells write them. */
  texts(field: string, value: unknown = this.value(field)): Record<string, string> {
    if (value === undefined) return {}
    if (!isRecord(value)) return this.fail(`"${field}" of server "${this.name}" must be an object of strings`)
    const entries = Object.entries(withoutNulls(value)).map(([key, text]): [string, string] => [
      key,
      typeof text === 'number' || typeof text === 'bigint' || typeof text === 'boolean' || text === ''
        ? String(text)
        : this.text(`${field}.${key}`, text),
    ])
    return Object.fromEntries(entries)
  }

  flag(field: string): boolean | undefined {
    const value = this.value(field)
    if (value === undefined || typeof value === 'boolean') return value
    return this.fail(
      `"${field}" of server "${this.name}" must be true or false, got ${shown(value)}; the server is not started`,
    )
  }

  /** Returns a list of names, which are not expanded. An unreadable list must not offer every tool. */
  names(field: string): readonly string[] | undefined {
    const value = this.value(field)
    if (value === undefined) return undefined
    const names = Array.isArray(value) ? value.filter((name: unknown) => typeof name === 'string') : []
    if (Array.isArray(value) && names.length === value.length) return names
    return this.fail(
      `"${field}" of server "${this.name}" must be a list of names of tools, got ${shown(value)}; the server is not started`,
    )
  }

  /** Returns a time in milliseconds, for a field in a unit of `unitMs`. */
  time(field: string, unitMs: number, value: unknown = this.value(field)): number | undefined {
    if (value === undefined) return undefined
    const ms = typeof value === 'number' || typeof value === 'bigint' ? Math.ceil(Number(value) * unitMs) : NaN
    if (ms >= 1 && ms <= maxTimeMs) return ms
    const unit = unitMs === 1 ? 'milliseconds' : 'seconds'
    return this.fail(
      `"${field}" of server "${this.name}" must be a number of ${unit} from ${unitMs === 1 ? '1 to ' : 'more than 0 to '}${maxTimeMs / unitMs}, got ${shown(value)}`,
    )
  }
}

/** Timers of Node cannot wait longer. */
const maxTimeMs = 2_147_483_647

/** Returns a value for a message: a truncated text, or its type. */
function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 100))
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  return Array.isArray(value) ? 'a list' : 'an object'
}

function withoutNulls(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null && value !== undefined))
}
