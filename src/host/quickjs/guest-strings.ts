const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** Encodes a string for the guest. Lone surrogates stay what they are, as three bytes each. */
export function encodeGuestString(text: string): Uint8Array {
  if (text.isWellFormed()) return encoder.encode(text)
  const parts: Uint8Array[] = []
  let from = 0
  for (let index = 0; index < text.length; index++) {
    if ((text.codePointAt(index) ?? 0) > 0xffff) {
      index++
      continue
    }
    const unit = text.charCodeAt(index)
    if (unit < 0xd800 || unit > 0xdfff) continue
    parts.push(encoder.encode(text.slice(from, index)), surrogateBytes(unit))
    from = index + 1
  }
  parts.push(encoder.encode(text.slice(from)))
  return joined(parts)
}

function surrogateBytes(unit: number): Uint8Array {
  return Uint8Array.of(0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f))
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** Decodes a string of the guest, whose strings are well-formed where they leave it. */
export function decodeGuestString(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}
