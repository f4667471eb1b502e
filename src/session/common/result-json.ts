import { byteLength } from '../../platform/utf8.ts'
import { isThrown } from '../../errors.ts'
import { limitText } from '../../protocol/cell-limits.ts'
import { jsonDepth } from '../../protocol/json.ts'
import type { Limits } from './limits.ts'

/**
 * Serializes a result; `undefined` becomes `null`.
 *
 * @throws {TypeError} When the result exceeds a limit, or cannot be serialized.
 * @throws The error of a `toJSON` method or a getter.
 */
export function resultJson(result: unknown, limits: Pick<Limits, 'maxResultBytesPerCall' | 'maxJsonDepth'>): string {
  const json = serialized(result, limits.maxJsonDepth)
  const bytes = json.length > limits.maxResultBytesPerCall ? json.length : byteLength(json)
  if (bytes > limits.maxResultBytesPerCall)
    throw new TypeError(limitText('result_bytes', limits.maxResultBytesPerCall, bytes))
  const depth = jsonDepth(json, limits.maxJsonDepth)
  if (depth > limits.maxJsonDepth) throw new TypeError(limitText('json_depth', limits.maxJsonDepth, depth))
  return json
}

function serialized(result: unknown, maxDepth: number): string {
  try {
    return JSON.stringify(result) ?? 'null'
  } catch (error) {
    // A result that is much too deep exceeds the stack before its depth is known.
    if (!isThrown(error, RangeError) || !error.message.includes('call stack')) throw error
    throw new TypeError(limitText('json_depth', maxDepth, maxDepth + 1), { cause: error })
  }
}
