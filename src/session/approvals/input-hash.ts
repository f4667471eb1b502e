import { sha256Of } from '../../platform/hash.ts'
import { isRecord } from '../../protocol/json.ts'

/** Returns the SHA-256 of an input as JSON with sorted keys, in hex, so that the order of keys does not matter. */
export function inputHashOf(value: unknown): string {
  const json = JSON.stringify(value, (_, part: unknown) => (isRecord(part) ? withSortedKeys(part) : part)) ?? ''
  return sha256Of(json)
}

function withSortedKeys(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).toSorted(([left], [right]) => (left < right ? -1 : 1)))
}
