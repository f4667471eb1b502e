import { listOf, member, recordOf, textMember, type OpenApiDocument } from '../document/document.ts'
import { isRecord } from '../../../protocol/json.ts'
import { essenceOf, isOfType, isRange, isYamlType, kindOf } from '../operation/media-type.ts'
import { formProperties } from '../operation/is-file-property.ts'
import type { BodyContent, RequestBody } from '../operation/operation.ts'
import { isFileObject } from './file-value.ts'

/**
 * Chooses the content of a body: the media type that the cell names, or else the first one that fits the value. The content type of the
 * result is not a range.
 *
 * @throws {TypeError} when the body has no content of the named media type.
 */
export function chooseContent(
  document: OpenApiDocument,
  { contents, contentTypeKey }: RequestBody,
  { value, contentType }: { value: unknown; contentType: unknown },
): BodyContent {
  if (contentType === undefined || contentType === null) {
    const isFile = isFileObject(value) && !contents.some((content) => hasFileFields(document, content))
    const content = contents.find((one) => (isFile ? fitsFile(one, contents, value) : fits(document, one, value)))
    return { ...(content ?? contents[0]), contentType: concreteType((content ?? contents[0]).contentType, value) }
  }
  const wanted = typeof contentType === 'string' ? contentType : JSON.stringify(contentType)
  const named =
    contents.find((one) => one.contentType.toLowerCase() === wanted.toLowerCase()) ??
    contents.find((one) => essenceOf(one.contentType) === essenceOf(wanted)) ??
    contents.find((one) => isOfType(wanted, one.contentType))
  if (named !== undefined && /^[\w!#$&^.+*-]+\/[\w!#$&^.+*-]+\s*(?:;[\t\u0020-\u007E]*)?$/.test(wanted)) {
    return { ...named, contentType: isRange(wanted) ? concreteType(wanted, value) : wanted }
  }
  const types = contents.map((one) => one.contentType).join(', ')
  throw new TypeError(`"${contentTypeKey}" must be one of ${types}, got "${wanted}"`)
}

/** Returns whether a content can carry a value. */
function fits(document: OpenApiDocument, { contentType, schema }: BodyContent, value: unknown): boolean {
  const kind = kindOf(contentType)
  switch (kind) {
    case 'json':
      return typeof value !== 'string' || takesString(document, schema)
    case 'any':
      return true
    case 'form':
      return isRecord(value)
    case 'multipart':
      return isRecord(value) || Array.isArray(value)
    case 'lines':
      return Array.isArray(value)
    default:
      return typeof value === 'string' || (kind === 'text' && isYamlType(contentType))
  }
}

/** Returns whether a content can carry a file. A file prefers the content of its own type. */
function fitsFile({ contentType }: BodyContent, contents: RequestBody['contents'], value: unknown): boolean {
  const type = textMember(recordOf(value), 'content_type') ?? ''
  const hasOwn = contents.some((one) => isOfType(type, one.contentType))
  if (hasOwn) return isOfType(type, contentType)
  return kindOf(contentType) === 'any' || kindOf(contentType) === 'binary'
}

/** Returns whether an object of a content can look like a file. */
function hasFileFields(document: OpenApiDocument, { contentType, schema }: BodyContent): boolean {
  const properties = formProperties(document, schema)
  const isObject = ['json', 'form', 'multipart'].includes(kindOf(contentType))
  return isObject && ('base64' in properties || 'text' in properties)
}

function takesString(document: OpenApiDocument, schema: unknown): boolean {
  const type = member(recordOf(document.resolve(schema)), 'type')
  return type === undefined || type === 'string' || listOf(type).includes('string')
}

/** Returns a media type in a range: that of the file, or the most common one for the value. */
function concreteType(contentType: string, value: unknown): string {
  if (!isRange(contentType)) return contentType
  const own = isFileObject(value) ? recordOf(value)['content_type'] : undefined
  if (typeof own === 'string' && isOfType(own, contentType)) return own
  if (isOfType('text/plain', contentType) && typeof value === 'string') return 'text/plain'
  if (kindOf(contentType) === 'any' && !isFileObject(value)) return 'application/json'
  return 'application/octet-stream'
}
