import { byteLength } from '../../platform/utf8.ts'
import { limitText } from '../../protocol/cell-limits.ts'
import { isRecord } from '../../protocol/json.ts'
import type { Tool } from '../../tools/tool.ts'
import type { Limits } from '../common/limits.ts'

/**
 * Parses the input of a nested call.
 *
 * @param input JSON, or an empty string when the program passed no argument.
 * @throws {TypeError} When the input exceeds its limit, or the tool expects a different type.
 */
export function parseCallInput({ name, namespace, kind, takesAnyInput }: Tool, input: string, limits: Limits): unknown {
  const bytes = byteLength(input)
  if (bytes > limits.maxInputBytesPerCall) {
    throw new TypeError(limitText('argument_bytes', limits.maxInputBytesPerCall, bytes))
  }
  const value: unknown = input === '' ? undefined : JSON.parse(input)
  if (takesAnyInput === true) return value
  const label = `tool \`${namespace ?? ''}${name}\``
  if (kind === 'freeform') {
    if (typeof value === 'string') return value
    throw new TypeError(`${label} expects a string input`)
  }
  if (value === undefined) return {}
  if (isRecord(value)) return value
  throw new TypeError(`${label} expects a JSON object for arguments`)
}
