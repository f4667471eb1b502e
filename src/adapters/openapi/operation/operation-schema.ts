import type { OpenApiDocument } from '../document/document.ts'
import { isRecord } from '../../../protocol/json.ts'
import { bodySchemaOf, contentTypeSchemaOf } from './body-schema.ts'
import type { Operation, RequestBody } from './operation.ts'

/** Maximum length of the description of a parameter, in characters. */
const maxDescription = 500

type InputPart = {
  readonly key: string
  readonly required: boolean
  readonly description: string
  readonly schema: unknown
}

/** Returns the JSON Schema of the input: one key for each parameter, and one for the body. */
export function inputSchemaOf(document: OpenApiDocument, { parameters, body }: Operation): object {
  const parts = [...parameters, ...(body === null ? [] : bodyParts(document, body))]
  const properties: Record<string, unknown> = {}
  for (const { key, schema, description } of parts) {
    const value = described(schema ?? {}, description)
    Object.defineProperty(properties, key, { value, enumerable: true, configurable: true, writable: true })
  }
  const required = parts.filter((part) => part.required).map(({ key }) => key)
  return { type: 'object', properties, ...(required.length === 0 ? {} : { required }), additionalProperties: false }
}

function bodyParts(document: OpenApiDocument, body: RequestBody): readonly InputPart[] {
  const { key, contentTypeKey, required, description } = body
  const contentType = contentTypeSchemaOf(body)
  const own = { key, required, description, schema: bodySchemaOf(document, body) }
  if (contentType === null) return [own]
  return [own, { key: contentTypeKey, required: false, description: '', schema: contentType }]
}

/** Adds the description of a parameter to its schema. It replaces that of the schema. */
function described(schema: unknown, description: string): unknown {
  if (description === '' || !isRecord(schema)) return schema
  const text = description.length > maxDescription ? `${description.slice(0, maxDescription - 1)}…` : description
  return { ...schema, description: text }
}

/** The result of a call that has no content, or of one whose result has the status and the headers. */
const head = {
  status: { type: 'integer' },
  headers: { type: 'object', additionalProperties: { type: 'string' } },
}

/** Returns the JSON Schema of the result of a call, or undefined. */
export function resultSchemaOf({ method, result }: Operation, withHead: boolean): unknown {
  if (method === 'HEAD') return { type: 'object', properties: head, required: ['status', 'headers'] }
  if (!withHead) return result
  const required = ['status', 'headers', 'body']
  return { type: 'object', properties: { ...head, body: result ?? {} }, required }
}
