import { renderExpectation } from '../../declarations/render-schema.ts'
import { nearestNames } from '../../options/nearest-names.ts'
import { isRecord } from '../../protocol/json.ts'
import type { Schema } from './schema-document.ts'
import { unknownValue } from './visit.ts'

/** The description of a schema without a type. */
export const anyText = 'a value that fits the schema'

const maxText = 160
const maxMembers = 12

/** Maximum number of constants that are compared with a wrong one. */
const maxCompared = 500

/** Describes the expectation of a keyword. `value` is the input, to name the nearest of several constants. */
export function describeExpectation(keyword: string, schema: Schema, value: unknown, document: unknown): string {
  switch (keyword) {
    case 'type':
      return typeText(typeOnly(schema), document)
    case 'anyOf':
    case 'oneOf':
      return typeText(schema, document)
    case 'not':
      return notText(schema['not'], document)
    case 'const':
      return constant(schema['const'])
    case 'enum':
      return enumText(schema['enum'], value)
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return boundText(keyword, schema)
    case 'multipleOf':
      return `a multiple of ${constant(schema[keyword])}`
    case 'pattern':
      return `a string that matches ${constant(schema[keyword])}`
    case 'false':
      return 'no value here'
    default:
      return countText(keyword, schema[keyword])
  }
}

function notText(schema: unknown, document: unknown): string {
  const isAnything = schema === true || (isRecord(schema) && Object.keys(schema).length === 0)
  if (isAnything) return 'no value here'
  const type = typeText(schema, document)
  return type === anyText ? 'a value that "not" of the schema allows' : `a value that does not fit ${type}`
}

/** The members of an object or a list say more than its type. */
function typeOnly(schema: Schema): Schema {
  const { enum: _values, const: _constant, ...rest } = schema
  return rest
}

function boundText(keyword: string, schema: Schema): string {
  const isLeast = keyword === 'minimum' || keyword === 'exclusiveMinimum'
  const bound = schema[keyword] === true ? schema[isLeast ? 'minimum' : 'maximum'] : schema[keyword]
  const isStrict = keyword.startsWith('exclusive')
  return `a number ${isLeast ? '>' : '<'}${isStrict ? '' : '='} ${constant(bound)}`
}

const units: Readonly<Record<string, string>> = { Length: 'character', Items: 'item', Properties: 'property' }

function countText(keyword: string, count: unknown): string {
  const [, bound, subject = ''] = /^(min|max)(Length|Items|Properties)$/.exec(keyword) ?? []
  const unit = units[subject]
  if (unit === undefined) return `a value that "${keyword}" of the schema allows`
  return `at ${bound === 'min' ? 'least' : 'most'} ${counted(count, unit)}`
}

/** Describes the items that `contains` requires, and how many of them. */
export function containsText(schema: Schema, document: unknown): string {
  const { minContains = 1, maxContains } = schema
  const [least, most] = [constant(minContains), constant(maxContains)]
  const range = least === most ? `exactly ${least}` : `${least} to ${most}`
  const number = maxContains === 0 ? 'none' : maxContains === undefined ? `at least ${least}` : range
  return `${number} of its items to fit ${typeText(schema['contains'], document)}`
}

/** Returns a number with its unit, e.g. `2 properties`. */
function counted(count: unknown, unit: string): string {
  if (count === 1) return `1 ${unit}`
  return `${constant(count)} ${unit.endsWith('y') ? `${unit.slice(0, -1)}ies` : `${unit}s`}`
}

/** Returns the type of a schema on one line. */
export function typeText(schema: unknown, document: unknown): string {
  // Additional properties are mentioned only where they matter.
  const rendered = oneLine(renderExpectation(schema, document).replaceAll(/ *\[key: string\]: unknown;/g, ''))
  const type = isRecord(schema) ? schema['type'] : undefined
  // TypeScript has no type for integers.
  if (typeof type === 'string' && type.toLowerCase() === 'integer') return 'integer'
  if (/^\{ *\}$/.test(rendered)) return 'an object'
  if (rendered !== 'unknown') return rendered
  return typeof type === 'string' ? oneLine(type) : anyText
}

function enumText(values: unknown, value: unknown): string {
  const all: readonly unknown[] = Array.isArray(values) ? values : []
  const texts = all.slice(0, maxCompared).filter((one) => typeof one === 'string')
  const [near] = typeof value === 'string' ? nearestNames(value, texts, 1) : []
  const shown = all.slice(0, maxMembers).map((one) => constant(one))
  const list = oneLine(shown.join(' | ')) + (all.length > maxMembers ? ` | … (${all.length} in all)` : '')
  return near === undefined ? list : `${list} (did you mean ${constant(near)}?)`
}

function constant(value: unknown): string {
  return oneLine(JSON.stringify(value) ?? 'nothing')
}

/** Describes an input that differs from constants: they may differ in any part of it. */
export function shownConstant(value: unknown): string {
  const text = typeof value === 'object' && value !== null ? JSON.stringify(value) : ''
  return text === '' || text.length > maxText ? shownValue(value) : text
}

/** Describes an input: short values in full, others by their type. */
export function shownValue(value: unknown): string {
  if (value === unknownValue) return 'a value of the program'
  if (typeof value === 'string') return `the string ${shownString(value)}`
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : `an array of ${value.length}`
  if (!isRecord(value)) return String(value)
  const keys = Object.keys(value)
  if (keys.length === 0) return 'an empty object'
  // JSON has no bytes: a typed array becomes an object.
  if (keys.every((key, index) => key === String(index) && typeof value[key] === 'number')) {
    return `a typed array of ${keys.length}; pass bytes.toBase64() instead`
  }
  const names = keys.slice(0, 5).map((key) => oneLine(JSON.stringify(key.slice(0, 20))))
  return `an object with ${names.join(', ')}${keys.length > 5 ? ', …' : ''}`
}

function shownString(text: string): string {
  if (text.length <= 80) return JSON.stringify(text)
  return `${JSON.stringify(text.slice(0, 80))}… (${text.length} characters)`
}

/** Puts untrusted text on one line, truncated. */
export function oneLine(text: string): string {
  const flat = text
    .slice(0, maxText * 2)
    .replace(/\s+/g, ' ')
    .trim()
  return flat.length > maxText ? `${flat.slice(0, maxText)}…` : flat
}
