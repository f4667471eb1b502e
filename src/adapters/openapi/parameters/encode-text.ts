/** Functions that encode the names and the values of a location. */
export type TextEncoding = {
  readonly name: (text: string) => string
  readonly value: (text: string) => string
}

/** Percent-encodes all but the unreserved characters of RFC 3986, as the simple expansion of RFC 6570 does. */
export function percentEncode(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll(/[!'()*]/g, escaped)
}

/** Encodes a text as the `application/x-www-form-urlencoded` serializer of the URL standard does. */
function formEncode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replaceAll(/[!'()~]/g, escaped)
    .replaceAll('%20', '+')
}

/** The reserved characters that a query can contain: `#`, `&` and `+` would end, split or change a value. */
const reservedInQuery: ReadonlySet<string> = new Set(":/?[]@!$'()*,;=")

/** The reserved characters that a segment of a path can contain. */
const reservedInPath: ReadonlySet<string> = new Set(":@!$&'()*+,;=")

/** Encodes the value of a parameter with `allowReserved` in a query or a form. */
function encodeReservedInQuery(text: string): string {
  return keepReserved(text, reservedInQuery)
}

/** Encodes the value of a parameter with `allowReserved` in a path. */
export function encodeReservedInPath(text: string): string {
  return keepReserved(text, reservedInPath)
}

export const queryEncoding: TextEncoding = { name: percentEncode, value: percentEncode }
export const reservedQueryEncoding: TextEncoding = { name: percentEncode, value: encodeReservedInQuery }
export const formEncoding: TextEncoding = { name: formEncode, value: formEncode }
export const reservedFormEncoding: TextEncoding = { name: formEncode, value: encodeReservedInQuery }

/** For locations without escapes. */
export const plainEncoding: TextEncoding = { name: (text) => text, value: (text) => text }

/** The reserved expansion of RFC 6570, section 3.2.3: keeps reserved characters and percent-encoded triplets. */
function keepReserved(text: string, kept: ReadonlySet<string>): string {
  return text.replaceAll(/(%[0-9A-Fa-f]{2})|[^%]+|%/g, (part: string, triplet: string | undefined) => {
    if (triplet !== undefined) return triplet
    return percentEncode(part).replaceAll(/%([0-7][0-9A-F])/g, (whole, hex: string) => {
      const character = String.fromCodePoint(Number.parseInt(hex, 16))
      return kept.has(character) ? character : whole
    })
  })
}

function escaped(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
}
