import { defaultOf } from '../../../declarations/in-place-schemas.ts'
import { isRecord } from '../../../protocol/json.ts'
import { chooseContent } from '../body/choose-content.ts'
import { encodeBody } from '../body/encode-body.ts'
import type { EncodedBody } from '../body/encoded-body.ts'
import { member, type OpenApiDocument } from '../document/document.ts'
import { kindOf } from '../operation/media-type.ts'
import type { Operation, Parameter, RequestBody } from '../operation/operation.ts'
import { cookiePairs, serializeParameter } from '../parameters/serialize-parameter.ts'
import { urlOf, type GivenParameter } from './request-url.ts'

/** The embedder's part of every request. Cells and models never see it. */
export type Credentials = {
  readonly headers: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
}

export type HttpRequest = {
  readonly method: string
  readonly url: URL
  readonly headers: Headers
  readonly data: EncodedBody['data'] | null
}

/**
 * Builds the request of an operation from the input of a cell. Throws a `TypeError` with the parameter that cannot be sent. A value
 * never leaves its segment of the path.
 */
export function buildRequest(
  document: OpenApiDocument,
  operation: Operation,
  { server, input, credentials }: { server: URL; input: unknown; credentials: Credentials },
): HttpRequest {
  const given = isRecord(input) ? input : {}
  const values = operation.parameters.flatMap((parameter) => valueOf(document, parameter, given))
  const url = urlOf(operation, server, { values, query: credentials.query })
  const headers = headersOf(values)
  const body = operation.body === null ? null : bodyOf(document, operation.body, given)
  if (body !== null) headers.set('content-type', body.contentType)
  if (!headers.has('accept')) headers.set('accept', acceptOf(operation))
  for (const [name, value] of Object.entries(credentials.headers)) headers.set(name, value)
  return { method: operation.method, url, headers, data: body?.data ?? null }
}

/**
 * Null is left out. The server fills in the default of a required parameter that is missing. A path needs a value.
 */
function valueOf(
  document: OpenApiDocument,
  parameter: Parameter,
  given: Readonly<Record<string, unknown>>,
): readonly GivenParameter[] {
  const value = member(given, parameter.key)
  if (value !== undefined && value !== null) return [{ parameter, value }]
  if (!parameter.required || (value === null && parameter.in !== 'path')) return []
  const preset = defaultOf(parameter.schema, (reference) => document.find(reference))
  if (preset === undefined) throw new TypeError(`${parameter.in} parameter "${parameter.key}" is missing`)
  return parameter.in === 'path' ? [{ parameter, value: preset }] : []
}

function headersOf(values: readonly GivenParameter[]): Headers {
  const headers = new Headers()
  const cookies: string[] = []
  for (const { parameter, value } of values) {
    if (parameter.in === 'header') headers.set(parameter.name, headerText(parameter, value))
    if (parameter.in !== 'cookie') continue
    cookies.push(...cookiePairs(parameter, value).map(([name, text]) => `${name}=${text}`))
  }
  if (cookies.length > 0) headers.set('cookie', cookies.join('; '))
  return headers
}

function headerText(parameter: Parameter, value: unknown): string {
  const text = serializeParameter(parameter, value)
  if (/^[\t\u0020-\u007E\u0080-\u00FF]*$/.test(text)) return text
  throw new TypeError(`header parameter "${parameter.key}" has characters that are invalid in a header`)
}

/** JSON comes first, then the other media types of successful responses. */
function acceptOf({ resultTypes }: Operation): string {
  const json = resultTypes.filter((type) => kindOf(type) === 'json')
  const known = (json.length > 0 ? json : resultTypes).filter((type) => /^[\t\u0020-\u007E]+$/.test(type))
  const types = known.length === 0 ? ['application/json'] : known.slice(0, 5)
  return types.includes('*/*') ? types.join(', ') : `${types.join(', ')}, */*;q=0.5`
}

function bodyOf(
  document: OpenApiDocument,
  body: RequestBody,
  given: Readonly<Record<string, unknown>>,
): EncodedBody | null {
  const value = member(given, body.key)
  const content = chooseContent(document, body, { value, contentType: member(given, body.contentTypeKey) })
  const isMissing = value === undefined || (value === null && kindOf(content.contentType) !== 'json')
  if (!isMissing) return encodeBody(document, content, value)
  const preset = defaultOf(body.contents[0].schema, (reference) => document.find(reference))
  if (body.required && preset === undefined) throw new TypeError(`the request body "${body.key}" is missing`)
  return null
}
