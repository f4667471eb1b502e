import { isSchema, type Schema } from './schema.ts'

/** Maximum number of schemas that are followed for one value. */
const maxSchemas = 100

const references = ['$ref', '$dynamicRef', '$recursiveRef'] as const
const members = ['allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else', 'dependentSchemas', 'dependencies'] as const

/** Returns the target of a reference in a schema, or undefined. */
type Resolve = (reference: string, schema: Schema) => unknown

/**
 * Returns the schemas that may apply to the same value as the given ones: those, the targets of their references, and
 * the members of `allOf`, `anyOf` and the like. Those beyond a maximum are left out.
 */
export function inPlaceSchemas(start: readonly unknown[], resolve: Resolve): ReadonlySet<Schema> {
  const found = new Set<Schema>()
  const queue: Schema[] = []
  const add = (schema: unknown): void => {
    if (!isSchema(schema) || found.has(schema) || found.size >= maxSchemas) return
    found.add(schema)
    queue.push(schema)
  }
  for (const schema of start) add(schema)
  for (let schema = queue.shift(); schema !== undefined; schema = queue.shift()) {
    for (const keyword of references) {
      const reference = keyword in schema ? schema[keyword] : undefined
      if (typeof reference === 'string') add(resolve(reference, schema))
    }
    for (const keyword of members) {
      for (const member of keyword in schema ? schemasIn(keyword, schema[keyword]) : []) add(member)
    }
  }
  return found
}

/** Returns whether a property may be missing although it is required: the server fills in its default. */
export function statesDefault(property: unknown, resolve: Resolve): boolean {
  return defaultOf(property, resolve) !== undefined
}

/** Returns the first default that a schema states, directly or through another schema for the same value. */
export function defaultOf(property: unknown, resolve: Resolve): unknown {
  const schemas = [...inPlaceSchemas([property], resolve)]
  return schemas.find((schema) => 'default' in schema && schema['default'] !== undefined)?.['default']
}

/** Returns the schemas that a keyword applies to the same value: one, a list, or those of a map. */
function schemasIn(keyword: string, argument: unknown): readonly unknown[] {
  if (Array.isArray(argument)) return argument.slice(0, maxSchemas)
  if (!isSchema(argument)) return []
  return keyword.startsWith('depend') ? Object.values(argument).slice(0, maxSchemas) : [argument]
}
