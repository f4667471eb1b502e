import { isRecord } from '../src/protocol/json.ts'
import type { Readings } from './workload.ts'

/** A request of the benchmark to a measuring process: a round of a workload. */
export type RoundRequest = { readonly workload: string; readonly quick: boolean }

/** A reply: ready, the samples of a round, or the reason why there are none. */
export type RoundReply =
  | { readonly type: 'ready' }
  | { readonly type: 'readings'; readonly readings: Readings }
  | { readonly type: 'failed'; readonly reason: string }

/** Parses a request. Throws `TypeError` for anything else. */
export function parseRoundRequest(value: unknown): RoundRequest {
  if (isRecord(value) && typeof value['workload'] === 'string' && typeof value['quick'] === 'boolean') {
    return { workload: value['workload'], quick: value['quick'] }
  }
  throw new TypeError(`Cannot read a request of the bench: ${JSON.stringify(value)}`)
}

/** Parses a reply. Throws `TypeError` for anything else. */
export function parseRoundReply(value: unknown): RoundReply {
  if (isRecord(value)) {
    const { type, readings, reason } = value
    if (type === 'ready') return { type }
    if (type === 'readings' && Array.isArray(readings) && readings.every(isReading)) return { type, readings }
    if (type === 'failed' && typeof reason === 'string') return { type, reason }
  }
  throw new TypeError(`Cannot read a reply of a measuring process: ${JSON.stringify(value)}`)
}

function isReading(value: unknown): value is readonly number[] | string {
  return typeof value === 'string' || (Array.isArray(value) && value.every((sample) => typeof sample === 'number'))
}
