import type { PayloadReference } from './raw-event.ts'

/** Returns the path of the file that has a payload: its own file, or its shard. Null for a payload that was omitted. */
export function payloadFile(reference: PayloadReference): string | null {
  if ('path' in reference) return reference.path
  return reference.shard === null ? null : shardFile(reference.shard)
}

/** Returns the path of a shard. */
export function shardFile(shard: number): string {
  return `payloads/${String(shard).padStart(6, '0')}.zst`
}
