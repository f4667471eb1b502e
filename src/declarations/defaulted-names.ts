import { inPlaceSchemas, statesDefault } from './in-place-schemas.ts'
import type { SchemaRoot } from './schema-root.ts'
import { isSchema, type Schema } from './schema.ts'

/** Maximum number of required names that are looked up. */
const maxNames = 4_000

/**
 * Returns the required properties of an object that state a default, so that they may be missing. Code generators write
 * both, and the default can be in another schema for the same object than `required`.
 */
export function defaultedNames(schema: Schema, root: SchemaRoot): ReadonlySet<string> {
  const resolve = (reference: string): unknown => root.resolve(reference)
  const schemas = [...inPlaceSchemas([schema], resolve)]
  const names = new Set(schemas.flatMap(requiredNames).slice(0, maxNames))
  if (names.size === 0) return names
  const isDefaulted = (name: string): boolean =>
    schemas.some(({ properties }) => {
      return isSchema(properties) && Object.hasOwn(properties, name) && statesDefault(properties[name], resolve)
    })
  return new Set([...names].filter(isDefaulted))
}

/** Returns whether a schema requires one of the names, directly or in another schema for the same object. */
export function requiresAny(schema: Schema, names: ReadonlySet<string>, root: SchemaRoot): boolean {
  if (names.size === 0) return false
  const schemas = inPlaceSchemas([schema], (reference) => root.resolve(reference))
  return [...schemas].flatMap(requiredNames).some((name) => names.has(name))
}

function requiredNames(schema: Schema): readonly string[] {
  const required = 'required' in schema ? schema['required'] : undefined
  return Array.isArray(required) ? required.filter((name) => typeof name === 'string') : []
}
