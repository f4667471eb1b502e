import { isRecord } from '../../../protocol/json.ts'
import { encodeForm } from '../body/form-body.ts'
import { kindOf } from '../operation/media-type.ts'
import type { Operation, Parameter } from '../operation/operation.ts'
import { percentEncode } from '../parameters/encode-text.ts'
import { contentText, queryPairs, serializeParameter } from '../parameters/serialize-parameter.ts'
import type { Pair } from '../parameters/styled-pairs.ts'

export type GivenParameter = { readonly parameter: Parameter; readonly value: unknown }

/**
 * Returns the URL of a request. The query of the path comes first, then the parameters, then the query of the embedder, which replaces
 * pairs with the same names.
 *
 * @throws {TypeError} when a part of the path would be empty, or change the path.
 */
export function urlOf(
  { path }: Operation,
  server: URL,
  { values, query }: { values: readonly GivenParameter[]; query: Readonly<Record<string, string>> },
): URL {
  const [template = ''] = path.split('#')
  const start = template.indexOf('?')
  const pathname = filledPath(start === -1 ? template : template.slice(0, start), values)
  const url = new URL(`${server.origin}${server.pathname === '/' ? '' : server.pathname}${pathname}`)
  const own = start === -1 ? '' : filledPath(template.slice(start + 1), values)
  const parts = [...own.split('&'), ...queryOf(values)].filter(
    (part) => part !== '' && !Object.hasOwn(query, nameOf(part)),
  )
  const added = Object.entries(query).map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`)
  url.search = [...parts, ...added].join('&')
  return url
}

function filledPath(template: string, values: readonly GivenParameter[]): string {
  const inPath = new Map(
    values.filter(({ parameter }) => parameter.in === 'path').map((given) => [given.parameter.name, given]),
  )
  const filled = template.replaceAll(/\{([^}]*)\}/g, (whole, name: string) => {
    const given = inPath.get(name)
    if (given === undefined) return whole
    const text = serializeParameter(given.parameter, given.value)
    if (text === '') throw new TypeError(`path parameter "${given.parameter.key}" is empty`)
    return text
  })
  // URLs resolve dot segments, including escaped ones.
  for (const segment of filled.split('/')) {
    if (/^(?:\.|%2e){1,2}$/i.test(segment))
      throw new TypeError(`a part of the path "${template}" would be "${segment}"`)
  }
  return filled
}

function queryOf(values: readonly GivenParameter[]): readonly string[] {
  return values.flatMap(({ parameter, value }) => {
    if (parameter.in === 'querystring') return wholeQuery(parameter, value).split('&')
    return parameter.in === 'query' ? queryPairs(parameter, value).map(partOf) : []
  })
}

/** Returns the query that one parameter describes: a form, or another content. */
function wholeQuery({ mediaType, encodings }: Parameter, value: unknown): string {
  const type = mediaType ?? 'application/x-www-form-urlencoded'
  if (kindOf(type) !== 'form') return percentEncode(contentText(type, value))
  return isRecord(value) ? encodeForm({ encodings }, value) : String(value)
}

function partOf([name, value]: Pair): string {
  return `${name}=${value}`
}

/** Returns the decoded name of a pair in a query. */
function nameOf(part: string): string {
  return [...new URLSearchParams(part).keys()][0] ?? ''
}
