import { isRecord } from '../../../protocol/json.ts'
import type { Operation } from './operation.ts'

/** Maximum length of the description of a parameter, in characters. */
const maxDescription = 500

/** Returns the JSON Schema of the input: one key for each parameter, and one for the body. */
export function inputSchemaOf({ parameters, body }: Operation): object {
  const parts = [...parameters, ...(body === null ? [] : [body])]
  const properties: Record<string, unknown> = {}
  for (const { key, schema, description } of parts) {
    const value = described(schema ?? {}, description)
    Object.defineProperty(properties, key, { value, enumerable: true, configurable: true, writable: true })
  }
  const required = parts.filter((part) => part.required).map(({ key }) => key)
  return { type: 'object', properties, ...(required.length === 0 ? {} : { required }), additionalProperties: false }
}

/** Adds the description of a parameter to its schema. It replaces that of the schema. */
function described(schema: unknown, description: string): unknown {
  if (description === '' || !isRecord(schema)) return schema
  const text = description.length > maxDescription ? `${description.slice(0, maxDescription - 1)}…` : description
  return { ...schema, description: text }
}
