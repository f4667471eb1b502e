import { limitText } from '../../protocol/cell-limits.ts'
import { jsonDepth } from '../../protocol/json.ts'
import type { Limits } from '../common/limits.ts'

/**
 * Serializes a result; `undefined` becomes `null`.
 *
 * @throws {TypeError} When the result exceeds a limit, or cannot be serialized.
 * @throws The error of a `toJSON` method or a getter.
 */
export function resultJson(result: unknown, limits: Pick<Limits, 'maxResultBytesPerCall' | 'maxJsonDepth'>): string {
  const json = JSON.stringify(result) ?? 'null'
  const bytes = json.length > limits.maxResultBytesPerCall ? json.length : Buffer.byteLength(json)
  if (bytes > limits.maxResultBytesPerCall)
    throw new TypeError(limitText('result_bytes', limits.maxResultBytesPerCall, bytes))
  const depth = jsonDepth(json, limits.maxJsonDepth)
  if (depth > limits.maxJsonDepth) throw new TypeError(limitText('json_depth', limits.maxJsonDepth, depth))
  return json
}
