import { arrayType } from './array-type.ts'
import { enumType, literalType } from './literal-type.ts'
import { mergedIntersection } from './merged-objects.ts'
import { objectType } from './object-type.ts'
import type { SchemaRoot } from './schema-root.ts'
import { isNonEmpty, isSchema, type Schema } from './schema.ts'
import type { Style } from './style.ts'
import { intersectionOf, neverNode, nullNode, textNode, unionOf, unknownNode, type TypeNode } from './type-node.ts'

/** What lies deeper, or comes after so many parts, is `unknown`: a schema is somebody else's text. */
const maxDepth = 48
const maxParts = 4_000
const maxMembers = 200

/** JSON Schema knows seven types. */
const maxKinds = 8

/** What a reference becomes: a reading of its target, or a node that stands for it. */
export type FollowReference = (target: Schema, reference: string, place: SchemaPosition) => TypeNode

/** Where a schema stands: how deep, inside which schemas, and through which references it was reached. */
export type SchemaPosition = {
  readonly depth: number
  readonly inside: ReadonlySet<Schema>
  readonly expansions: ReadonlyMap<string, number>
}

const topPosition: SchemaPosition = { depth: 0, inside: new Set(), expansions: new Map() }

/** Reads schemas into type nodes. What it cannot say, and what is too much, is `unknown`. */
export class SchemaReader {
  readonly #root: SchemaRoot
  readonly #style: Style
  readonly #follow: FollowReference
  #partsLeft = maxParts

  constructor(root: SchemaRoot, style: Style, follow: FollowReference) {
    this.#root = root
    this.#style = style
    this.#follow = follow
  }

  /** Reads one schema with a full allowance of parts. */
  readWhole(schema: unknown): TypeNode {
    this.#partsLeft = maxParts
    return this.read(schema, topPosition)
  }

  /** Reads a schema inside another. */
  read(schema: unknown, place: SchemaPosition): TypeNode {
    if (schema === false) return neverNode
    if (!isSchema(schema) || place.depth > maxDepth || --this.#partsLeft < 0) return unknownNode
    if (place.inside.has(schema)) return unknownNode // An object that holds itself; JSON cannot.
    return this.#readSchema(schema, place)
  }

  #readSchema(schema: Schema, place: SchemaPosition): TypeNode {
    const { const: constant, enum: values, nullable } = schema
    const orNull = (node: TypeNode): TypeNode => (nullable === true ? unionOf([node, nullNode]) : node)
    if (constant !== undefined) return orNull(literalType(constant, this.#style.literals))
    if (isNonEmpty(values)) return orNull(enumType(values, this.#style.literals))
    const inner: SchemaPosition = { ...place, depth: place.depth + 1, inside: new Set(place.inside).add(schema) }
    const read = (member: unknown): TypeNode => this.read(member, inner)
    const own = this.#ownType(schema, read)
    const nodes = [...this.#references(schema, place), own, ...combinations(schema, read, this.#style)]
    return orNull(this.#style.isExact ? mergedIntersection(nodes) : intersectionOf(nodes))
  }

  #references(schema: Schema, place: SchemaPosition): TypeNode[] {
    const { $ref, $dynamicRef, $recursiveRef } = schema
    return [$ref, $dynamicRef, $recursiveRef].flatMap((reference) => {
      if (typeof reference !== 'string') return []
      // Inside a schema with an identifier of its own a fragment starts there, where nothing is looked up.
      if (reference.startsWith('#') && this.#isEmbedded(schema, place)) return [unknownNode]
      const target = this.#root.resolve(reference)
      if (target === false) return [neverNode]
      return isSchema(target) ? [this.#follow(target, reference, place)] : [unknownNode]
    })
  }

  /** Whether a schema belongs to one with an `$id` that is not the whole document. */
  #isEmbedded(schema: Schema, place: SchemaPosition): boolean {
    return [...place.inside, schema].some((outer) => {
      return typeof outer['$id'] === 'string' && !outer['$id'].startsWith('#') && !this.#root.isWhole(outer)
    })
  }

  #ownType(schema: Schema, read: (schema: unknown) => TypeNode): TypeNode {
    const { type } = schema
    if (!Array.isArray(type)) return this.#namedType(type ?? impliedType(schema), schema, read)
    const kinds = [...new Set<unknown>(type)].slice(0, maxKinds)
    return unionOf(kinds.length === 0 ? [unknownNode] : kinds.map((one) => this.#namedType(one, schema, read)))
  }

  #namedType(type: unknown, schema: Schema, read: (schema: unknown) => TypeNode): TypeNode {
    switch (type) {
      case 'string':
      case 'boolean':
      case 'null':
        return textNode(type)
      case 'number':
      case 'integer':
        return textNode('number')
      case 'array':
        return arrayType(schema, read, this.#style)
      case 'object':
        return objectType(schema, read, this.#style)
      default:
        return unknownNode
    }
  }
}

/** What a schema without `type` describes, judged by its other keywords. */
function impliedType(schema: Schema): string {
  const keywords = ['properties', 'additionalProperties', 'required', 'patternProperties']
  if (keywords.some((keyword) => keyword in schema)) return 'object'
  return 'items' in schema || 'prefixItems' in schema ? 'array' : 'unknown'
}

/** The types that a schema combines. Each of them holds beside the others; those that are too many are left out. */
function combinations(schema: Schema, read: (schema: unknown) => TypeNode, style: Style): TypeNode[] {
  const { anyOf, oneOf, allOf, not } = schema
  const unions = [anyOf, oneOf].filter(isNonEmpty).map((members) => alternatives(members, read, style))
  const nodes = isNonEmpty(allOf) ? allOf.slice(0, maxMembers).map(read) : []
  const isImpossible = not === true || (style.isExact && isSchema(not) && Object.keys(not).length === 0)
  return isImpossible ? [neverNode] : [...unions, ...nodes]
}

function alternatives(members: readonly unknown[], read: (schema: unknown) => TypeNode, style: Style): TypeNode {
  if (members.length <= maxMembers) return unionOf(members.map(read))
  const constants = members.flatMap((member) =>
    isSchema(member) && member['const'] !== undefined ? [member['const']] : [],
  )
  return constants.length === members.length ? enumType(constants, style.literals) : unknownNode
}
