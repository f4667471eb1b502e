import { Uint8ArrayOf, apply, arrayOfLength, charCodeAt, fromCharCode } from '../primordials.js'

// Base64 and hex, as the standard defines them for `Uint8Array`.

const asciiUpperA = 65
const equalsSign = 61

/** Returns the 6 bits of a character of base64, or -1. @type {(code: number, isUrl: boolean) => number} */
export function base64Bits(code, isUrl) {
  if (code >= 97 && code <= 122) return code - 71
  if (code >= asciiUpperA && code <= 90) return code - asciiUpperA
  if (code >= 48 && code <= 57) return code + 4
  if (code === (isUrl ? 45 : 43)) return 62
  return code === (isUrl ? 95 : 47) ? 63 : -1
}

/** @type {(bits: number, isUrl: boolean) => number} */
function base64Code(bits, isUrl) {
  if (bits < 26) return bits + asciiUpperA
  if (bits < 52) return bits + 71
  if (bits < 62) return bits - 4
  if (bits === 62) return isUrl ? 45 : 43
  return isUrl ? 95 : 47
}

/** Returns the index of the next character that is not white space. @type {(string: string, from: number) => number} */
function skipSpace(string, from) {
  let index = from
  for (; index < string.length; index++) {
    const code = charCodeAt(string, index)
    if (code !== 32 && code !== 9 && code !== 10 && code !== 12 && code !== 13) break
  }
  return index
}

const badCharacter = 'Found a character that cannot be part of a valid base64 string.'
const badEnd = 'The base64 input terminates with a single character, excluding padding (=).'
const badPadding = 'The base64 input terminates with non-zero padding bits.'
const badHex = 'Input string must contain hex characters in even length'

/** @typedef {'loose' | 'strict' | 'stop-before-partial'} LastChunk */
/** @typedef {{ read: number, written: number, error: string | undefined }} Decoded */

/**
 * Decodes base64 into the start of an array, up to its end. The array has the bytes before an error.
 * @type {(string: string, into: Uint8Array, max: number, isUrl: boolean, lastChunk: LastChunk) => Decoded}
 */
export function decodeBase64(string, into, max, isUrl, lastChunk) {
  let read = 0
  let written = 0
  let chunk = 0
  let chunkLength = 0
  /** @type {(error?: string) => Decoded} */
  const end = (error) => ({ read, written, error })
  /** Writes the bytes of an incomplete chunk. @type {(isStrict: boolean) => Decoded} */
  const endPartial = (isStrict) => {
    const spare = chunkLength === 2 ? chunk & 15 : chunk & 3
    if (isStrict && spare !== 0) return end(badPadding)
    into[written++] = chunkLength === 2 ? chunk >> 4 : chunk >> 10
    if (chunkLength === 3) into[written++] = chunk >> 2
    read = string.length
    return end()
  }
  if (max === 0) return end()
  for (let index = 0; ;) {
    index = skipSpace(string, index)
    if (index === string.length) {
      if (chunkLength > 0 && lastChunk === 'stop-before-partial') return end()
      if (chunkLength > 0 && (lastChunk === 'strict' || chunkLength === 1)) return end(badEnd)
      if (chunkLength > 0) return endPartial(false)
      read = string.length
      return end()
    }
    const code = charCodeAt(string, index++)
    if (code === equalsSign) {
      index = skipSpace(string, index)
      if (chunkLength < 2) return end(chunkLength === 1 && index === string.length ? badEnd : badCharacter)
      if (chunkLength === 3) return index < string.length ? end(badCharacter) : endPartial(lastChunk === 'strict')
      if (index === string.length) return end(lastChunk === 'stop-before-partial' ? undefined : badCharacter)
      const isDouble = charCodeAt(string, index) === equalsSign && skipSpace(string, index + 1) === string.length
      return isDouble ? endPartial(lastChunk === 'strict') : end(badCharacter)
    }
    const bits = base64Bits(code, isUrl)
    if (bits === -1) return end(badCharacter)
    const left = max - written
    if ((left === 1 && chunkLength === 2) || (left === 2 && chunkLength === 3)) return end()
    chunk = (chunk << 6) | bits
    if (++chunkLength < 4) continue
    into[written++] = chunk >> 16
    into[written++] = chunk >> 8
    into[written++] = chunk
    chunk = 0
    chunkLength = 0
    read = index
    if (written === max) return end()
  }
}

/** Characters that are made into a string at a time: a multiple of four. */
const maxPiece = 4096

/** @type {(bytes: Uint8Array, length: number, isUrl: boolean, isPadded: boolean) => string} */
export function encodeBase64(bytes, length, isUrl, isPadded) {
  const rest = length % 3
  const whole = ((length - rest) / 3) * 4
  return (
    piecewise(whole, (at) => {
      const from = (at >> 2) * 3
      const part = at & 3
      const first = bytes[from] ?? 0
      const second = bytes[from + 1] ?? 0
      const third = bytes[from + 2] ?? 0
      if (part === 0) return base64Code(first >> 2, isUrl)
      if (part === 1) return base64Code(((first & 3) << 4) | (second >> 4), isUrl)
      if (part === 2) return base64Code(((second & 15) << 2) | (third >> 6), isUrl)
      return base64Code(third & 63, isUrl)
    }) +
    (rest === 0
      ? ''
      : lastChunkOf(bytes[length - rest] ?? 0, rest === 2 ? bytes[length - 1] : undefined, isUrl, isPadded))
  )
}

/** @type {(first: number, second: number | undefined, isUrl: boolean, isPadded: boolean) => string} */
function lastChunkOf(first, second, isUrl, isPadded) {
  const bits = (first << 16) | ((second ?? 0) << 8)
  const code = (/** @type {number} */ shift) => base64Code((bits >> shift) & 63, isUrl)
  if (second === undefined) return fromCharCode(code(18), code(12)) + (isPadded ? '==' : '')
  return fromCharCode(code(18), code(12), code(6)) + (isPadded ? '=' : '')
}

/** Returns a string of many characters, without an array of all of them. @type {(length: number, codeAt: (at: number) => number) => string} */
function piecewise(length, codeAt) {
  let out = ''
  for (let start = 0; start < length; start += maxPiece) {
    const size = length - start < maxPiece ? length - start : maxPiece
    // An array with all its elements: setters of a program do not see the writes.
    const codes = arrayOfLength(size)
    for (let at = 0; at < size; at++) codes[at] = codeAt(start + at)
    out += apply(fromCharCode, undefined, codes)
  }
  return out
}

/** @type {(code: number) => number} */
function hexBits(code) {
  if (code >= 48 && code <= 57) return code - 48
  const lower = code | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}

/** @type {(string: string, into: Uint8Array, max: number) => Decoded} */
export function decodeHex(string, into, max) {
  let read = 0
  let written = 0
  if (string.length % 2 !== 0) return { read, written, error: badHex }
  while (read < string.length && written < max) {
    const high = hexBits(charCodeAt(string, read))
    const low = hexBits(charCodeAt(string, read + 1))
    if (high === -1 || low === -1) return { read, written, error: badHex }
    into[written++] = (high << 4) | low
    read += 2
  }
  return { read, written, error: undefined }
}

/** @type {(bytes: Uint8Array, length: number) => string} */
export function encodeHex(bytes, length) {
  return piecewise(length * 2, (at) => {
    const byte = bytes[at >> 1] ?? 0
    const digit = (at & 1) === 0 ? byte >> 4 : byte & 15
    return digit < 10 ? digit + 48 : digit + 87
  })
}

/** Returns a new array with the first bytes of another. @type {(bytes: Uint8Array, length: number) => Uint8Array} */
export function copyOf(bytes, length) {
  const copy = new Uint8ArrayOf(length)
  for (let index = 0; index < length; index++) copy[index] = bytes[index] ?? 0
  return copy
}
