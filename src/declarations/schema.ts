/** An unparsed JSON Schema. */
export type Schema = { readonly [keyword: string]: unknown }

export function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isNonEmpty(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length > 0
}

/** Returns a keyword if its value is a number, or undefined. */
export function numberAt(schema: Schema, keyword: string): number | undefined {
  const value = schema[keyword]
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

/** Returns the name of a type as JSON Schema spells it: Gemini writes `STRING`. */
export function typeName(type: unknown): unknown {
  return typeof type === 'string' ? type.toLowerCase() : type
}
