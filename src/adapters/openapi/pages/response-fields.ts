import { member, recordOf, textMember, type OpenApiDocument } from '../document/document.ts'

/** A property of a result, with its path: `metadata.continue`. */
export type ResponseField = {
  readonly path: string
  readonly name: string
  readonly schema: Readonly<Record<string, unknown>>
}

/** Properties of properties are examined to this depth. */
const maxDepth = 3

/** Schemas that compose schemas are examined to this depth. */
const maxCompositions = 2

/** Maximum number of fields of a result. */
const maxFields = 300

/** Returns the properties of a result and of the objects in it, without the elements of lists. */
export function responseFields(document: OpenApiDocument, schema: unknown): readonly ResponseField[] {
  const fields: ResponseField[] = []
  collect(document, schema, { prefix: '', depth: 1, fields })
  return fields
}

type Collecting = { readonly prefix: string; readonly depth: number; readonly fields: ResponseField[] }

function collect(document: OpenApiDocument, value: unknown, { prefix, depth, fields }: Collecting): void {
  const inner: ResponseField[] = []
  for (const schema of partsOf(document, value, 0)) {
    for (const [name, property] of Object.entries(recordOf(member(schema, 'properties')))) {
      if (fields.length + inner.length >= maxFields) break
      inner.push({ path: `${prefix}${name}`, name, schema: recordOf(document.resolve(property)) })
    }
  }
  fields.push(...inner)
  if (depth === maxDepth) return
  for (const { path, schema } of inner) collect(document, schema, { prefix: `${path}.`, depth: depth + 1, fields })
}

/** Returns a schema with the schemas that it is composed of. */
function partsOf(
  document: OpenApiDocument,
  value: unknown,
  depth: number,
): readonly Readonly<Record<string, unknown>>[] {
  const schema = recordOf(document.resolve(value))
  if (depth === maxCompositions) return [schema]
  const composed = ['allOf', 'anyOf', 'oneOf'].flatMap((name) => {
    const list = member(schema, name)
    return Array.isArray(list) ? list.slice(0, 10) : []
  })
  return [schema, ...composed.flatMap((part: unknown) => partsOf(document, part, depth + 1))]
}

/** Returns whether the schema of a field or parameter can have a type. */
export function hasType(schema: Readonly<Record<string, unknown>>, ...types: readonly string[]): boolean {
  const type = member(schema, 'type')
  if (Array.isArray(type)) return type.some((one) => types.some((wanted) => wanted === one))
  return types.some((wanted) => wanted === textMember(schema, 'type'))
}
