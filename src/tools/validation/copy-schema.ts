/** Maximum number of parts of a schema: objects, and members of lists. */
const maxParts = 50_000

/** Maximum number of nested schemas; most take two levels of JSON, such as `properties` and the name. */
const maxDepth = 100

/**
 * Returns a copy of a schema as plain JSON, whose objects have no prototype. A schema is untrusted: it can be a
 * JavaScript object with getters or cycles.
 *
 * @throws {RangeError} for a schema that is too large or too deep
 */
export function copySchema(schema: unknown): unknown {
  let parts = 0
  return copy(schema, 0)

  function copy(value: unknown, depth: number): unknown {
    if (typeof value !== 'object' || value === null) return value
    if (depth > maxDepth * 2) throw new RangeError(`its schema is deeper than ${maxDepth} levels`)
    parts += Array.isArray(value) ? value.length : 1
    if (parts > maxParts) throw new RangeError(`its schema has more than ${maxParts} parts`)
    if (Array.isArray(value)) return value.map((member: unknown) => copy(member, depth + 1))
    return copyMembers(value, depth)
  }

  function copyMembers(value: object, depth: number): object {
    const copied: Record<string, unknown> = {}
    // A property may have any name, such as `__proto__`.
    Object.setPrototypeOf(copied, null)
    for (const name of Object.keys(value)) copied[name] = copy(Reflect.get(value, name), depth + 1)
    return copied
  }
}
