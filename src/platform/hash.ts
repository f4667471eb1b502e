import { createHash } from 'node:crypto'

/** Returns the SHA-256 of bytes, or of a string as UTF-8, in hexadecimal digits. */
export function sha256Of(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}

/** Returns the SHA-256 of the code units of a string, in hexadecimal digits. Lone surrogates count, unlike in UTF-8. */
export function sha256OfUnits(text: string): string {
  return createHash('sha256').update(text, 'utf16le').digest('hex')
}

/** Returns the SHA-1 of a string as UTF-8, in hexadecimal digits: for short names, not for security. */
export function sha1Of(text: string): string {
  return createHash('sha1').update(text).digest('hex')
}
