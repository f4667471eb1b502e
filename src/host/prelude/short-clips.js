import { Uint8ArrayOf, charCodeAt, fromCharCode, indexOf, slice, toLowerCase } from './primordials.js'
import { base64Bits } from './builtins/base64.js'

/** Returns whether a base64 data URI holds a WAV file of less than 25 ms, whatever type it declares. @type {(url: string) => boolean} */
export function isShortWave(url) {
  const comma = indexOf(url, ',')
  if (comma === -1 || indexOf(toLowerCase(slice(url, 0, comma)), ';base64') === -1) return false
  const decoded = base64Bytes(url, comma + 1)
  if (decoded === undefined) return false
  const { bytes, length } = decoded
  if (ascii(bytes, 0) !== 'RIFF' || ascii(bytes, 8) !== 'WAVE') return false
  let bytesPerSecond = 0
  for (let at = 12; at + 8 <= length;) {
    const size = uint32(bytes, at + 4)
    const name = ascii(bytes, at)
    if (name === 'fmt ') bytesPerSecond = uint32(bytes, at + 16)
    if (name === 'data') {
      const present = length - at - 8
      return bytesPerSecond > 0 && (size < present ? size : present) * 40 < bytesPerSecond
    }
    at += 8 + size + (size & 1)
  }
  return false
}

/** Decodes up to 64 KiB of base64: more than a clip of 25 ms needs at any usual rate. @type {(url: string, from: number) => { bytes: Uint8Array, length: number } | undefined} */
function base64Bytes(url, from) {
  const bytes = new Uint8ArrayOf(65536)
  let length = 0
  let bits = 0
  let held = 0
  for (let index = from; index < url.length && length < 65536; index++) {
    const code = charCodeAt(url, index)
    if (code === 61) break
    const value = base64Bits(code, false)
    if (value === -1) return undefined
    bits = ((bits << 6) | value) & 0xffffff
    held += 6
    if (held >= 8) {
      held -= 8
      bytes[length++] = (bits >> held) & 255
    }
  }
  return { bytes, length }
}

/** @type {(bytes: Uint8Array, at: number) => string} */
const ascii = (bytes, at) => fromCharCode(bytes[at] ?? 0, bytes[at + 1] ?? 0, bytes[at + 2] ?? 0, bytes[at + 3] ?? 0)

/** @type {(bytes: Uint8Array, at: number) => number} */
const uint32 = (bytes, at) =>
  ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0
