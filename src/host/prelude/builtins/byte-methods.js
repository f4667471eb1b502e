import {
  SyntaxErrorOf,
  TypeErrorOf,
  Uint8ArrayOf,
  typedArrayFill,
  typedArrayLength,
  typedArrayName,
} from '../primordials.js'
import { copyOf, decodeBase64, decodeHex, encodeBase64, encodeHex } from './base64.js'
import { addMethods } from '../native.js'

// The methods of `Uint8Array` for base64 and hex, for engines without them.

addMethods(
  Uint8Array,
  {
    fromBase64(/** @type {unknown} */ string, /** @type {any} */ options) {
      const source = stringOf(string)
      const given = optionsOf(options)
      const isUrl = isUrlAlphabet(given)
      const lastChunk = lastChunkOption(given)
      const bytes = new Uint8ArrayOf((source.length >> 2) * 3 + 3)
      const { written, error } = decodeBase64(source, bytes, Infinity, isUrl, lastChunk)
      if (error !== undefined) throw new SyntaxErrorOf(error)
      return copyOf(bytes, written)
    },
    fromHex(/** @type {unknown} */ string) {
      const source = stringOf(string)
      const bytes = new Uint8ArrayOf(source.length >> 1)
      const { error } = decodeHex(source, bytes, Infinity)
      if (error !== undefined) throw new SyntaxErrorOf(error)
      return bytes
    },
  },
  { fromBase64: 1 },
)

addMethods(
  Uint8Array.prototype,
  {
    /** @this {unknown} @param {any} options */
    toBase64(options) {
      const bytes = checkEncoded(this, 'toBase64')
      const given = optionsOf(options)
      const isUrl = isUrlAlphabet(given)
      const isPadded = !given?.omitPadding
      return encodeBase64(bytes, lengthOf(bytes, 'toBase64'), isUrl, isPadded)
    },
    /** @this {unknown} @param {unknown} string @param {any} options */
    setFromBase64(string, options) {
      const bytes = checkDecoded(this, 'setFromBase64')
      const source = stringOf(string)
      const given = optionsOf(options)
      const isUrl = isUrlAlphabet(given)
      const lastChunk = lastChunkOption(given)
      return progressOf(decodeBase64(source, bytes, lengthOf(bytes, 'setFromBase64'), isUrl, lastChunk))
    },
    /** @this {unknown} */
    toHex() {
      const bytes = checkEncoded(this, 'toHex')
      return encodeHex(bytes, lengthOf(bytes, 'toHex'))
    },
    /** @this {unknown} @param {unknown} string */
    setFromHex(string) {
      const bytes = checkDecoded(this, 'setFromHex')
      const source = stringOf(string)
      return progressOf(decodeHex(source, bytes, lengthOf(bytes, 'setFromHex')))
    },
  },
  { toBase64: 0, setFromBase64: 1 },
)

/** @type {(value: unknown) => string} */
function stringOf(value) {
  if (typeof value !== 'string') throw new TypeErrorOf('input argument must be a string')
  return value
}

/** @type {(options: any) => any} */
function optionsOf(options) {
  if (options === undefined || (typeof options === 'object' && options !== null) || typeof options === 'function') {
    return options
  }
  throw new TypeErrorOf('invalid_argument')
}

/** @type {(value: any) => never} */
function refuseOption(value) {
  throw new TypeErrorOf(typeof value === 'symbol' ? 'invalid option' : `invalid option ${value}`)
}

/** @type {(options: any) => boolean} */
function isUrlAlphabet(options) {
  const alphabet = options?.alphabet
  if (alphabet === undefined || alphabet === 'base64') return false
  return alphabet === 'base64url' || refuseOption(alphabet)
}

/** @type {(options: any) => import('./base64.js').LastChunk} */
function lastChunkOption(options) {
  const wanted = options?.lastChunkHandling
  if (wanted === undefined) return 'loose'
  return wanted === 'loose' || wanted === 'strict' || wanted === 'stop-before-partial' ? wanted : refuseOption(wanted)
}

/** @type {(value: unknown, method: string) => Uint8Array} */
function checkEncoded(value, method) {
  if (typedArrayName(value) === 'Uint8Array') return /** @type {Uint8Array} */ (value)
  throw incompatible(`Uint8Array.prototype.${method}`, value)
}

/** @type {(value: unknown, method: string) => Uint8Array} */
function checkDecoded(value, method) {
  if (typedArrayName(value) === undefined) throw new TypeErrorOf('this is not a typed array.')
  return checkEncoded(value, method)
}

/** Returns the length of an array; throws if its buffer is detached. @type {(bytes: Uint8Array, method: string) => number} */
function lengthOf(bytes, method) {
  try {
    typedArrayFill(bytes, 0, 0, 0)
  } catch {
    const name = `Uint8Array.prototype.${method}`
    throw new TypeErrorOf(`Cannot perform ${name} on a detached or out-of-bounds ArrayBuffer`)
  }
  return typedArrayLength(bytes)
}

/** @type {(decoded: import('./base64.js').Decoded) => { read: number, written: number }} */
function progressOf({ read, written, error }) {
  if (error !== undefined) throw new SyntaxErrorOf(error)
  return { read, written }
}
