/** Returns the size of a string in bytes of UTF-8. */
export function byteLength(text: string): number {
  return Buffer.byteLength(text)
}

/** Returns a string as UTF-8. */
export function toUtf8(text: string): Uint8Array {
  return Buffer.from(text)
}

/** Returns the string of a part of bytes in UTF-8. */
export function fromUtf8(bytes: Uint8Array, start = 0, end: number = bytes.length): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8', start, end)
}

/** Copies part of a string. A slice would keep the whole string in memory. */
export function ownCopy(part: string): string {
  return Buffer.from(part, 'utf16le').toString('utf16le')
}
