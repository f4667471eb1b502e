import { limitText } from '../../protocol/cell-limits.ts'
import { jsonDepth } from '../../protocol/json.ts'
import type { Limits } from '../limits.ts'

/** A result as JSON text within the limits; nothing becomes null. Throws what the code of others throws, and for what is too much. */
export function resultJson(result: unknown, limits: Pick<Limits, 'resultBytes' | 'jsonDepth'>): string {
  const json = JSON.stringify(result) ?? 'null'
  const bytes = json.length > limits.resultBytes ? json.length : Buffer.byteLength(json)
  if (bytes > limits.resultBytes) throw new TypeError(limitText('result_bytes', limits.resultBytes, bytes))
  const depth = jsonDepth(json, limits.jsonDepth)
  if (depth > limits.jsonDepth) throw new TypeError(limitText('json_depth', limits.jsonDepth, depth))
  return json
}
