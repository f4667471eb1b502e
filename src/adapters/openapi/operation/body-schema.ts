import { isRecord } from '../../../protocol/json.ts'
import { listOf, member, recordOf, type OpenApiDocument } from '../document/document.ts'
import { allowsNull, isFileProperty } from './is-file-property.ts'
import { isRange, isYamlType, kindOf } from './media-type.ts'
import type { BodyContent, RequestBody } from './operation.ts'
import { anyOf } from './read-result.ts'

const named = { content_type: { type: 'string' }, filename: { type: 'string' } }

/** The schema of bytes for cells: base64, a data URL, or an object such as a binary response. */
const fileSchema = {
  anyOf: [
    { type: 'string', description: 'base64, such as bytes.toBase64(), or a data URL' },
    {
      type: 'object',
      description: 'a file, such as the result of a call that returns bytes',
      properties: { base64: { type: 'string' }, ...named },
      required: ['base64'],
    },
    { type: 'object', properties: { text: { type: 'string' }, ...named }, required: ['text'] },
  ],
}

/** Returns the schema of a body for cells: that of its content, or any of those of several contents. */
export function bodySchemaOf(document: OpenApiDocument, { contents }: RequestBody): unknown {
  return anyOf(contents.map((content) => contentSchema(document, content))) ?? {}
}

/** Returns the schema of the media type of a body for cells, or null when the body has only one. */
export function contentTypeSchemaOf({ contents }: RequestBody): object | null {
  const types = contents.map(({ contentType }) => contentType)
  const [first] = types
  if (types.length === 1 && first !== undefined && !isRange(first)) return null
  const description = 'the media type of the body; by default one that fits it'
  return types.some(isRange) ? { type: 'string', description } : { type: 'string', enum: types, description }
}

function contentSchema(document: OpenApiDocument, content: BodyContent): unknown {
  const { contentType, schema = {} } = content
  switch (kindOf(contentType)) {
    case 'multipart':
      return withFiles(document, content)
    case 'binary':
      return fileSchema
    case 'text':
    case 'events':
      if (isYamlType(contentType)) return { anyOf: [schema, { type: 'string' }] }
      return allowsString(document, schema) ? schema : { type: 'string' }
    default:
      return schema
  }
}

function allowsString(document: OpenApiDocument, schema: unknown): boolean {
  const type = member(recordOf(document.resolve(schema)), 'type')
  return type === 'string' || listOf(type).includes('string')
}

/** Returns the schema of a form with files as cells give them. It is the same schema when there are none. */
function withFiles(
  document: OpenApiDocument,
  { schema, encodings }: Pick<BodyContent, 'schema' | 'encodings'>,
  seen = new Set<object>(),
): unknown {
  const form = document.resolve(schema)
  if (!isRecord(form) || seen.has(form)) return schema ?? {}
  seen.add(form)
  const changed: Record<string, unknown> = {}
  const entries = Object.entries(recordOf(member(form, 'properties')))
  const files = entries.filter(([name, property]) => isFileProperty(document, property, encodings.get(name)))
  if (files.length > 0) {
    const replaced = files.map(([name, property]) => [name, fileProperty(document, property)] as const)
    changed['properties'] = Object.fromEntries([...entries, ...replaced])
  }
  for (const keyword of ['allOf', 'anyOf', 'oneOf']) {
    const list = listOf(member(form, keyword))
    const mapped = list.map((one) => withFiles(document, { schema: one, encodings }, seen))
    if (mapped.some((one, index) => one !== list[index])) changed[keyword] = mapped
  }
  return Object.keys(changed).length === 0 ? (schema ?? {}) : { ...form, ...changed }
}

function fileProperty(document: OpenApiDocument, property: unknown): object {
  const schema = recordOf(document.resolve(property))
  const description = member(schema, 'description')
  const described = typeof description === 'string' ? { description } : {}
  const file = isList(document, schema) ? { type: 'array', items: fileSchema } : fileSchema
  return { ...described, ...(allowsNull(document, property) ? { anyOf: [file, { type: 'null' }] } : file) }
}

/** Returns whether a file property is a list, directly or in an alternative. */
function isList(document: OpenApiDocument, schema: Readonly<Record<string, unknown>>): boolean {
  if (member(schema, 'items') !== undefined) return true
  const inner = [...listOf(member(schema, 'anyOf')), ...listOf(member(schema, 'oneOf'))]
  return inner.some((one) => member(recordOf(document.resolve(one)), 'items') !== undefined)
}
