import { isDeepStrictEqual } from 'node:util'
import { isRecord } from '../../src/protocol/json.ts'
import { loadPackage } from './packages.ts'
import type { RecordedRequest } from './recorder.ts'

type Pairs = readonly (readonly [name: string, value: string])[]

/** The values of a request whose style the specification does not define, by their names: those that are nested in a deepObject. */
export type UndefinedValues = ReadonlyMap<string, unknown>

/** Returns the differences between two requests, apart from the values that the specification does not define. */
export function differencesBetween(
  ours: RecordedRequest,
  other: RecordedRequest,
  ignored: UndefinedValues,
): readonly string[] {
  const [own, theirs] = [new URL(ours.url, 'http://a'), new URL(other.url, 'http://a')]
  const type = typeOf(ours)
  const sides: [what: string, own: unknown, theirs: unknown][] = [
    ['method', ours.method, other.method],
    // The client encodes fewer characters of a path than its own rules say, so segments are compared as servers read them.
    ['path', own.pathname.split('/').map(decodeURIComponent), theirs.pathname.split('/').map(decodeURIComponent)],
    ['query', sorted(pairsOf(own.search), ignored), sorted(pairsOf(theirs.search), ignored)],
    ['content-type', type, typeOf(other)],
    ['headers', headersOf(ours), headersOf(other)],
    ['body', contentOf(ours, type, ignored), contentOf(other, type, ignored)],
  ]
  return sides.flatMap(([what, mine, their]) =>
    isDeepStrictEqual(mine, their) ? [] : [`${what}: ${JSON.stringify(mine)} instead of ${JSON.stringify(their)}`],
  )
}

/** Checks the values that the specification does not define: the parser of Node servers reads the same value from the request. */
export function bracketDifferences(request: RecordedRequest, values: UndefinedValues): readonly string[] {
  const query = new URL(request.url, 'http://a').search.slice(1)
  const body = typeOf(request) === 'application/x-www-form-urlencoded' ? request.body.toString() : ''
  const parsed = parseWithQs([query, body].filter((text) => text !== '').join('&'))
  return [...values].flatMap(([name, value]) => {
    const expected = asTexts(value)
    return isDeepStrictEqual(parsed[name], expected)
      ? []
      : [`${name}: ${JSON.stringify(parsed[name])} instead of ${JSON.stringify(expected)}`]
  })
}

function parseWithQs(text: string): Readonly<Record<string, unknown>> {
  const qs = loadPackage('qs')
  const parse = isRecord(qs) ? qs['parse'] : undefined
  if (typeof parse !== 'function') throw new TypeError('qs has no parse()')
  const parsed: unknown = Reflect.apply(parse, qs, [text, { depth: 50, arrayLimit: 1000, parameterLimit: 100_000 }])
  return isRecord(parsed) ? parsed : {}
}

/** Returns a value as a form can say it: scalars are texts, and empty lists and objects are absent. */
function asTexts(value: unknown): unknown {
  if (Array.isArray(value)) {
    const list = value.map(asTexts).filter((one) => one !== undefined)
    return list.length === 0 ? undefined : list
  }
  if (typeof value === 'string') return value
  if (!isRecord(value)) return value === null ? undefined : JSON.stringify(value)
  const members = Object.entries(value).flatMap(([name, inner]) => {
    const text = asTexts(inner)
    return text === undefined ? [] : [[name, text] as const]
  })
  return members.length === 0 ? undefined : Object.fromEntries(members)
}

function typeOf({ headers }: RecordedRequest): string {
  return (headers['content-type'] ?? '').replace(/;\s*boundary=.*$/, '').replace(/;\s*charset=utf-8$/i, '')
}

/** Headers that belong to the connection or the client. */
const ownHeaders: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'connection',
  'content-length',
  'content-type',
  'host',
  'idempotency-key',
  'sec-fetch-mode',
  'transfer-encoding',
  'user-agent',
])

function headersOf({ headers }: RecordedRequest): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !ownHeaders.has(name)))
}

function pairsOf(text: string): Pairs {
  return [...new URLSearchParams(text)]
}

function sorted(pairs: Pairs, ignored: UndefinedValues): readonly string[] {
  const kept = pairs.filter(([name]) => !ignored.has(name) && !ignored.has(name.split('[')[0] ?? ''))
  return kept.map((pair) => JSON.stringify(pair)).toSorted()
}

function contentOf({ body }: RecordedRequest, type: string, ignored: UndefinedValues): unknown {
  if (type === 'application/x-www-form-urlencoded') return sorted(pairsOf(body.toString()), ignored)
  if (body.length === 0) return null
  if (type === 'multipart/form-data') return partsOf(body)
  return type.endsWith('json') ? JSON.parse(body.toString()) : body.toString('base64')
}

/** Returns the parts without the names of files, which the clients choose. */
function partsOf(body: Buffer): readonly string[] {
  const text = body.toString('latin1')
  const [boundary = ''] = text.split('\r\n')
  const parts = text.split(boundary).slice(1, -1)
  return parts
    .map((part) => part.replace(/; filename="[^"]*"/, '; filename').replace(/^content-/gim, 'Content-'))
    .toSorted()
}
