import { createHash } from 'node:crypto'
import { isRecord } from '../../protocol/json.ts'

/** SHA-256 of the JSON text of an input with its keys in order, in hex: the same input in another order has the same. */
export function inputHashOf(value: unknown): string {
  const json = JSON.stringify(value, (_, part: unknown) => (isRecord(part) ? inOrder(part) : part)) ?? ''
  return createHash('sha256').update(json).digest('hex')
}

function inOrder(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).toSorted(([left], [right]) => (left < right ? -1 : 1)))
}
