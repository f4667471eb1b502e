import { charCodeAt, indexOf, objectKeys, slice, stringify, toWellFormed, trunc } from './primordials.js'
import { limit } from './limits.js'

/** Returns the stack of a thrown value if that is a string, else its string form, else an empty string. @type {(thrown: any) => string} */
export function textOfThrown(thrown) {
  try {
    if ((typeof thrown === 'object' && thrown !== null) || typeof thrown === 'function') {
      const stack = thrown.stack
      if (typeof stack === 'string') return toWellFormed(asWritten(stack))
    }
    return toWellFormed(asWritten(`${thrown}`))
  } catch {
    return ''
  }
}

/** Returns JSON, or undefined for a value that has none. Throws errors of the conversion as strings. @type {(value: unknown) => string | undefined} */
function jsonOf(value) {
  try {
    return stringify(value)
  } catch (thrown) {
    throw textOfThrown(thrown)
  }
}

/** Returns the string that `text` and `notify` send for a value. @type {(value: unknown) => string} */
export function textOf(value) {
  switch (typeof value) {
    case 'string':
      return toWellFormed(asWritten(value))
    case 'undefined':
    case 'boolean':
    case 'number':
    case 'bigint':
      return `${value}`
    default:
      return value === null ? 'null' : toWellFormed(asWritten(jsonOf(value) ?? 'undefined'))
  }
}

const serializeError = 'failed to serialize JavaScript value: '

/** Returns JSON that may leave the cell. @type {(value: unknown) => string} */
export function portableJsonOf(value) {
  const json = jsonOf(value)
  if (json === undefined) throw `${serializeError}expected value at line 1 column 1`
  if (json.length > limit('jsonDepth') * 2 && isDeeperThan(json, limit('jsonDepth'))) {
    throw `${serializeError}recursion limit exceeded at line 1 column ${limit('jsonDepth') + 1}`
  }
  if (indexOf(json, '$serde_json::private::') !== -1 && hasReservedKey(json)) {
    throw `${serializeError}reserved JSON object key`
  }
  const written = asWritten(json)
  return indexOf(written, '\\ud') === -1 ? written : withoutLoneSurrogates(written)
}

/** Returns whether compact JSON has one of the two reserved keys. @type {(json: string) => boolean} */
function hasReservedKey(json) {
  return (
    indexOf(json, '"$serde_json::private::RawValue":') !== -1 || indexOf(json, '"$serde_json::private::Number":') !== -1
  )
}

/** Replaces the escapes of lone surrogates, which other decoders refuse, by U+FFFD. @type {(json: string) => string} */
function withoutLoneSurrogates(json) {
  let out = ''
  let from = 0
  for (let at = indexOf(json, '\\'); at !== -1; at = indexOf(json, '\\', at)) {
    if (charCodeAt(json, at + 1) !== 117) at += 2
    else {
      if (charCodeAt(json, at + 2) === 100 && charCodeAt(json, at + 3) >= 56) {
        out += slice(json, from, at) + '\ufffd'
        from = at + 6
      }
      at += 6
    }
  }
  return out + slice(json, from)
}

/** JSON has an exponent for numbers from this one on. */
const minExponential = 1e21

/** Returns whether JSON has all digits of a number. @type {(value: unknown) => boolean} */
export const isPlainInteger = (value) =>
  typeof value === 'number' && trunc(value) === value && value < minExponential && value > -minExponential

/** Returns whether a value contains an integer of more than 64 bits that JSON has without exponent. @type {(value: any) => boolean} */
export function hasHugeInteger(value) {
  if (isPlainInteger(value)) return value >= 2 ** 64 || value <= -(2 ** 63)
  if (typeof value !== 'object' || value === null) return false
  const names = objectKeys(value)
  for (let index = 0; index < names.length; index++) if (hasHugeInteger(value[names[index] ?? ''])) return true
  return false
}
