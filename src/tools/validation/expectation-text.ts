import { renderSchema } from '../../declarations/render-schema.ts'
import { isRecord } from '../../protocol/json.ts'
import { nearestNames } from '../../options/nearest-names.ts'

const maxText = 160
const maxMembers = 12

type Node = Readonly<Record<string, unknown>>

/** Describes the expectation of a keyword. `value` is the input, to name the nearest of several constants. */
export function describeExpectation(keyword: string, node: Node, value: unknown): string {
  switch (keyword) {
    case 'type':
    case 'anyOf':
    case 'oneOf':
      return typeText(node)
    case 'const':
      return constant(node['const'])
    case 'enum':
      return enumText(node['enum'], value)
    case 'minimum':
    case 'exclusiveMinimum':
      return `a number ${keyword === 'minimum' ? '>=' : '>'} ${constant(node[keyword])}`
    case 'maximum':
    case 'exclusiveMaximum':
      return `a number ${keyword === 'maximum' ? '<=' : '<'} ${constant(node[keyword])}`
    case 'multipleOf':
      return `a multiple of ${constant(node[keyword])}`
    case 'pattern':
      return `a string that matches ${constant(node[keyword])}`
    default:
      return otherText(keyword, node)
  }
}

function otherText(keyword: string, node: Node): string {
  const count = constant(node[keyword])
  switch (keyword) {
    case 'minLength':
      return `at least ${count} characters`
    case 'maxLength':
      return `at most ${count} characters`
    case 'minItems':
      return `at least ${count} items`
    case 'maxItems':
      return `at most ${count} items`
    case 'minProperties':
      return `at least ${count} properties`
    case 'maxProperties':
      return `at most ${count} properties`
    case 'uniqueItems':
      return 'no item twice'
    case 'contains':
    case 'minContains':
    case 'maxContains':
      return `the right number of items that fit ${typeText(isRecord(node['contains']) ? node['contains'] : {})}`
    case 'propertyNames':
      return 'other names of properties'
    case 'dependentRequired':
    case 'dependencies':
      return 'the properties that another property requires'
    default:
      return `a value that "${keyword}" of the schema allows`
  }
}

function typeText(node: Node): string {
  // Additional properties are mentioned only where they matter.
  const rendered = oneLine(renderSchema(node).replaceAll(/ *\[key: string\]: unknown;/g, ''))
  const { type } = node
  // TypeScript has no type for integers.
  if (type === 'integer') return 'integer'
  if (rendered !== 'unknown') return rendered
  return typeof type === 'string' ? type : 'a value that fits the schema'
}

function enumText(values: unknown, value: unknown): string {
  const all: readonly unknown[] = Array.isArray(values) ? values : []
  const texts = all.filter((one) => typeof one === 'string')
  const [near] = typeof value === 'string' ? nearestNames(value, texts, 1) : []
  const shown = all.slice(0, maxMembers).map((one) => constant(one))
  const list = oneLine(shown.join(' | ')) + (all.length > maxMembers ? ` | … (${all.length} in all)` : '')
  return near === undefined ? list : `${list} (did you mean ${constant(near)}?)`
}

function constant(value: unknown): string {
  return oneLine(JSON.stringify(value) ?? 'nothing')
}

/** Describes an input: short values in full, others by their type. */
export function shownValue(value: unknown): string {
  if (typeof value === 'string') return `the string ${cut(JSON.stringify(value.slice(0, 80)), value.length > 80)}`
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : `an array of ${value.length}`
  if (!isRecord(value)) return String(value)
  const keys = Object.keys(value)
  if (keys.length === 0) return 'an empty object'
  const names = keys.slice(0, 5).map((key) => oneLine(JSON.stringify(key.slice(0, 40))))
  return `an object with ${names.join(', ')}${keys.length > 5 ? ', …' : ''}`
}

function cut(text: string, isCut: boolean): string {
  return isCut ? `${text}…` : text
}

/** Puts untrusted text on one line, truncated. */
export function oneLine(text: string): string {
  const flat = text
    .slice(0, maxText * 2)
    .replace(/\s+/g, ' ')
    .trim()
  return flat.length > maxText ? `${flat.slice(0, maxText)}…` : flat
}
