import { member, recordOf, textMember, type OpenApiDocument } from '../document/document.ts'
import { kindOf } from './media-type.ts'
import type { Encoding } from './operation.ts'

/** Keywords that say nothing about the type of a value. */
const annotations: ReadonlySet<string> = new Set([
  'title',
  'description',
  'example',
  'examples',
  'deprecated',
  'nullable',
])

/**
 * Returns whether a property of a multipart form contains bytes, or a list of such. From OpenAPI 3.1 on, a schema without a type means
 * bytes; strings with a `contentEncoding` are sent as they are.
 */
export function isFileProperty(document: OpenApiDocument, property: unknown, encoding: Encoding | undefined): boolean {
  const schema = recordOf(document.resolve(property))
  const items = member(schema, 'items')
  if (items !== undefined) return isFileProperty(document, items, encoding)
  const format = member(schema, 'format')
  if (format === 'binary' || format === 'byte') return true
  if (member(schema, 'contentEncoding') !== undefined) return false
  const type = member(schema, 'type')
  if (type !== undefined && type !== 'string') return false
  const mediaType = encoding?.contentType?.split(',')[0] ?? textMember(schema, 'contentMediaType')
  if (mediaType !== undefined) return kindOf(mediaType) === 'binary'
  return property !== undefined && !document.isVersion30 && Object.keys(schema).every((key) => annotations.has(key))
}
