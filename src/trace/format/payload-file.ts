import type { PayloadReference } from './raw-event.ts'

/** Returns the path of the file that has a payload: its own file, or its shard. Null for a payload that was omitted. */
export function payloadFile(reference: PayloadReference): string | null {
  if ('path' in reference) return reference.path
  return reference.shard === null ? null : `payloads/${String(reference.shard).padStart(6, '0')}.zst`
}
