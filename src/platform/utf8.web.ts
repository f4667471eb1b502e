const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** Lone surrogates count as U+FFFD, three bytes. */
export function byteLength(text: string): number {
  let bytes = text.length
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit < 0x80) continue
    bytes += unit < 0x800 ? 1 : 2
    // The second unit of a pair adds nothing to the four bytes.
    if (unit >= 0xd800 && unit < 0xdc00 && isLowSurrogate(text.charCodeAt(index + 1))) index++
  }
  return bytes
}

export function toUtf8(text: string): Uint8Array {
  return encoder.encode(text)
}

export function fromUtf8(bytes: Uint8Array, start = 0, end: number = bytes.length): string {
  return decoder.decode(bytes.subarray(start, end))
}

/** The maximum number of arguments of a call. */
const maxUnits = 8192

export function ownCopy(part: string): string {
  const pieces: string[] = []
  for (let from = 0; from < part.length; from += maxUnits) {
    const units = Uint16Array.from({ length: Math.min(maxUnits, part.length - from) }, (_, at) =>
      part.charCodeAt(from + at),
    )
    pieces.push(String.fromCharCode(...units))
  }
  return pieces.join('')
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000
}
