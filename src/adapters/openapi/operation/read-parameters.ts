import { isRecord } from '../../../protocol/json.ts'
import { listOf, member, pointerPart, recordOf, textMember, type OpenApiDocument } from '../document/document.ts'
import type { FoundOperation } from './found-operation.ts'
import type { Parameter, ParameterLocation } from './operation.ts'
import { readEncodings } from './read-body.ts'

/** Headers that cannot be parameters (OpenAPI 3, "Parameter Object"). */
const reservedHeaders = new Set(['accept', 'content-type', 'authorization'])

/** The styles of each location; the first is the default. */
const stylesOf: Readonly<Record<ParameterLocation, readonly [string, ...string[]]>> = {
  path: ['simple', 'label', 'matrix'],
  query: ['form', 'spaceDelimited', 'pipeDelimited', 'deepObject'],
  header: ['simple'],
  cookie: ['form', 'cookie'],
  querystring: ['form'],
}

/**
 * Reads the parameters of an operation and of its path. The first of two with the same name and location wins. Path parameters that
 * the path does not contain are left out.
 */
export function readParameters(document: OpenApiDocument, found: FoundOperation): readonly Parameter[] {
  const own = listOf(member(found.operation, 'parameters'))
  const all = [...own, ...listOf(member(found.item, 'parameters'))].map((parameter) => document.resolve(parameter))
  const known = new Set<string>()
  const keys = new Set<string>()
  return all.filter(isRecord).flatMap((parameter) => {
    const name = textMember(parameter, 'name')
    const location = locationOf(member(parameter, 'in'))
    if (name === undefined || name === '' || location === null) {
      const pointer = `/paths/${pointerPart(found.path)}/${found.member}/parameters`
      throw document.invalid(pointer, 'each parameter needs a "name", and "in" must be path, query, header or cookie')
    }
    if (known.has(`${location} ${name}`)) return []
    if (location === 'header' && reservedHeaders.has(name.toLowerCase())) return []
    if (location === 'path' && !found.path.includes(`{${name}}`)) return []
    known.add(`${location} ${name}`)
    let key = keys.has(name) ? `${name}_${location}` : name
    while (keys.has(key)) key = `${key}_`
    keys.add(key)
    return [readParameter(document, parameter, { key, name, location })]
  })
}

function locationOf(value: unknown): ParameterLocation | null {
  switch (value) {
    case 'path':
    case 'query':
    case 'header':
    case 'cookie':
    case 'querystring':
      return value
    default:
      return null
  }
}

function readParameter(
  document: OpenApiDocument,
  parameter: Readonly<Record<string, unknown>>,
  { key, name, location }: { key: string; name: string; location: ParameterLocation },
): Parameter {
  const [content] = Object.entries(recordOf(member(parameter, 'content')))
  const schema = member(parameter, 'schema')
  const media = recordOf(document.resolve(content?.[1]))
  const declared = textMember(parameter, 'style') ?? ''
  // A style that the location does not have counts as missing.
  const style = stylesOf[location].includes(declared) ? declared : stylesOf[location][0]
  const explode = member(parameter, 'explode')
  // Before version 3.2 the keyword applies to queries only.
  const canAllowReserved = location === 'query' || (location === 'path' && document.isAtLeast(2))
  return {
    key,
    name,
    in: location,
    required: location === 'path' || member(parameter, 'required') === true,
    description: textMember(parameter, 'description') ?? '',
    schema: schema ?? member(media, 'schema'),
    style,
    explode: typeof explode === 'boolean' ? explode : style === 'form' || style === 'cookie',
    allowReserved: canAllowReserved && member(parameter, 'allowReserved') === true,
    allowEmptyValue: location === 'query' && member(parameter, 'allowEmptyValue') === true,
    mediaType: schema === undefined && content !== undefined ? content[0] : null,
    encodings: readEncodings(document, media),
  }
}
