import { arrayType } from './array-type.ts'
import { defaultedNames, requiresAny } from './defaulted-names.ts'
import { enumType, literalType } from './literal-type.ts'
import { mergedIntersection } from './merged-objects.ts'
import { objectType } from './object-type.ts'
import type { SchemaRoot } from './schema-root.ts'
import { isNonEmpty, isSchema, type Schema, typeName } from './schema.ts'
import type { Style } from './style.ts'
import { intersectionOf, neverNode, nullNode, textNode, unionOf, unknownNode, type TypeNode } from './type-node.ts'

/** Maximum depth and number of parts; deeper and later ones are `unknown`, because a schema is untrusted. */
const maxDepth = 48
const maxParts = 4_000
const maxMembers = 200

const none: ReadonlySet<string> = new Set()

type ReadSchema = (schema: unknown) => TypeNode

/** JSON Schema has seven types. */
const maxKinds = 8

/** Returns the type for a reference: that of its target, or a node that stands for it. */
export type FollowReference = (target: Schema, reference: string, position: SchemaPosition) => TypeNode

/** The position of a schema: its depth, the schemas around it, and the references through which it was reached. */
export type SchemaPosition = {
  readonly depth: number
  readonly inside: ReadonlySet<Schema>
  readonly expansions: ReadonlyMap<string, number>
  /** The required properties of this value that may be missing; null before the first schema for this value. */
  readonly defaulted: ReadonlySet<string> | null
}

const topPosition: SchemaPosition = { depth: 0, inside: new Set(), expansions: new Map(), defaulted: null }

/** Converts schemas into type nodes. What cannot be expressed, and what exceeds a limit, is `unknown`. */
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

  /** Converts one schema with a full budget of parts. */
  readWhole(schema: unknown): TypeNode {
    this.#partsLeft = maxParts
    return this.read(schema, topPosition)
  }

  /** Converts a schema inside another. */
  read(schema: unknown, position: SchemaPosition): TypeNode {
    if (schema === false) return neverNode
    if (!isSchema(schema) || position.depth > maxDepth || --this.#partsLeft < 0) return unknownNode
    if (position.inside.has(schema)) return unknownNode // A cycle, which JSON cannot represent.
    return this.#readSchema(schema, position)
  }

  #readSchema(schema: Schema, position: SchemaPosition): TypeNode {
    const { const: constant, enum: values, nullable } = schema
    const orNull = (node: TypeNode): TypeNode => (nullable === true ? unionOf([node, nullNode]) : node)
    if (constant !== undefined) return orNull(literalType(constant, this.#style.literals))
    if (isNonEmpty(values)) return orNull(enumType(values, this.#style.literals))
    const defaulted = this.#style.isExact ? (position.defaulted ?? defaultedNames(schema, this.#root)) : none
    const same: SchemaPosition = {
      ...position,
      depth: position.depth + 1,
      inside: new Set(position.inside).add(schema),
      defaulted,
    }
    const part: SchemaPosition = { ...same, defaulted: null }
    const own = this.#ownType(schema, (member) => this.read(member, part), defaulted)
    const combined = combinations(schema, (member) => this.read(member, same), this.#style)
    const nodes = [...this.#references(schema, position, same), own, ...combined]
    return orNull(this.#style.isExact ? mergedIntersection(nodes) : intersectionOf(nodes))
  }

  #references(schema: Schema, position: SchemaPosition, inner: SchemaPosition): TypeNode[] {
    const { $ref, $dynamicRef, $recursiveRef } = schema
    const { defaulted } = inner
    return [$ref, $dynamicRef, $recursiveRef].flatMap((reference) => {
      if (typeof reference !== 'string') return []
      // Inside a schema with its own identifier, fragments refer to that schema, which is not searched.
      if (reference.startsWith('#') && this.#isEmbedded(schema, position)) return [unknownNode]
      const target = this.#root.resolve(reference)
      if (target === false) return [neverNode]
      if (!isSchema(target)) return [unknownNode]
      // The definition alone would require properties that may be missing here.
      return [
        this.#isLooser(target, inner)
          ? this.read(target, inner)
          : this.#follow(target, reference, { ...position, defaulted }),
      ]
    })
  }

  #isLooser(target: Schema, { defaulted }: SchemaPosition): boolean {
    if (defaulted === null || defaulted.size === 0) return false
    const own = defaultedNames(target, this.#root)
    return requiresAny(target, new Set([...defaulted].filter((name) => !own.has(name))), this.#root)
  }

  /** Returns whether a schema belongs to one with an `$id` that is not the whole document. */
  #isEmbedded(schema: Schema, position: SchemaPosition): boolean {
    return [...position.inside, schema].some((outer) => {
      return typeof outer['$id'] === 'string' && !outer['$id'].startsWith('#') && !this.#root.isWhole(outer)
    })
  }

  #ownType(schema: Schema, read: ReadSchema, defaulted: ReadonlySet<string>): TypeNode {
    const { type } = schema
    if (!Array.isArray(type)) return this.#namedType(type ?? impliedType(schema), schema, read, defaulted)
    const kinds = [...new Set<unknown>(type)].slice(0, maxKinds)
    if (kinds.length === 0) return unknownNode
    return unionOf(kinds.map((one) => this.#namedType(one, schema, read, defaulted)))
  }

  #namedType(type: unknown, schema: Schema, read: ReadSchema, defaulted: ReadonlySet<string>): TypeNode {
    const name = this.#style.isExact ? typeName(type) : type
    switch (name) {
      case 'string':
      case 'boolean':
      case 'null':
        return textNode(name)
      case 'number':
      case 'integer':
        return textNode('number')
      case 'array':
        return arrayType(schema, read, this.#style)
      case 'object':
        return objectType(schema, read, { style: this.#style, defaulted })
      default:
        return unknownNode
    }
  }
}

/** Returns the type of a schema without `type`, judged by its other keywords. */
function impliedType(schema: Schema): string {
  const keywords = ['properties', 'additionalProperties', 'required', 'patternProperties']
  if (keywords.some((keyword) => keyword in schema)) return 'object'
  return 'items' in schema || 'prefixItems' in schema ? 'array' : 'unknown'
}

/** Returns the types that a schema combines. All of them apply; those beyond the maximum are left out. */
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
