import { createHash } from 'node:crypto'
import { member, recordOf, type OpenApiDocument } from '../document/document.ts'
import type { Operation, Parameter } from '../operation/operation.ts'

/** Names of the headers by which servers recognize a repeated request. */
const headerName = /^(?:x-)?(?:[a-z0-9]+-)?idempotency[-_]?(?:key|token)$|^paypal-request-id$/i

/** Returns the header parameter by which the server recognizes a repeated request; undefined without one. */
export function idempotencyParameter({ parameters }: Operation): Parameter | undefined {
  return parameters.find(({ in: location, name }) => location === 'header' && headerName.test(name))
}

/** Returns the operation with an optional idempotency key: codecell fills it in. */
export function withOptionalKey(operation: Operation): Operation {
  const key = idempotencyParameter(operation)
  if (key?.required !== true) return operation
  const parameters = operation.parameters.map((one) => (one === key ? { ...one, required: false } : one))
  return { ...operation, parameters }
}

/** Returns the value of an idempotency key for the key of a call: a UUID where the schema does not allow the key itself. */
export function idempotencyValue(document: OpenApiDocument, { schema }: Parameter, key: string): string {
  const resolved = recordOf(document.resolve(schema))
  const maxLength = member(resolved, 'maxLength')
  const isTooLong = typeof maxLength === 'number' && key.length > maxLength
  const isRestricted = member(resolved, 'format') === 'uuid' || member(resolved, 'pattern') !== undefined
  if (!isTooLong && !isRestricted) return key
  const uuid = uuidOf(key)
  return typeof maxLength === 'number' && maxLength < uuid.length ? uuid.slice(0, maxLength) : uuid
}

/** Returns a UUID that is the same for equal texts (RFC 9562, version 8). */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
