import { member, recordOf, type OpenApiDocument } from '../document/document.ts'
import type { Operation, Parameter } from '../operation/operation.ts'
import { hasType } from './response-fields.ts'

/** Returns the URL with the relation `next` in the header `link` (RFC 8288), or null. */
export function nextLink(headers: Headers, base: URL): URL | null {
  const header = headers.get('link') ?? ''
  for (const [, target = '', parameters = ''] of header.matchAll(/<([^<>]*)>((?:[^<>",]|"[^"]*")*)/g)) {
    const [, quoted, bare] = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))/i.exec(parameters) ?? []
    const relations = (quoted ?? bare ?? '').toLowerCase().split(/\s+/)
    if (relations.includes('next') && URL.canParse(target, base.href)) return new URL(target, base)
  }
  return null
}

/**
 * Returns the input of an operation for a URL with its next page: the input with the parameters of the query. Throws a `TypeError` for a
 * parameter that the operation does not have: without it the same page would be read again.
 */
export function inputForLink(
  document: OpenApiDocument,
  { parameters }: Operation,
  { input, link, url }: { input: Readonly<Record<string, unknown>>; link: URL; url: URL },
): Readonly<Record<string, unknown>> {
  const query = new Map(parameters.filter(({ in: location }) => location === 'query').map((one) => [one.name, one]))
  const next = new Map(Object.entries(input))
  for (const parameter of query.values()) if (isScalar(document, parameter)) next.delete(parameter.key)
  for (const [name, text] of link.searchParams) {
    const parameter = query.get(name)
    if (parameter !== undefined && isScalar(document, parameter))
      next.set(parameter.key, valueOf(document, parameter, text))
    if (parameter !== undefined || url.searchParams.getAll(name).includes(text)) continue
    // Lists and objects have several forms of names.
    if ([...query.values()].some((one) => !isScalar(document, one) && name.startsWith(one.name))) continue
    throw new TypeError(`its next page has the parameter ${JSON.stringify(name)}, which the operation does not have`)
  }
  return Object.fromEntries(next)
}

function isScalar(document: OpenApiDocument, { schema }: Parameter): boolean {
  const resolved = recordOf(document.resolve(schema))
  return !hasType(resolved, 'array', 'object') && member(resolved, 'properties') === undefined
}

function valueOf(document: OpenApiDocument, { schema }: Parameter, text: string): unknown {
  const resolved = recordOf(document.resolve(schema))
  if (hasType(resolved, 'string')) return text
  if (hasType(resolved, 'integer', 'number') && text.trim() !== '' && Number.isFinite(Number(text))) return Number(text)
  if (hasType(resolved, 'boolean') && (text === 'true' || text === 'false')) return text === 'true'
  return text
}
