import { propertyComment, type PropertyComment } from './property-comment.ts'
import { isSchema, type Schema } from './schema.ts'
import type { Style } from './style.ts'
import { textNode, unionOf, unknownNode, type Field, type IndexSignature, type TypeNode } from './type-node.ts'

const openIndex: IndexSignature = { key: 'string', node: unknownNode }

/** Maximum number of properties; a larger object is declared as an open one. */
const maxFields = 4_000

const maxPatterns = 20

/** An index signature with more types than these allows all types. */
const maxIndexMembers = 4

/** `defaulted` are required properties that may be missing. */
type ObjectOptions = { readonly style: Style; readonly defaulted: ReadonlySet<string> }

/** Returns the type of an object schema, with properties in the order of their names. */
export function objectType(
  schema: Schema,
  read: (schema: unknown) => TypeNode,
  { style, defaulted }: ObjectOptions,
): TypeNode {
  const properties = isSchema(schema['properties']) ? schema['properties'] : {}
  const names = Object.keys(properties)
  if (names.length > maxFields) return { type: 'object', fields: [], index: [openIndex] }
  const listed: readonly unknown[] = Array.isArray(schema['required']) ? schema['required'] : []
  const required = new Set(listed.filter((name) => typeof name !== 'string' || !defaulted.has(name)))
  const fields = names.map((name): Field => {
    const property = properties[name]
    return { name, isOptional: !required.has(name), node: read(property), comment: commentOf(property, style) }
  })
  const all = [...fields, ...requiredAlone(required, properties, style)].sort((a, b) => (a.name < b.name ? -1 : 1))
  return { type: 'object', fields: all, index: indexOf(schema, all, read, style) }
}

function commentOf(schema: unknown, style: Style): PropertyComment | null {
  if (style.hasNotes) return propertyComment(schema)
  const description = isSchema(schema) ? schema['description'] : undefined
  return typeof description === 'string' ? { description, notes: [] } : null
}

/** Names that are required and have no schema. The reference omits them. */
function requiredAlone(required: ReadonlySet<unknown>, properties: Schema, style: Style): Field[] {
  if (!style.isExact || required.size > maxFields) return []
  return [...required].flatMap((name) =>
    typeof name === 'string' && !Object.hasOwn(properties, name)
      ? [{ name, isOptional: false, node: unknownNode, comment: null }]
      : [],
  )
}

function indexOf(
  schema: Schema,
  fields: readonly Field[],
  read: (schema: unknown) => TypeNode,
  style: Style,
): IndexSignature[] {
  const { additionalProperties: additional, patternProperties } = schema
  const patterns = style.isExact && isSchema(patternProperties) ? Object.entries(patternProperties) : []
  if (patterns.length > maxPatterns) return [openIndex]
  const byPrefix = additional === undefined || additional === false ? prefixSignatures(patterns, fields, read) : null
  if (byPrefix !== null && byPrefix.length > 0) return byPrefix
  const typed = patterns.map(([, member]) => read(member))
  if (typeof additional === 'object' || additional === true) typed.push(read(additional))
  if (typed.length === 0) return additional === false || fields.length > 0 ? [] : [openIndex]
  const node = unionOf(typed)
  return [{ key: 'string', node: style.isExact ? allowing(node, fields) : node }]
}

/** Returns keys whose pattern fixes a prefix, as template literals; null when that is not possible. */
function prefixSignatures(
  patterns: readonly (readonly [string, unknown])[],
  fields: readonly Field[],
  read: (schema: unknown) => TypeNode,
): IndexSignature[] | null {
  const prefixes = patterns.map(([pattern]) => /^\^([\w-]{1,40})$/.exec(pattern)?.[1])
  const signatures: IndexSignature[] = []
  for (const [at, prefix] of prefixes.entries()) {
    if (prefix === undefined || fields.some(({ name }) => name.startsWith(prefix))) return null
    if (prefixes.some((other, position) => position !== at && other?.startsWith(prefix) === true)) return null
    signatures.push({ key: `\`${prefix}\${string}\``, node: read(patterns[at]?.[1]) })
  }
  return signatures
}

/** An index signature must allow the types of the properties, or the type is an error. */
function allowing(node: TypeNode, fields: readonly Field[]): TypeNode {
  const others = fields.map((field) => field.node)
  const optional = fields.some(({ isOptional }) => isOptional) ? [textNode('undefined')] : []
  const whole = unionOf([node, ...others, ...optional])
  const isShort = whole.type !== 'union' || whole.members.filter(({ type }) => type !== 'text').length <= 1
  return isShort && (whole.type !== 'union' || whole.members.length <= maxIndexMembers + optional.length)
    ? whole
    : unknownNode
}
