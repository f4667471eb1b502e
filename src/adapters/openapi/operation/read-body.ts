import { isRecord } from '../../../protocol/json.ts'
import { listOf, member, recordOf, textMember, type OpenApiDocument } from '../document/document.ts'
import { kindOf, type ContentKind } from './media-type.ts'
import type { BodyContent, Encoding, RequestBody } from './operation.ts'

/** The kinds of content that are easiest to write come first. */
const preference: readonly ContentKind[] = ['json', 'any', 'form', 'multipart', 'lines', 'text', 'events', 'binary']

/** Reads the body of an operation. `keys` are the keys of its parameters. */
export function readBody(
  document: OpenApiDocument,
  operation: Readonly<Record<string, unknown>>,
  keys: ReadonlySet<string>,
): RequestBody | null {
  const body = document.resolve(member(operation, 'requestBody'))
  if (!isRecord(body)) return null
  const contents = Object.entries(recordOf(member(body, 'content'))).map(([contentType, media]) =>
    readContent(document, contentType, recordOf(document.resolve(media))),
  )
  const [first, ...others] = contents.toSorted((one, other) => rankOf(one) - rankOf(other))
  if (first === undefined) return null
  const prefix = keys.has('body') || keys.has('body_content_type') ? 'request_' : ''
  return {
    key: keys.has('body') ? 'request_body' : 'body',
    contentTypeKey: `${prefix}body_content_type`,
    required: member(body, 'required') === true,
    description: textMember(body, 'description') ?? '',
    contents: [first, ...others],
  }
}

function rankOf({ contentType }: BodyContent): number {
  return preference.indexOf(kindOf(contentType))
}

function readContent(
  document: OpenApiDocument,
  contentType: string,
  media: Readonly<Record<string, unknown>>,
): BodyContent {
  const item = member(media, 'itemEncoding')
  const itemSchema = member(media, 'itemSchema')
  const schema = member(media, 'schema')
  return {
    contentType,
    schema: schema ?? (itemSchema === undefined ? undefined : { type: 'array', items: itemSchema }),
    encodings: readEncodings(document, media),
    prefixEncodings: listOf(member(media, 'prefixEncoding')).map((value) => readEncoding(document, value)),
    itemEncoding: item === undefined ? null : readEncoding(document, item),
  }
}

/** Reads the encodings of the properties of a form. */
export function readEncodings(
  document: OpenApiDocument,
  media: Readonly<Record<string, unknown>>,
): ReadonlyMap<string, Encoding> {
  const entries = Object.entries(recordOf(member(media, 'encoding')))
  return new Map(entries.map(([name, value]) => [name, readEncoding(document, value)]))
}

function readEncoding(document: OpenApiDocument, value: unknown): Encoding {
  const encoding = recordOf(document.resolve(value))
  const [style, explode] = [textMember(encoding, 'style'), member(encoding, 'explode')]
  const allowReserved = member(encoding, 'allowReserved')
  const isStyled = style !== undefined || typeof explode === 'boolean' || typeof allowReserved === 'boolean'
  const headers = Object.entries(recordOf(member(encoding, 'headers'))).flatMap(([name, header]) => {
    const text = statedValue(document, recordOf(document.resolve(header)))
    return text === null || name.toLowerCase() === 'content-type' ? [] : [[name, text] as const]
  })
  return {
    contentType: textMember(encoding, 'contentType') ?? null,
    style: isStyled
      ? {
          style: style ?? 'form',
          explode: typeof explode === 'boolean' ? explode : (style ?? 'form') === 'form',
          allowReserved: allowReserved === true,
        }
      : null,
    headers: Object.fromEntries(headers),
  }
}

/** Returns the value of a header that its schema allows only, or states as the default. */
function statedValue(document: OpenApiDocument, header: Readonly<Record<string, unknown>>): string | null {
  const schema = recordOf(document.resolve(member(header, 'schema')))
  const values = listOf(member(schema, 'enum'))
  const value = member(schema, 'const') ?? member(schema, 'default') ?? (values.length === 1 ? values[0] : undefined)
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : null
}
