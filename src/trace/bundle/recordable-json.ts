import { jsonDepth } from '../../protocol/json.ts'
import { messageOf } from '../../errors.ts'

/** The maximum depth of recorded JSON: readers in other languages refuse deeper values. */
const maxDepth = 100

/** Returns JSON that all readers parse. Values that are nested too deeply become their JSON in a string. */
export function recordableJson(json: string): string {
  const whole = withWholeCharacters(json)
  return jsonDepth(whole, maxDepth) > maxDepth ? withoutDepth(whole) : whole
}

/** Replaces lone surrogates, which JavaScript strings can contain and JSON readers of other languages reject. */
export function withWholeCharacters(json: string): string {
  return json.includes('\\ud') ? json.replaceAll(halfCharacter, '$1\ufffd') : json
}

/** `JSON.stringify` escapes lone surrogates, and nothing else, as `\ud…`; after an escaped backslash it is plain text. */
const halfCharacter = /(?<!\\)((?:\\\\)*)\\ud[89a-f][\da-f]{2}/g

function withoutDepth(json: string): string {
  try {
    return JSON.stringify(flattened(JSON.parse(json), 1))
  } catch (error) {
    return JSON.stringify({ not_recorded: messageOf(error) })
  }
}

/** Returns a value whose members below the maximum depth are JSON in strings. `depth` is the depth of the value. */
function flattened(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (depth > maxDepth) return JSON.stringify(value)
  if (Array.isArray(value)) return value.map((member: unknown) => flattened(member, depth + 1))
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, flattened(member, depth + 1)]))
}
