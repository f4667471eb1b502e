import { isRecord } from '../../../protocol/json.ts'
import type { Parameter } from '../operation/operation.ts'

/** Serializes the value of a path or header parameter (OpenAPI 3, "Style Values"). Throws a `TypeError` for other values. */
export function serializeParameter(parameter: Parameter, value: unknown): string {
  const encode = parameter.in === 'path' ? encodeURIComponent : (text: string) => text
  if (parameter.isJson) return encode(JSON.stringify(value))
  const { name, style, explode } = parameter
  const parts = partsOf(parameter, value)
  switch (style) {
    case 'label':
      return parts.length === 0 ? '' : `.${joined(parts, explode ? '.' : ',', explode, encode)}`
    case 'matrix':
      return matrix(name, parts, explode, encode)
    default:
      return joined(parts, ',', explode, encode)
  }
}

/** Serializes the value of a query or cookie parameter to pairs that are not encoded. */
export function queryPairs(parameter: Parameter, value: unknown): readonly (readonly [name: string, value: string])[] {
  const { name, style, explode } = parameter
  if (parameter.isJson) return [[name, JSON.stringify(value)]]
  const parts = partsOf(parameter, value)
  if (style === 'deepObject') return parts.map(([key, text]) => [key === null ? name : `${name}[${key}]`, text])
  if (explode) return parts.map(([key, text]) => [key ?? name, text])
  const separator = style === 'spaceDelimited' ? ' ' : style === 'pipeDelimited' ? '|' : ','
  if (parts.length === 0) return []
  return [[name, parts.flatMap(([key, text]) => (key === null ? [text] : [key, text])).join(separator)]]
}

/** Elements of a list have no key; members of an object have their own. */
type ValuePart = readonly [key: string | null, text: string]

function partsOf(parameter: Parameter, value: unknown): readonly ValuePart[] {
  if (Array.isArray(value)) return value.map((element: unknown) => [null, scalar(parameter, element)])
  if (isRecord(value)) {
    const members = Object.entries(value).filter(([, inner]) => inner !== undefined && inner !== null)
    return members.map(([key, inner]) => [key, scalar(parameter, inner)])
  }
  return [[null, scalar(parameter, value)]]
}

function scalar({ name, in: location }: Parameter, value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  throw new TypeError(
    `${location} parameter "${name}" must be a string, a number, a boolean, or a flat list or object of these`,
  )
}

function joined(
  parts: readonly ValuePart[],
  separator: string,
  explode: boolean,
  encode: (text: string) => string,
): string {
  const texts = parts.flatMap(([key, text]) => {
    if (key === null) return [encode(text)]
    return explode ? [`${encode(key)}=${encode(text)}`] : [encode(key), encode(text)]
  })
  return texts.join(separator)
}

function matrix(name: string, parts: readonly ValuePart[], explode: boolean, encode: (text: string) => string): string {
  if (!explode) return `;${name}=${joined(parts, ',', false, encode)}`
  return parts.map(([key, text]) => `;${encode(key ?? name)}=${encode(text)}`).join('')
}
