import { isRecord } from '../../../protocol/json.ts'
import type { JsonSchema } from '../../../tools/schema/standard-schema.ts'
import { member, pointerPart, pointerParts, type OpenApiDocument } from './document.ts'
import { MovedParts } from './moved-parts.ts'
import { ReadOnlyNames } from './read-only-names.ts'

/** A part of the document that schemas reference, and the parts that it references. */
type Part = { readonly schema: unknown; readonly uses: ReadonlySet<string> }

/** Maximum depth of schemas, and maximum size of an expanded one. Parts beyond accept any value. */
const maxDepth = 200
const maxValues = 100_000

/** A visited value, and the number of values in its expansion. */
type Visited = { readonly schema: unknown; readonly size: number }

/** One walk through a schema. A document from memory can contain itself, or one object many times. */
type Walk = {
  readonly uses: Set<string>
  readonly open: Set<object>
  readonly visited: Map<object, Visited>
}

/** Keywords whose members are schemas with any names. */
const schemaMaps: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
  'dependentSchemas',
  'dependencies',
  '$defs',
  'definitions',
])

/** Keywords whose values are constants instead of schemas. */
const constants: ReadonlySet<string> = new Set(['example', 'examples', 'enum', 'const', 'default'])

/** The location of a value: in a map of schemas, or in an `allOf` with the read-only properties of all its members. */
type Context = { readonly isMap: boolean; readonly readOnly: ReadonlySet<string> }

const plain: Context = { isMap: false, readOnly: new Set() }
const map: Context = { isMap: true, readOnly: new Set() }

const anything: Visited = { schema: {}, size: 1 }

/**
 * Makes the schemas of a document self-contained: each includes the components that it references, and no others. Every component is
 * visited once for all schemas. Other parts of the document, such as a schema in another path, become components.
 */
export class SchemaParts {
  readonly #document: OpenApiDocument
  readonly #direction: 'request' | 'response'
  readonly #parts = new Map<string, Part>()
  readonly #moved: MovedParts
  readonly #readOnly: ReadOnlyNames

  constructor(document: OpenApiDocument, direction: 'request' | 'response') {
    this.#document = document
    this.#direction = direction
    this.#moved = new MovedParts(document)
    this.#readOnly = new ReadOnlyNames(document)
  }

  /** Returns the schema with its `components`. References to components are unchanged. */
  standAlone(schema: unknown): JsonSchema | undefined {
    const { schema: own, uses } = this.#read(schema)
    if (!isRecord(own)) return typeof own === 'boolean' ? own : undefined
    const components = this.#components(uses)
    const dialect = this.#document.isVersion30
      ? 'http://json-schema.org/draft-04/schema#'
      : 'https://json-schema.org/draft/2020-12/schema'
    return components === null ? { $schema: dialect, ...own } : { $schema: dialect, ...own, components }
  }

  /** Returns the components at pointers and those that they reference, in the shape of the document. */
  #components(uses: ReadonlySet<string>): Record<string, Record<string, unknown>> | null {
    const waiting = [...uses]
    const seen = new Set(waiting)
    const components: Record<string, Record<string, unknown>> = {}
    for (let pointer = waiting.pop(); pointer !== undefined; pointer = waiting.pop()) {
      const { schema, uses: more } = this.#part(pointer)
      const [, section = '', name = ''] = pointerParts(pointer)
      const named = (components[section] ??= {})
      Object.defineProperty(named, name, { value: schema, enumerable: true, configurable: true, writable: true })
      for (const next of more) {
        if (seen.has(next)) continue
        seen.add(next)
        waiting.push(next)
      }
    }
    return seen.size === 0 ? null : components
  }

  #part(pointer: string): Part {
    const known = this.#parts.get(pointer)
    if (known !== undefined) return known
    const part = this.#read(this.#document.find(this.#moved.sourceOf(pointer)))
    this.#parts.set(pointer, part)
    return part
  }

  #read(schema: unknown): Part {
    const uses = new Set<string>()
    return { schema: this.#visit(schema, { uses, open: new Set(), visited: new Map() }).schema, uses }
  }

  /** Collects references. Returns the same value, or a copy with changes. */
  #visit(value: unknown, walk: Walk, context = plain): Visited {
    if (typeof value !== 'object' || value === null) return { schema: value, size: 1 }
    const known = walk.visited.get(value)
    if (known !== undefined) return known
    if (walk.open.has(value) || walk.open.size > maxDepth) return anything
    walk.open.add(value)
    const inner = Array.isArray(value) ? this.#elements(value, walk, context) : this.#members(value, walk, context)
    walk.open.delete(value)
    const result = inner.size > maxValues ? anything : inner
    walk.visited.set(value, result)
    return result
  }

  #elements(list: readonly unknown[], walk: Walk, context: Context): Visited {
    const visited = list.map((element) => this.#visit(element, walk, context))
    const size = visited.reduce((sum, one) => sum + one.size, 1)
    const isSame = visited.every(({ schema }, index) => schema === list[index])
    return { schema: isSame ? list : visited.map(({ schema }) => schema), size }
  }

  #members(value: object, walk: Walk, { isMap, readOnly }: Context): Visited {
    if (!isRecord(value)) return { schema: value, size: 1 }
    const names = this.#readOnlyOf(value, readOnly)
    let copy: Record<string, unknown> | null = null
    let size = 1
    for (const [name, inner] of Object.entries(value)) {
      if (!isMap && constants.has(name)) continue
      const visited =
        name === '$ref' && typeof inner === 'string'
          ? { schema: this.#reference(inner, walk), size: 1 }
          : this.#visit(inner, walk, isMap ? plain : contextOf(name, names))
      size += visited.size
      if (visited.schema === inner) continue
      copy ??= { ...value }
      Object.defineProperty(copy, name, {
        value: visited.schema,
        enumerable: true,
        configurable: true,
        writable: true,
      })
    }
    return { schema: withoutRequired(copy ?? value, names), size }
  }

  /** Collects the component of a reference. Returns the reference to it. */
  #reference(given: string, { uses }: Walk): string {
    const reference = this.#moved.referenceTo(given)
    if (!reference.startsWith('#/components/')) return reference
    const [, section, name] = pointerParts(reference)
    if (section !== undefined && name !== undefined) {
      uses.add(`#/components/${pointerPart(section)}/${pointerPart(name)}`)
    }
    return reference
  }

  /** Returns the read-only properties of a schema, and those of the `allOf` that contains it. Responses have them. */
  #readOnlyOf(schema: Readonly<Record<string, unknown>>, outer: ReadonlySet<string>): ReadonlySet<string> {
    if (this.#direction === 'response') return plain.readOnly
    const isConcerned = Array.isArray(member(schema, 'required')) || Array.isArray(member(schema, 'allOf'))
    return isConcerned ? outer.union(this.#readOnly.of(schema)) : outer
  }
}

function contextOf(keyword: string, readOnly: ReadonlySet<string>): Context {
  if (keyword === 'allOf') return { isMap: false, readOnly }
  return schemaMaps.has(keyword) ? map : plain
}

/** Returns the schema without requiring some properties. */
function withoutRequired(schema: Record<string, unknown>, names: ReadonlySet<string>): Record<string, unknown> {
  const required = member(schema, 'required')
  if (!Array.isArray(required) || names.size === 0) return schema
  const kept = required.filter((name: unknown) => typeof name !== 'string' || !names.has(name))
  return kept.length === required.length ? schema : { ...schema, required: kept }
}
