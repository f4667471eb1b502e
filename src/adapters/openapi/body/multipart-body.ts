import { randomUUID } from 'node:crypto'
import { isRecord } from '../../../protocol/json.ts'
import { member, recordOf, textMember, type OpenApiDocument } from '../document/document.ts'
import { formProperties, isFileProperty } from '../operation/is-file-property.ts'
import { essenceOf, isJsonType, isOfType, isRange } from '../operation/media-type.ts'
import type { BodyContent, Encoding } from '../operation/operation.ts'
import { plainEncoding } from '../parameters/encode-text.ts'
import { innerText, scalarText } from '../parameters/scalar-text.ts'
import { membersOf, styledPairs } from '../parameters/styled-pairs.ts'
import type { EncodedBody } from './encoded-body.ts'
import { fileOf, isFileObject } from './file-value.ts'

/** A part of a multipart body. */
type Part = {
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly data: string | Uint8Array
}

/**
 * Encodes a multipart body. Each property of an object is a part, or several ones when it is a list. A list as the whole body
 * has one part for each element.
 *
 * @throws {TypeError} when the value is neither.
 */
export function encodeMultipart(document: OpenApiDocument, content: BodyContent, value: unknown): EncodedBody {
  const type = essenceOf(content.contentType)
  const boundary = `codecell-${randomUUID()}`
  const parts = partsOf(document, content, value)
  return { contentType: `${type}; boundary=${boundary}`, data: joined(parts, boundary) }
}

function partsOf(document: OpenApiDocument, content: BodyContent, value: unknown): readonly Part[] {
  const { schema, encodings, prefixEncodings, itemEncoding, contentType } = content
  if (Array.isArray(value) && essenceOf(contentType) !== 'multipart/form-data') {
    const items = member(recordOf(document.resolve(schema)), 'items')
    return value.map((element: unknown, index) => {
      const encoding = prefixEncodings[index] ?? itemEncoding ?? undefined
      return new PartWriter(document, { name: null, schema: items, encoding }).part(element)
    })
  }
  if (!isRecord(value)) throw new TypeError('a form must be an object')
  const properties = formProperties(document, schema)
  return membersOf(value).flatMap(([name, field]) => {
    const property = { name, schema: member(properties, name), encoding: encodings.get(name) }
    return new PartWriter(document, property).parts(field)
  })
}

type Property = { readonly name: string | null; readonly schema: unknown; readonly encoding: Encoding | undefined }

/** Writes the parts of one property. */
class PartWriter {
  readonly #document: OpenApiDocument
  readonly #property: Property
  readonly #isFile: boolean
  /** Whether the schema does not say what objects contain. */
  readonly #isUntyped: boolean
  /** The encoding of the string that the schema states, such as `base64`, and the media type of its content. */
  readonly #contentEncoding: string | null
  readonly #contentMediaType: string

  constructor(document: OpenApiDocument, property: Property) {
    this.#document = document
    this.#property = property
    this.#isFile = isFileProperty(document, property.schema, property.encoding)
    this.#isUntyped = Object.keys(formProperties(document, property.schema)).length === 0
    const schema = recordOf(document.resolve(property.schema))
    const items = recordOf(document.resolve(member(schema, 'items')))
    const keyword = (name: string): string | null => textMember(schema, name) ?? textMember(items, name) ?? null
    this.#contentEncoding = keyword('contentEncoding')
    this.#contentMediaType = keyword('contentMediaType') ?? 'application/octet-stream'
  }

  parts(value: unknown): readonly Part[] {
    const { name, encoding } = this.#property
    // Version 3.0 ignores styles here.
    const style = this.#document.isVersion30 ? null : (encoding?.style ?? null)
    if (style !== null && name !== null) {
      const pairs = styledPairs({ name, ...style }, value, plainEncoding)
      return pairs.map(([key, text]) => ({ headers: [disposition(key, null), ...this.#stated()], data: text }))
    }
    const values = Array.isArray(value) ? value.filter((one: unknown) => one !== undefined && one !== null) : [value]
    return values.map((one: unknown) => this.part(one))
  }

  part(value: unknown): Part {
    if (this.#isFile || (this.#isUntyped && isFileObject(value))) return this.#filePart(value)
    const stated = this.#statedType()
    const isJson = stated !== null && isJsonType(stated)
    const text = isJson ? JSON.stringify(value) : innerText(value)
    const type = stated ?? this.#defaultType(value)
    const transfer =
      this.#contentEncoding === null ? [] : [['Content-Transfer-Encoding', this.#contentEncoding] as const]
    const headers = [...this.#named(null), ...(type === null ? [] : [typeHeader(type)]), ...transfer, ...this.#stated()]
    return { headers, data: text }
  }

  #filePart(value: unknown): Part {
    const { name, encoding } = this.#property
    const { bytes, contentType: own, filename } = fileOf(value)
    const allowed = (encoding?.contentType ?? '').split(',').map((type) => type.trim())
    const isAllowed = own !== null && (allowed[0] === '' || allowed.some((type) => isOfType(own, type)))
    const type = isAllowed ? own : (this.#statedType() ?? own ?? 'application/octet-stream')
    return { headers: [...this.#named(filename ?? name), typeHeader(type), ...this.#stated()], data: bytes }
  }

  /** Returns the media type of a part whose encoding states none; null for text, where the type is implied. */
  #defaultType(value: unknown): string | null {
    if (scalarText(value) === null) return 'application/json'
    return this.#contentEncoding === null ? null : this.#contentMediaType
  }

  /** Returns the first media type of the encoding that is not a range. */
  #statedType(): string | null {
    const types = (this.#property.encoding?.contentType ?? '').split(',').map((type) => type.trim())
    return types.find((type) => type !== '' && !isRange(type)) ?? null
  }

  #named(filename: string | null): readonly (readonly [string, string])[] {
    return this.#property.name === null ? [] : [disposition(this.#property.name, filename)]
  }

  #stated(): readonly (readonly [string, string])[] {
    return Object.entries(this.#property.encoding?.headers ?? {})
  }
}

function typeHeader(type: string): readonly [string, string] {
  return ['Content-Type', type]
}

function disposition(name: string, filename: string | null): readonly [string, string] {
  const file = filename === null ? '' : `; filename="${quoted(filename)}"`
  return ['Content-Disposition', `form-data; name="${quoted(name)}"${file}`]
}

/** Escapes a name as browsers do. */
function quoted(name: string): string {
  return name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function joined(parts: readonly Part[], boundary: string): Uint8Array<ArrayBuffer> {
  const chunks = parts.flatMap(({ headers, data }) => {
    // A line feed would start another header or the content.
    const lines = headers.map((header) => `${header.join(': ').replaceAll(/[\r\n]/g, '')}\r\n`)
    const content = typeof data === 'string' ? Buffer.from(data) : data
    return [Buffer.from(`--${boundary}\r\n${lines.join('')}\r\n`), content, Buffer.from('\r\n')]
  })
  return new Uint8Array(Buffer.concat([...chunks, Buffer.from(`--${boundary}--\r\n`)]))
}
