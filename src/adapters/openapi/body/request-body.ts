import { isRecord } from '../../../protocol/json.ts'
import { member, recordOf, type OpenApiDocument } from '../document/document.ts'
import { isJsonType, type RequestBody } from '../operation/operation.ts'

/** The content of a request and its media type, which is null when the body itself determines it. */
export type EncodedBody = {
  readonly contentType: string | null
  readonly data: string | FormData | Uint8Array<ArrayBuffer>
}

/**
 * Encodes a body for its media type: JSON, a form, or text. Other content and files in a form are base64 strings. Throws a `TypeError`
 * for a value that the media type cannot represent.
 */
export function encodeBody(document: OpenApiDocument, body: RequestBody, value: unknown): EncodedBody {
  const { contentType } = body
  const type = contentType.toLowerCase()
  if (isJsonType(type)) return { contentType, data: JSON.stringify(value) }
  if (type.startsWith('application/x-www-form-urlencoded')) {
    return { contentType: 'application/x-www-form-urlencoded', data: new URLSearchParams(formPairs(value)).toString() }
  }
  if (type.startsWith('multipart/')) return { contentType: null, data: multipart(document, body, value) }
  if (typeof value !== 'string') throw new TypeError(`a body of type ${contentType} must be a string`)
  if (type.startsWith('text/') || /xml|javascript|yaml/.test(type)) return { contentType, data: value }
  return { contentType, data: bytesOf(value) }
}

function formPairs(value: unknown): [name: string, text: string][] {
  if (!isRecord(value)) throw new TypeError('a form must be an object')
  return Object.entries(value).flatMap(([name, field]) => {
    if (field === undefined || field === null) return []
    return (Array.isArray(field) ? field : [field]).map((one: unknown): [string, string] => [name, textOf(one)])
  })
}

function multipart(document: OpenApiDocument, { schema }: RequestBody, value: unknown): FormData {
  if (!isRecord(value)) throw new TypeError('a form must be an object')
  const properties = recordOf(member(recordOf(document.resolve(schema)), 'properties'))
  const form = new FormData()
  for (const [name, field] of Object.entries(value)) {
    if (field === undefined || field === null) continue
    const isFile = isBinary(document, member(properties, name))
    for (const one of Array.isArray(field) ? field : [field]) {
      if (isFile && typeof one === 'string') form.append(name, new Blob([bytesOf(one)]), name)
      else form.append(name, textOf(one))
    }
  }
  return form
}

/** Returns whether a property contains a file, or a list of files. */
function isBinary(document: OpenApiDocument, property: unknown): boolean {
  const schema = recordOf(document.resolve(property))
  const format = member(schema, 'format')
  if (format === 'binary' || format === 'byte') return true
  if (member(schema, 'contentMediaType') !== undefined) return true
  const items = member(schema, 'items')
  return items !== undefined && isBinary(document, items)
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const text = base64.replace(/^data:[^,]*;base64,/, '')
  if (!/^[A-Za-z0-9+/_-]*={0,2}\s*$/.test(text)) throw new TypeError('bytes must be a base64 string')
  return new Uint8Array(Buffer.from(text, 'base64'))
}
