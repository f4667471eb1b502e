import { hashWith, sha1, sha256 } from './sha.ts'

// Web Crypto hashes asynchronously only.

export function sha256Of(data: string | Uint8Array): string {
  return hashWith(sha256, typeof data === 'string' ? new TextEncoder().encode(data) : data)
}

export function sha256OfUnits(text: string): string {
  const bytes = new Uint8Array(text.length * 2)
  const view = new DataView(bytes.buffer)
  for (let index = 0; index < text.length; index++) view.setUint16(2 * index, text.charCodeAt(index), true)
  return hashWith(sha256, bytes)
}

export function sha1Of(text: string): string {
  return hashWith(sha1, new TextEncoder().encode(text))
}
