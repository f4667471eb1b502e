import { limitText } from '../../protocol/cell-limits.ts'
import { isRecord } from '../../protocol/json.ts'
import type { Tool } from '../../tools/tool.ts'
import type { Limits } from '../limits.ts'

/**
 * Parses the input of a nested call, JSON text that is empty when the program passed nothing.
 *
 * @throws {TypeError} When the input is too long, or the tool takes input of another kind.
 */
export function parseCallInput({ name, namespace, kind, takesAnyInput }: Tool, input: string, limits: Limits): unknown {
  const bytes = Buffer.byteLength(input)
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
