import { isRecord } from '../../protocol/json.ts'

/** The schema of an input in the form that SDKs require: an object with described members. */
export type ObjectSchema = {
  type: 'object'
  properties: Record<string, Record<string, unknown>>
  required: string[]
}

/** Converts the members of a schema to that form. */
export function objectSchema(schema: unknown): ObjectSchema {
  const { properties, required } = isRecord(schema) ? schema : {}
  const all = isRecord(properties) ? Object.entries(properties) : []
  const described = all.flatMap(([name, member]) => (isRecord(member) ? [[name, { ...member }] as const] : []))
  const needed: unknown[] = Array.isArray(required) ? required : []
  return { type: 'object', properties: Object.fromEntries(described), required: needed.map((name) => String(name)) }
}
