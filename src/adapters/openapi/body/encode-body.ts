import type { OpenApiDocument } from '../document/document.ts'
import { isYamlType, kindOf, mediaTypeParameter } from '../operation/media-type.ts'
import type { BodyContent } from '../operation/operation.ts'
import { scalarText } from '../parameters/scalar-text.ts'
import type { EncodedBody } from './encoded-body.ts'
import { fileOf, isFileObject } from './file-value.ts'
import { encodeForm } from './form-body.ts'
import { encodeMultipart } from './multipart-body.ts'

/**
 * Encodes a body for its media type: JSON, JSON lines, a form, or text. Other content is bytes.
 *
 * @throws {TypeError} for a value that the media type cannot represent.
 */
export function encodeBody(document: OpenApiDocument, content: BodyContent, value: unknown): EncodedBody {
  const { contentType } = content
  if (isFileObject(value) && !['json', 'form', 'multipart'].includes(kindOf(contentType))) {
    const { bytes, contentType: own } = fileOf(value)
    return { contentType: contentType === 'application/octet-stream' && own !== null ? own : contentType, data: bytes }
  }
  switch (kindOf(contentType)) {
    case 'json':
      return { contentType, data: JSON.stringify(value) ?? 'null' }
    case 'form':
      return { contentType, data: encodeForm(content, value) }
    case 'multipart':
      return encodeMultipart(document, content, value)
    case 'lines':
      return { contentType, data: encodeLines(contentType, value) }
    case 'text':
    case 'events':
      return { contentType, data: encodeText(contentType, value) }
    default:
      return { contentType, data: fileOf(value).bytes }
  }
}

function encodeLines(contentType: string, value: unknown): string {
  if (typeof value === 'string') return value
  if (!Array.isArray(value)) throw new TypeError(`a body of type ${contentType} must be a list`)
  const start = contentType.includes('json-seq') ? '\u001E' : ''
  return value.map((element: unknown) => `${start}${JSON.stringify(element)}\n`).join('')
}

function encodeText(contentType: string, value: unknown): string | Uint8Array<ArrayBuffer> {
  // JSON is also YAML.
  const text = scalarText(value) ?? (isYamlType(contentType) ? JSON.stringify(value) : null)
  if (text === null) throw new TypeError(`a body of type ${contentType} must be a string`)
  const charset = mediaTypeParameter(contentType, 'charset')?.toLowerCase() ?? 'utf-8'
  if (!/^(?:iso-8859-1|latin1|us-ascii|ascii)$/.test(charset)) return text
  if (/[\u0100-\uFFFF]/.test(text)) throw new TypeError(`the body has characters that ${charset} does not have`)
  return new Uint8Array(Buffer.from(text, 'latin1'))
}
