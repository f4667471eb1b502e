import { defaultOf } from '../../../declarations/in-place-schemas.ts'
import { isRecord } from '../../../protocol/json.ts'
import { member, type OpenApiDocument } from '../document/document.ts'
import type { Operation, Parameter, RequestBody } from '../operation/operation.ts'
import { encodeBody, type EncodedBody } from '../body/request-body.ts'
import { queryPairs, serializeParameter } from '../parameters/serialize-parameter.ts'

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
  const url = urlOf(operation, server, values)
  for (const [name, value] of Object.entries(credentials.query)) url.searchParams.set(name, value)
  const headers = headersOf(values)
  const body = operation.body === null ? null : bodyOf(document, operation.body, given)
  if (body !== null && body.contentType !== null) headers.set('content-type', body.contentType)
  if (!headers.has('accept')) headers.set('accept', 'application/json, */*;q=0.5')
  for (const [name, value] of Object.entries(credentials.headers)) headers.set(name, value)
  return { method: operation.method, url, headers, data: body?.data ?? null }
}

type GivenParameter = { readonly parameter: Parameter; readonly value: unknown }

/** The server fills in the default of a required parameter that is missing, except in a path, which needs a value. */
function valueOf(
  document: OpenApiDocument,
  parameter: Parameter,
  given: Readonly<Record<string, unknown>>,
): readonly GivenParameter[] {
  const value = member(given, parameter.key)
  if (value !== undefined && value !== null) return [{ parameter, value }]
  if (!parameter.required) return []
  const preset = defaultOf(parameter.schema, (reference) => document.find(reference))
  if (preset === undefined) throw new TypeError(`${parameter.in} parameter "${parameter.key}" is missing`)
  return parameter.in === 'path' ? [{ parameter, value: preset }] : []
}

function urlOf({ path }: Operation, server: URL, values: readonly GivenParameter[]): URL {
  const inPath = new Map(
    values.filter(({ parameter }) => parameter.in === 'path').map((given) => [given.parameter.name, given]),
  )
  const filled = path.replaceAll(/\{([^}]*)\}/g, (whole, name: string) => {
    const given = inPath.get(name)
    if (given === undefined) return whole
    const text = serializeParameter(given.parameter, given.value)
    if (text === '') throw new TypeError(`path parameter "${given.parameter.key}" is empty`)
    return text
  })
  // URLs resolve dot segments, including escaped ones.
  for (const segment of filled.split('/')) {
    if (/^(?:\.|%2e){1,2}$/i.test(segment)) throw new TypeError(`a part of the path "${path}" would be "${segment}"`)
  }
  const url = new URL(`${server.origin}${server.pathname === '/' ? '' : server.pathname}${filled}`)
  url.search = queryOf(values)
  return url
}

function queryOf(values: readonly GivenParameter[]): string {
  const pairs = values
    .filter(({ parameter }) => parameter.in === 'query')
    .flatMap(({ parameter, value }) => {
      const encode = parameter.allowReserved ? encodeUnreserved : encodeURIComponent
      return queryPairs(parameter, value).map(([name, text]) => `${encodeURIComponent(name)}=${encode(text)}`)
    })
  return pairs.join('&')
}

/** Keeps the reserved characters of OpenAPI, except those that would end or split the pair. */
function encodeUnreserved(text: string): string {
  return encodeURIComponent(text).replaceAll(/%(?:3A|2F|3F|5B|5D|40|21|24|27|28|29|2A|2C|3B|3D)/g, decodeURIComponent)
}

function headersOf(values: readonly GivenParameter[]): Headers {
  const headers = new Headers()
  const cookies: string[] = []
  for (const { parameter, value } of values) {
    if (parameter.in === 'header') headers.set(parameter.name, headerText(parameter, value))
    if (parameter.in !== 'cookie') continue
    cookies.push(...queryPairs(parameter, value).map(([name, text]) => `${name}=${encodeURIComponent(text)}`))
  }
  if (cookies.length > 0) headers.set('cookie', cookies.join('; '))
  return headers
}

function headerText(parameter: Parameter, value: unknown): string {
  const text = serializeParameter(parameter, value)
  if (/^[\t\u0020-\u007E\u0080-\u00FF]*$/.test(text)) return text
  throw new TypeError(`header parameter "${parameter.key}" has characters that are invalid in a header`)
}

function bodyOf(
  document: OpenApiDocument,
  body: RequestBody,
  given: Readonly<Record<string, unknown>>,
): EncodedBody | null {
  const value = member(given, body.key)
  if (value !== undefined) return encodeBody(document, body, value)
  if (body.required && defaultOf(body.schema, (reference) => document.find(reference)) === undefined)
    throw new TypeError(`the request body "${body.key}" is missing`)
  return null
}
