import { isRecord } from '../../../protocol/json.ts'
import type { TextEncoding } from './encode-text.ts'
import { scalarText } from './scalar-text.ts'

/** The style of a parameter, or of a property in a form. */
export type Style = {
  readonly name: string
  readonly style: string
  readonly explode: boolean
  /** Whether an empty list or object is sent as `name=`. */
  readonly allowEmptyValue?: boolean
}

/** A name and a value, both encoded. */
export type Pair = readonly [name: string, value: string]

/**
 * Serializes a value to pairs (OpenAPI 3, "Style Values"). Undefined and null values have none. Where the styles define nothing, for
 * lists and objects inside of others, names have brackets: `color[R]=100`, `color[]=blue`, `color[0][R]=100`.
 */
export function styledPairs(style: Style, value: unknown, encoding: TextEncoding): readonly Pair[] {
  if (value === undefined || value === null) return []
  const text = scalarText(value)
  if (text !== null) return [[encoding.name(style.name), encoding.value(text)]]
  const pairs = Array.isArray(value) ? listPairs(style, value, encoding) : objectPairs(style, value, encoding)
  return pairs.length === 0 && style.allowEmptyValue === true ? [[encoding.name(style.name), '']] : pairs
}

function listPairs(style: Style, list: readonly unknown[], encoding: TextEncoding): readonly Pair[] {
  const texts: string[] = []
  for (const element of list) {
    if (element === undefined || element === null) continue
    const text = scalarText(element)
    if (text === null) return bracketPairs(style.name, list, encoding)
    texts.push(text)
  }
  if (style.style === 'deepObject') return bracketPairs(style.name, list, encoding)
  if (texts.length === 0) return []
  const name = encoding.name(style.name)
  if (style.explode) return texts.map((text) => [name, encoding.value(text)])
  return [[name, texts.map(encoding.value).join(separatorOf(style, encoding))]]
}

function objectPairs(style: Style, value: unknown, encoding: TextEncoding): readonly Pair[] {
  const members = membersOf(value)
  const texts = members.map(([name, inner]) => [name, scalarText(inner)] as const)
  if (style.style === 'deepObject') return bracketPairs(style.name, value, encoding)
  if (style.explode) return members.flatMap(([name, inner]) => bracketPairs(name, inner, encoding))
  if (texts.some(([, text]) => text === null)) return bracketPairs(style.name, value, encoding)
  if (texts.length === 0) return []
  const parts = texts.flatMap(([name, text]) => [encoding.name(name), encoding.value(text ?? '')])
  return [[encoding.name(style.name), parts.join(separatorOf(style, encoding))]]
}

/** The convention of PHP, Rails, Stripe and most clients. Lists of scalars have no index, because Rails reads one as an object. */
function bracketPairs(name: string, value: unknown, encoding: TextEncoding): readonly Pair[] {
  if (value === undefined || value === null) return []
  const text = scalarText(value)
  if (text !== null) return [[encoding.name(name), encoding.value(text)]]
  if (!Array.isArray(value)) {
    return membersOf(value).flatMap(([key, inner]) => bracketPairs(`${name}[${key}]`, inner, encoding))
  }
  const isFlat = value.every((element) => element === undefined || element === null || scalarText(element) !== null)
  return value.flatMap((element: unknown, index) => bracketPairs(`${name}[${isFlat ? '' : index}]`, element, encoding))
}

function separatorOf({ style }: Style, encoding: TextEncoding): string {
  if (style === 'spaceDelimited') return encoding.value(' ')
  return style === 'pipeDelimited' ? encoding.value('|') : ','
}

/** Returns the members that have a value. */
export function membersOf(value: unknown): readonly (readonly [name: string, value: unknown])[] {
  return isRecord(value) ? Object.entries(value).filter(([, inner]) => inner !== undefined && inner !== null) : []
}
