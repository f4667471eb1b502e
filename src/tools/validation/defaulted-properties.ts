import { inPlaceSchemas, statesDefault } from '../../declarations/in-place-schemas.ts'
import { isRecord } from '../../protocol/json.ts'
import type { Location } from './location.ts'
import type { PatternMatcher } from './pattern-matcher.ts'
import type { Schema, SchemaDocument } from './schema-document.ts'

/** Keywords with the schema of any property of an object, and of any item of a list. */
const ofOthers = ['additionalProperties', 'unevaluatedProperties'] as const
const ofItems = ['items', 'additionalItems', 'unevaluatedItems', 'contains'] as const

/**
 * Finds properties with a default. The default can be in another schema for the same object than `required`, so all
 * schemas that may apply to a location count.
 */
export class DefaultedProperties {
  readonly document: SchemaDocument
  readonly #patterns: PatternMatcher
  readonly #schemas = new Map<string, ReadonlySet<Schema>>()

  constructor(document: SchemaDocument, patterns: PatternMatcher) {
    this.document = document
    this.#patterns = patterns
  }

  /** Returns whether the schema that requires a property, or another one at that location, states a default for it. */
  has(requiring: Schema, at: Location, name: string): boolean {
    const schemas = [...inPlaceSchemas([requiring], this.#resolve), ...this.schemasAt(at)]
    return schemas.some((schema) => this.#ofProperty(schema, name).some(this.#statesDefault))
  }

  /** Returns the schemas that may apply to the value at a location. */
  schemasAt(at: Location): ReadonlySet<Schema> {
    const known = this.#schemas.get(at.pointer)
    if (known !== undefined) return known
    const { parent } = at
    const start =
      parent === null ? [this.document.root] : [...this.schemasAt(parent)].flatMap((schema) => this.#ofPart(schema, at))
    const schemas = inPlaceSchemas(start, this.#resolve)
    this.#schemas.set(at.pointer, schemas)
    return schemas
  }

  readonly #resolve = (reference: string, schema: Schema): unknown => this.document.resolve(schema, reference)

  readonly #statesDefault = (property: unknown): boolean => statesDefault(property, this.#resolve)

  #ofPart(schema: Schema, { parent, key }: Location): readonly unknown[] {
    if (!Array.isArray(parent?.value)) {
      return [...this.#ofProperty(schema, key), ...ofOthers.map((keyword) => schema[keyword])]
    }
    const lists = [schema['prefixItems'], schema['items']]
    const ofIndex = lists.map((list): unknown => (Array.isArray(list) ? list[Number(key)] : undefined))
    return [...ofIndex, ...ofItems.map((keyword) => schema[keyword])]
  }

  #ofProperty(schema: Schema, name: string): readonly unknown[] {
    const { properties, patternProperties } = schema
    const own = isRecord(properties) && Object.hasOwn(properties, name) ? [properties[name]] : []
    const patterns = isRecord(patternProperties) ? Object.keys(patternProperties) : []
    const matching = patterns.filter((pattern) => this.#patterns.match(pattern, name) !== 'invalid')
    return [...own, ...matching.map((pattern): unknown => isRecord(patternProperties) && patternProperties[pattern])]
  }
}
