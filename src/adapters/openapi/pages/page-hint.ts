import { member, recordOf, type OpenApiDocument } from '../document/document.ts'
import type { Operation } from '../operation/operation.ts'
import { hasType, responseFields, type ResponseField } from './response-fields.ts'

/** The next page of an operation: one line for its description, or the `link` header of its responses. */
export type PageHint = { readonly type: 'text'; readonly text: string } | { readonly type: 'link' }

/** A parameter, or a property of the body, that selects a page. */
type Input = { readonly path: string; readonly name: string; readonly schema: Readonly<Record<string, unknown>> }

type Names = ReadonlySet<string>

const names = (text: string): Names => new Set(text.split(' '))

/** Names without case and separators. */
const afterInputs = names('startingafter after afterid')
const cursorInputs = names(
  'cursor after pagetoken nexttoken pagecursor startcursor marker continuationtoken nextpagetoken nextcursor continue bookmark pagekey ' +
    'nextkey starttoken startkey scrollid pageinfo continuation',
)
const pageInputs = names('page pagenumber pageno pagenum pageindex currentpage')
const offsetInputs = names('offset skip start startat startindex pageoffset')
const sizeInputs = names('limit perpage pagesize size count maxresults top first take pagelimit')
const cursorFields = names(
  'nextcursor nextpagetoken nexttoken nextpagecursor nextkey nextmarker nextcontinuationtoken continuationtoken nextpage nextoffset ' +
    'endcursor nextid nextstart continuation',
)
const urlFields = names('next nextlink nexturl nextpageurl nextpageuri nexturi odatanextlink nexthref')
const moreFields = names('hasmore hasnext hasnextpage more')
const countFields = names('totalpages pagecount lastpage numpages pages totalpage')
/** Objects that have the totals of a list. */
const metaFields = names('meta metadata pagination paging pageinfo page responsemetadata')
const totalFields = names('total totalcount totalresults totalitems totalsize count')

/** Returns how to read the next page of an operation, from its parameters and responses; null for an operation without pages. */
export function pageHintOf(document: OpenApiDocument, operation: Operation): PageHint | null {
  const inputs = inputsOf(document, operation)
  const hasLink = operation.method === 'GET' && hasLinkHeader(document, operation)
  const mayHavePages = inputs.some(({ name }) =>
    [afterInputs, cursorInputs, pageInputs, offsetInputs, sizeInputs].some((set) => has(set, name)),
  )
  if (!mayHavePages && !hasLink) return null
  const fields = responseFields(document, operation.result)
  const text = continueText(inputs, fields) ?? afterText(inputs, fields) ?? cursorText(inputs, fields)
  if (text !== null) return { type: 'text', text }
  if (hasLink && inputs.some(({ name }) => has(cursorInputs, name))) return { type: 'link' }
  const counted = pageText(inputs, fields) ?? offsetText(inputs, fields) ?? urlText(inputs, fields)
  if (counted !== null) return { type: 'text', text: counted }
  return hasLink ? { type: 'link' } : null
}

function inputsOf(document: OpenApiDocument, { parameters, body }: Operation): readonly Input[] {
  const query = parameters
    .filter(({ in: location }) => location === 'query')
    .map(({ key, name, schema }) => ({ path: key, name, schema: recordOf(document.resolve(schema)) }))
  if (body === null) return query
  const properties = recordOf(member(recordOf(document.resolve(body.contents[0].schema)), 'properties'))
  const inBody = Object.entries(properties).map(([name, schema]) => {
    return { path: `${body.key}.${name}`, name, schema: recordOf(document.resolve(schema)) }
  })
  return [...query, ...inBody]
}

/** Documents declare the header, or describe it where they describe the cursor. */
function hasLinkHeader(document: OpenApiDocument, { responses, parameters }: Operation): boolean {
  if (
    parameters.some(
      ({ name, description }) => has(cursorInputs, name) && /\blink header\b/i.test(plainText(description)),
    )
  ) {
    return true
  }
  return Object.entries(recordOf(responses)).some(([status, response]) => {
    if (!status.startsWith('2') && status !== 'default') return false
    const headers = recordOf(member(recordOf(document.resolve(response)), 'headers'))
    return Object.keys(headers).some((name) => name.toLowerCase() === 'link')
  })
}

/** Lists of Kubernetes. */
function continueText(inputs: readonly Input[], fields: readonly ResponseField[]): string | null {
  const input = inputs.find(({ name }) => name === 'continue')
  // Lists of custom resources have no schema for their metadata.
  const isList = fields.some(({ path }) => path === 'metadata.continue')
  return input === undefined || !isList ? null : passed('metadata.continue', input, 'until it is empty')
}

/** Lists whose next page starts after an item: `starting_after` with `has_more`. */
function afterText(inputs: readonly Input[], fields: readonly ResponseField[]): string | null {
  const input = inputs.find(({ name }) => has(afterInputs, name))
  const more = fields.find(({ name }) => has(moreFields, name))
  if (input === undefined || more === undefined) return null
  const last = fields.find(({ name }) => plain(name) === 'lastid')
  if (last !== undefined) return passed(last.path, input, `while \`${more.path}\` is true`)
  const list = fields.find(({ schema }) => hasType(schema, 'array'))
  if (list === undefined || fields.some(({ name }) => has(cursorFields, name))) return null
  return `Next page: pass the id of the last item in \`${list.path}\` as \`${input.path}\` while \`${more.path}\` is true.`
}

/** Lists with a cursor in the result. */
function cursorText(inputs: readonly Input[], fields: readonly ResponseField[]): string | null {
  const pairs = fields.flatMap((field) => {
    const input = isText(field) ? inputs.find((candidate) => fits(field, candidate)) : undefined
    return input === undefined ? [] : [{ field, input }]
  })
  const [pair] = pairs
  if (pair === undefined) return null
  const more = fields.find(({ name }) => has(moreFields, name))
  return passed(
    pair.field.path,
    pair.input,
    more === undefined ? 'until it is missing or empty' : `while \`${more.path}\` is true`,
  )
}

/** A cursor fits a parameter for cursors; a next page or offset only the parameter of its name. */
function fits({ path, name, schema }: ResponseField, input: Input): boolean {
  const [field, parameter] = [plain(name), plain(input.name)]
  if (member(schema, 'format') === 'uri') return false
  if (field === `next${parameter}` || field === parameter) return isCursorLike(field, parameter)
  if (path === `paging.next.${name}` || path.endsWith(`next.${name}`)) return field === parameter
  if (field === 'nextpage' || field === 'nextoffset' || field === 'nextstart')
    return cursorInputs.has(parameter) && !isNumber(schema)
  return cursorFields.has(field) && cursorInputs.has(parameter)
}

function isCursorLike(field: string, parameter: string): boolean {
  if (cursorInputs.has(parameter)) return true
  return cursorFields.has(field) && (pageInputs.has(parameter) || offsetInputs.has(parameter))
}

/** Lists with numbered pages. */
function pageText(inputs: readonly Input[], fields: readonly ResponseField[]): string | null {
  const input = inputs.find(({ name, schema }) => has(pageInputs, name) && !hasType(schema, 'object', 'array'))
  return input === undefined ? null : `Next page: add 1 to \`${input.path}\`${endOf(inputs, fields)}.`
}

/** Lists with the number of items that are skipped. */
function offsetText(inputs: readonly Input[], fields: readonly ResponseField[]): string | null {
  const size = inputs.some(({ name }) => has(sizeInputs, name))
  const input = inputs.find(({ name, schema }) => {
    // `start` alone is rather a date.
    return has(offsetInputs, name) && (isNumber(schema) || (size && member(schema, 'type') === undefined))
  })
  return input === undefined
    ? null
    : `Next page: add the number of received items to \`${input.path}\`${endOf(inputs, fields)}.`
}

/** Lists with the URL of the next page in the result. */
function urlText(inputs: readonly Input[], fields: readonly ResponseField[]): string | null {
  const field = fields.find((candidate) => has(urlFields, candidate.name) && isText(candidate))
  if (field === undefined || inputs.length === 0) return null
  return `Next page: pass the parameters in the query of the URL in \`${field.path}\`, until it is missing.`
}

function endOf(inputs: readonly Input[], fields: readonly ResponseField[]): string {
  const named = (set: Names): ResponseField | undefined => fields.find(({ name }) => has(set, name))
  const more = named(moreFields)
  if (more !== undefined) return ` while \`${more.path}\` is true`
  const next = fields.find(
    (field) => (has(urlFields, field.name) || has(cursorFields, field.name)) && !hasType(field.schema, 'object'),
  )
  if (next !== undefined) return ` until \`${next.path}\` is missing or null`
  const pages = fields.find((field) => has(countFields, field.name) && isTotal(field))
  if (pages !== undefined) return ` up to \`${pages.path}\``
  const total = fields.find((field) => has(totalFields, field.name) && isTotal(field))
  if (total !== undefined) return `, until all of \`${total.path}\` are received`
  const size = inputs.find(({ name }) => has(sizeInputs, name))
  return size === undefined ? ', until a page is empty' : `, until a page has fewer than \`${size.path}\` items`
}

/** Returns a description without the marks of links. */
function plainText(markdown: string): string {
  return markdown.slice(0, 1000).replaceAll(/[[\]*`_]/g, '')
}

function passed(field: string, { path }: Input, end: string): string {
  return `Next page: pass \`${field}\` of the result as \`${path}\`, ${end}.`
}

/** Returns whether a number is about the list, not about an object in the result. */
function isTotal({ path, schema }: ResponseField): boolean {
  const parent = path.split('.').at(-2)
  return isNumber(schema) && (parent === undefined || has(metaFields, parent))
}

function isText({ schema }: ResponseField): boolean {
  return !hasType(schema, 'object', 'array', 'boolean')
}

function isNumber(schema: Readonly<Record<string, unknown>>): boolean {
  return hasType(schema, 'integer', 'number')
}

function has(set: Names, name: string): boolean {
  return set.has(plain(name))
}

/** Returns a name without case and separators: `page[cursor]`, `pageCursor` and `page_cursor` are one. */
function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
}
