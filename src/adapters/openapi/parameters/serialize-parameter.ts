import { isJsonType } from '../operation/media-type.ts'
import type { Parameter } from '../operation/operation.ts'
import {
  encodeReservedInPath,
  percentEncode,
  plainEncoding,
  queryEncoding,
  reservedQueryEncoding,
  type TextEncoding,
} from './encode-text.ts'
import { innerText, scalarText } from './scalar-text.ts'
import { membersOf, styledPairs, type Pair } from './styled-pairs.ts'

/**
 * Serializes the value of a path or header parameter (OpenAPI 3, "Style Values"). Lists and objects inside of others are JSON. Headers
 * are not encoded.
 */
export function serializeParameter(parameter: Parameter, value: unknown): string {
  const { name, style, explode, mediaType, allowReserved } = parameter
  const encode = parameter.in === 'path' ? (allowReserved ? encodeReservedInPath : percentEncode) : plainEncoding.value
  if (mediaType !== null) return encode(contentText(mediaType, value))
  const parts = partsOf(value)
  switch (style) {
    case 'label':
      return `.${joined(parts, explode ? '.' : ',', explode, encode)}`
    case 'matrix':
      return matrix(name, parts, explode, encode)
    default:
      return joined(parts, ',', explode, encode)
  }
}

/** Serializes the value of a query parameter to encoded pairs. */
export function queryPairs(parameter: Parameter, value: unknown): readonly Pair[] {
  return pairsOf(parameter, value, parameter.allowReserved ? reservedQueryEncoding : queryEncoding)
}

/**
 * Serializes the value of a cookie parameter to encoded pairs. The style `cookie` has no escapes.
 *
 * @throws {TypeError} for a value with characters that would end the cookie.
 */
export function cookiePairs(parameter: Parameter, value: unknown): readonly Pair[] {
  if (parameter.style !== 'cookie') return pairsOf(parameter, value, queryEncoding)
  const pairs = pairsOf(parameter, value, plainEncoding)
  if (
    pairs.every(
      ([name, text]) =>
        /^[\u0021-\u003A\u003C\u003E-\u007E]+$/.test(name) && /^[\u0020-\u003A\u003C-\u007E]*$/.test(text),
    )
  )
    return pairs
  throw new TypeError(`cookie parameter "${parameter.key}" has characters that are invalid in a cookie`)
}

function pairsOf(parameter: Parameter, value: unknown, encoding: TextEncoding): readonly Pair[] {
  const { name, mediaType } = parameter
  if (mediaType === null) return styledPairs(parameter, value, encoding)
  return [[encoding.name(name), encoding.value(contentText(mediaType, value))]]
}

/** Returns the text of a value for a media type: JSON for JSON types, lists and objects. */
export function contentText(mediaType: string, value: unknown): string {
  return isJsonType(mediaType) ? (JSON.stringify(value) ?? '') : innerText(value)
}

/** Elements of a list have no key; members of an object have their own. */
type ValuePart = readonly [key: string | null, text: string]

function partsOf(value: unknown): readonly ValuePart[] {
  const text = scalarText(value)
  if (text !== null) return [[null, text]]
  if (!Array.isArray(value)) return membersOf(value).map(([key, inner]) => [key, innerText(inner)])
  const elements = value.filter((element: unknown) => element !== undefined && element !== null)
  return elements.map((element: unknown) => [null, innerText(element)])
}

function joined(
  parts: readonly ValuePart[],
  separator: string,
  explode: boolean,
  encode: (text: string) => string,
): string {
  const texts = parts.flatMap(([key, text]) => {
    if (key === null) return [encode(text)]
    return explode ? [`${encode(key)}=${encode(text)}`] : [encode(key), encode(text)]
  })
  return texts.join(separator)
}

/** A matrix parameter without a value has no `=` (RFC 6570, section 3.2.7). */
function matrix(name: string, parts: readonly ValuePart[], explode: boolean, encode: (text: string) => string): string {
  const pair = (key: string, text: string): string => (text === '' ? `;${encode(key)}` : `;${encode(key)}=${text}`)
  if (!explode || parts.length === 0) return pair(name, joined(parts, ',', false, encode))
  return parts.map(([key, text]) => pair(key ?? name, encode(text))).join('')
}
