import { isRecord } from '../../protocol/json.ts'
import { member, pointerPart, pointerParts, type OpenApiDocument } from './document.ts'

/** A part of the document that schemas refer to, and the parts that it refers to in turn. */
type Part = { readonly schema: unknown; readonly uses: ReadonlySet<string> }

/** How deep schemas are looked into. */
const maxDepth = 200

/**
 * Makes schemas of a document stand alone: each takes along the components that it reaches, by reference, and no others.
 * Every component is looked into once, whatever the number of schemas.
 */
export class SchemaParts {
  readonly #document: OpenApiDocument
  readonly #direction: 'request' | 'response'
  readonly #parts = new Map<string, Part>()

  constructor(document: OpenApiDocument, direction: 'request' | 'response') {
    this.#document = document
    this.#direction = direction
  }

  /** The schema with the `components` it needs; its references stay as they are. */
  standAlone(schema: unknown): unknown {
    const { schema: own, uses } = this.#read(schema)
    if (!isRecord(own)) return own
    const components = this.#components(uses)
    const dialect = this.#document.isVersion30
      ? 'http://json-schema.org/draft-04/schema#'
      : 'https://json-schema.org/draft/2020-12/schema'
    return components === null ? { $schema: dialect, ...own } : { $schema: dialect, ...own, components }
  }

  /** The components that pointers lead to, directly or not, in the shape of the document. */
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
    const part = this.#read(this.#document.find(pointer))
    this.#parts.set(pointer, part)
    return part
  }

  #read(schema: unknown): Part {
    const uses = new Set<string>()
    return { schema: this.#visit(schema, uses, 0), uses }
  }

  /** Notes references; gives the same value back, or a copy where something in it had to change. */
  #visit(value: unknown, uses: Set<string>, depth: number): unknown {
    if (typeof value !== 'object' || value === null || depth > maxDepth) return value
    if (Array.isArray(value)) {
      const elements = value.map((element: unknown) => this.#visit(element, uses, depth + 1))
      return elements.some((element, index) => element !== value[index]) ? elements : value
    }
    if (!isRecord(value)) return value
    note(member(value, '$ref'), uses)
    let copy: Record<string, unknown> | null = null
    for (const [name, inner] of Object.entries(value)) {
      // Values that a schema quotes are no schemas.
      if (name === 'example' || name === 'examples' || name === 'enum' || name === 'const' || name === 'default')
        continue
      const visited = this.#visit(inner, uses, depth + 1)
      if (visited !== inner) copy = { ...(copy ?? value), [name]: visited }
    }
    return this.#withoutReadOnly(copy ?? value)
  }

  /** What only the server may set need not be sent to it (OpenAPI 3, `readOnly`). */
  #withoutReadOnly(schema: Record<string, unknown>): Record<string, unknown> {
    const required = member(schema, 'required')
    const properties = member(schema, 'properties')
    if (this.#direction === 'response' || !Array.isArray(required) || !isRecord(properties)) return schema
    const kept = required.filter((name: unknown) => {
      const property = typeof name === 'string' ? this.#document.resolve(member(properties, name)) : undefined
      return !isRecord(property) || member(property, 'readOnly') !== true
    })
    return kept.length === required.length ? schema : { ...schema, required: kept }
  }
}

/** Notes the component that a reference leads into. */
function note(reference: unknown, uses: Set<string>): void {
  if (typeof reference !== 'string' || !reference.startsWith('#/components/')) return
  const [, section, name] = pointerParts(reference)
  if (section !== undefined && name !== undefined) uses.add(`#/components/${pointerPart(section)}/${pointerPart(name)}`)
}
