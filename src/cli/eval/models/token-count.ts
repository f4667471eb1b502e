import { isObject } from '../values/fields.ts'

/** Returns a number of tokens; null for other values. */
export function tokenCount(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null
}

/** Returns a number of tokens in an object with details, 0 without one. */
export function tokenDetail(details: unknown, name: string): number {
  return (isObject(details) ? tokenCount(details[name]) : null) ?? 0
}
