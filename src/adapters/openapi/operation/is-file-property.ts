import { listOf, member, recordOf, textMember, type OpenApiDocument } from '../document/document.ts'
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
  return isFile(document, property, { encoding, known: new Map() })
}

type Search = { readonly encoding: Encoding | undefined; readonly known: Map<object, boolean> }

/** Returns whether a schema describes a file. One that contains only itself does not. Each schema is examined once. */
function isFile(document: OpenApiDocument, property: unknown, search: Search): boolean {
  const schema = recordOf(document.resolve(property))
  const known = search.known.get(schema)
  if (known !== undefined) return known
  search.known.set(schema, false)
  const result = property !== undefined && describesFile(document, schema, search)
  search.known.set(schema, result)
  return result
}

function describesFile(document: OpenApiDocument, schema: Readonly<Record<string, unknown>>, search: Search): boolean {
  const items = member(schema, 'items')
  if (items !== undefined) return isFile(document, items, search)
  const inner = alternativesOf(document, schema)
  if (inner.length > 0) return inner.every((one) => isFile(document, one, search))
  const format = member(schema, 'format')
  if (format === 'binary' || format === 'byte') return true
  if (member(schema, 'contentEncoding') !== undefined) return false
  const type = member(schema, 'type')
  if (type !== undefined && type !== 'string' && !listOf(type).includes('string')) return false
  const mediaType = search.encoding?.contentType?.split(',')[0] ?? textMember(schema, 'contentMediaType')
  if (mediaType !== undefined) return kindOf(mediaType) === 'binary'
  return !document.isVersion30 && hasOnlyAnnotations(schema)
}

function hasOnlyAnnotations(schema: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(schema).every((key) => annotations.has(key))
}

/** Returns whether a schema allows null. */
export function allowsNull(document: OpenApiDocument, property: unknown): boolean {
  const schema = recordOf(document.resolve(property))
  if (member(schema, 'nullable') === true || listOf(member(schema, 'type')).includes('null')) return true
  const alternatives = [...listOf(member(schema, 'anyOf')), ...listOf(member(schema, 'oneOf'))]
  return alternatives.some((one) => isNull(document, one))
}

/** Returns the members of `anyOf`, `oneOf` and `allOf`, except null and those that say nothing. */
function alternativesOf(document: OpenApiDocument, schema: Readonly<Record<string, unknown>>): readonly unknown[] {
  const parts = listOf(member(schema, 'allOf')).filter((one) => !hasOnlyAnnotations(recordOf(document.resolve(one))))
  const all = ['anyOf', 'oneOf'].flatMap((keyword) => listOf(member(schema, keyword)))
  return [...all.filter((one) => !isNull(document, one)), ...parts]
}

function isNull(document: OpenApiDocument, schema: unknown): boolean {
  return member(recordOf(document.resolve(schema)), 'type') === 'null'
}

/** Returns the properties of a form, with those of the schemas that it combines. */
export function formProperties(
  document: OpenApiDocument,
  schema: unknown,
  seen: Set<object> = new Set(),
): Readonly<Record<string, unknown>> {
  const form = recordOf(document.resolve(schema))
  if (seen.has(form)) return {}
  seen.add(form)
  const inner = alternativesOf(document, form).map((one) => formProperties(document, one, seen))
  return Object.assign({}, ...inner, recordOf(member(form, 'properties')))
}
