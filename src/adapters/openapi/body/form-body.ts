import { isRecord } from '../../../protocol/json.ts'
import { isJsonType } from '../operation/media-type.ts'
import type { BodyContent, Encoding } from '../operation/operation.ts'
import { formEncoding, reservedFormEncoding } from '../parameters/encode-text.ts'
import { innerText } from '../parameters/scalar-text.ts'
import { membersOf, styledPairs, type Pair } from '../parameters/styled-pairs.ts'

/**
 * Encodes a form as `application/x-www-form-urlencoded`. A property with a `style` in the document is serialized like a query parameter.
 * Otherwise a list is repeated, and lists and objects inside of it are JSON, like objects.
 *
 * @throws {TypeError} when the form is not an object.
 */
export function encodeForm({ encodings }: Pick<BodyContent, 'encodings'>, value: unknown): string {
  if (!isRecord(value)) throw new TypeError('a form must be an object')
  const pairs = membersOf(value).flatMap(([name, field]) => propertyPairs(name, field, encodings.get(name)))
  return pairs.map(([name, text]) => `${name}=${text}`).join('&')
}

function propertyPairs(name: string, field: unknown, encoding: Encoding | undefined): readonly Pair[] {
  if (encoding !== undefined && encoding.style !== null) {
    const { style } = encoding
    return styledPairs({ name, ...style }, field, style.allowReserved ? reservedFormEncoding : formEncoding)
  }
  const pair = (text: string): Pair => [formEncoding.name(name), formEncoding.value(text)]
  if (encoding?.contentType !== undefined && encoding.contentType !== null && isJsonType(encoding.contentType)) {
    return [pair(JSON.stringify(field))]
  }
  const values = Array.isArray(field) ? field.filter((one: unknown) => one !== undefined && one !== null) : [field]
  return values.map((one: unknown) => pair(innerText(one)))
}
