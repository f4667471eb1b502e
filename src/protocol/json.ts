/** Any value that JSON can represent. */
type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject

export type JsonObject = { readonly [key: string]: JsonValue }

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Returns the depth of arrays and objects in JSON, counted up to `limit + 1`. A scalar has depth 0. */
export function jsonDepth(text: string, limit: number): number {
  // Every level takes an opening and a closing character.
  if (text.length <= limit * 2) return 0
  let depth = 0
  let deepest = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === quote) index = endOfString(text, index)
    else if (code === 0x5b || code === 0x7b) {
      if (++depth > deepest) deepest = depth
      if (depth > limit) return depth
    } else if (code === 0x5d || code === 0x7d) depth--
  }
  return deepest
}

/** Returns the maximum number of values in JSON by counting commas and opening brackets; it stops past `limit`. */
export function jsonValues(text: string, limit: number): number {
  // Every value except the first takes two characters.
  if (text.length <= limit) return 0
  let count = 1
  for (let index = 0; index < text.length && count <= limit; index++) {
    const code = text.charCodeAt(index)
    if (code === quote) index = endOfString(text, index)
    else if (code === 0x2c || code === 0x5b || code === 0x7b) count++
  }
  return count
}

const quote = 0x22
const backslash = 0x5c

/** Returns the end of the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  let index = start + 1
  for (let code = text.charCodeAt(index); code !== quote && index < text.length; code = text.charCodeAt(++index)) {
    if (code === backslash) index++
  }
  return index
}
