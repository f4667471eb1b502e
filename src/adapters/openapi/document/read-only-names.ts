import { isRecord } from '../../../protocol/json.ts'
import { listOf, member, recordOf, type OpenApiDocument } from './document.ts'

const none: ReadonlySet<string> = new Set()

/** Finds the properties of schemas that only the server sets (OpenAPI 3, `readOnly`). Each schema is examined once. */
export class ReadOnlyNames {
  readonly #document: OpenApiDocument
  readonly #names = new Map<object, ReadonlySet<string>>()
  readonly #readOnly = new Map<object, boolean>()

  constructor(document: OpenApiDocument) {
    this.#document = document
  }

  /** Returns the names of the read-only properties of a schema and of the members of its `allOf`. */
  of(schema: unknown): ReadonlySet<string> {
    const resolved = this.#document.resolve(schema)
    if (!isRecord(resolved)) return none
    const known = this.#names.get(resolved)
    if (known !== undefined) return known
    // A schema can contain itself.
    this.#names.set(resolved, none)
    const own = Object.entries(recordOf(member(resolved, 'properties'))).flatMap(([name, property]) =>
      this.#isReadOnly(property) ? [name] : [],
    )
    const names = new Set([own, ...listOf(member(resolved, 'allOf')).map((one) => [...this.of(one)])].flat())
    this.#names.set(resolved, names)
    return names
  }

  /** Returns whether a property states it next to a reference, in the target, or in a member of its `allOf`. */
  #isReadOnly(property: unknown): boolean {
    if (!isRecord(property)) return false
    const known = this.#readOnly.get(property)
    if (known !== undefined) return known
    this.#readOnly.set(property, false)
    const resolved = this.#document.resolve(property)
    const result =
      member(property, 'readOnly') === true ||
      (resolved !== property && this.#isReadOnly(resolved)) ||
      listOf(member(property, 'allOf')).some((one) => this.#isReadOnly(one))
    this.#readOnly.set(property, result)
    return result
  }
}
