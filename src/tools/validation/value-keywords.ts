import { isRecord } from '../../protocol/json.ts'
import { isSameJson } from './same-json.ts'
import { softened, verdictOf, type Verdict } from './verdict.ts'
import { judged, type KeywordCheck, type Visit } from './visit.ts'

const typeNames: ReadonlySet<string> = new Set(['string', 'number', 'integer', 'boolean', 'null', 'array', 'object'])

/** Formats of strings, which say nothing about numbers. Any other format can be about both. */
const stringFormats: ReadonlySet<string> = new Set(
  `date-time date time duration email idn-email hostname idn-hostname ipv4 ipv6 uri uri-reference uri-template iri iri-reference url uuid regex json-pointer relative-json-pointer byte binary password`.split(
    ' ',
  ),
)

/** Checks a keyword about a single value. */
type Assertion = (argument: unknown, value: unknown, visit: Visit) => Verdict

const assertions: Readonly<Record<string, Assertion>> = {
  type: (argument, value, visit) => consistent(typeVerdict(argument, value), visit),
  const: (argument, value, visit) => consistent(constantVerdict([argument], value, visit), visit),
  enum: (argument, value, visit) =>
    isFilled(argument) ? consistent(constantVerdict(argument, value, visit), visit) : 'unknown',
  minimum: (argument, value) => boundVerdict(argument, value, (number, bound) => number >= bound),
  maximum: (argument, value) => boundVerdict(argument, value, (number, bound) => number <= bound),
  exclusiveMinimum: (argument, value, visit) => strictVerdict(argument, value, 'minimum', visit),
  exclusiveMaximum: (argument, value, visit) => strictVerdict(argument, value, 'maximum', visit),
  multipleOf: (argument, value) => multipleVerdict(argument, value),
  minLength: (argument, value) => lengthVerdict(argument, value, (length, bound) => length >= bound),
  maxLength: (argument, value) => lengthVerdict(argument, value, (length, bound) => length <= bound),
  pattern(argument, value, { evaluator }) {
    if (typeof value !== 'string') return 'valid'
    return typeof argument === 'string' ? evaluator.patterns.match(argument, value) : 'unknown'
  },
  format(argument, value) {
    if (typeof value === 'string') return 'unknown'
    const isAboutStrings = typeof argument === 'string' && stringFormats.has(argument)
    return typeof value === 'number' && !isAboutStrings ? 'unknown' : 'valid'
  },
  contentEncoding: (_, value) => contentVerdict(value),
  contentMediaType: (_, value) => contentVerdict(value),
  contentSchema: (_, value) => contentVerdict(value),
}

/** The checks of keywords about single values. */
export const valueKeywords: readonly (readonly [keyword: string, check: KeywordCheck])[] = Object.entries(
  assertions,
).map(([keyword, assertion]) => [
  keyword,
  (argument, visit) => judged(assertion(argument, visit.at.value, visit), visit, keyword),
])

/** Gemini writes the names of types in capitals. */
function typeVerdict(argument: unknown, value: unknown): Verdict {
  const names: readonly unknown[] = Array.isArray(argument) ? argument : [argument]
  const plain = names.map((name) => (typeof name === 'string' ? name.toLowerCase() : name))
  const known = plain.filter((name) => typeof name === 'string' && typeNames.has(name))
  if (known.some((name) => isOfType(value, name))) return 'valid'
  return known.length < names.length || names.length === 0 ? 'unknown' : 'invalid'
}

function isOfType(value: unknown, type: unknown): boolean {
  switch (type) {
    case 'null':
      return value === null
    case 'array':
      return Array.isArray(value)
    case 'object':
      return isRecord(value)
    case 'integer':
      return Number.isInteger(value)
    default:
      return typeof value === type
  }
}

function constantVerdict(constants: readonly unknown[], value: unknown, { evaluator }: Visit): Verdict {
  if (constants.some((constant) => isSameJson(constant, value))) return 'valid'
  return evaluator.mayBeUnknown(value) ? 'unknown' : 'invalid'
}

/**
 * Returns the verdict of a type or of constants. If no constant has the type, one of them is a mistake: YAML reads `true` and `1` as no
 * strings.
 */
function consistent(verdict: Verdict, { schema }: Visit): Verdict {
  if (verdict !== 'invalid' || !('type' in schema)) return verdict
  const { type, enum: listed } = schema
  const constants: readonly unknown[] = 'const' in schema ? [schema['const']] : Array.isArray(listed) ? listed : []
  const isMistake = constants.length > 0 && constants.every((constant) => typeVerdict(type, constant) === 'invalid')
  return isMistake ? 'unknown' : verdict
}

type Comparison = (number: number, bound: number) => boolean

function boundVerdict(argument: unknown, value: unknown, fits: Comparison): Verdict {
  if (typeof value !== 'number') return 'valid'
  return typeof argument === 'number' ? verdictOf(fits(value, argument)) : 'unknown'
}

/** In draft 4 and OpenAPI 3.0, the exclusive bounds are booleans next to the inclusive ones. */
function strictVerdict(argument: unknown, value: unknown, inclusive: string, { schema, dialect }: Visit): Verdict {
  if (typeof value !== 'number' || argument === false) return 'valid'
  const bound = argument === true ? schema[inclusive] : argument
  if (typeof bound !== 'number') return argument === true && bound === undefined ? 'valid' : 'unknown'
  const verdict = verdictOf(inclusive === 'minimum' ? value > bound : value < bound)
  const isOfDialect = dialect === 'any' || (dialect === 4) === (argument === true)
  return isOfDialect ? verdict : softened(verdict)
}

/** Maximum deviation of a quotient from an integer that can be an error of rounding. */
const roundingError = 1e-9

function multipleVerdict(argument: unknown, value: unknown): Verdict {
  if (typeof value !== 'number') return 'valid'
  if (typeof argument !== 'number' || argument <= 0) return 'unknown'
  const quotient = value / argument
  if (!Number.isFinite(quotient) || Math.abs(quotient) > Number.MAX_SAFE_INTEGER) return 'unknown'
  if (value % argument === 0) return 'valid'
  const deviation = Math.abs(quotient - Math.round(quotient))
  return deviation <= roundingError * Math.max(1, Math.abs(quotient)) ? 'unknown' : 'invalid'
}

function lengthVerdict(argument: unknown, value: unknown, fits: Comparison): Verdict {
  if (typeof value !== 'string') return 'valid'
  return isCount(argument) ? verdictOf(fits(lengthOf(value), argument)) : 'unknown'
}

/** Returns the number of code points. */
function lengthOf(text: string): number {
  return text.length - (text.match(/[\uD800-\uDBFF][\uDC00-\uDFFF]/g)?.length ?? 0)
}

/** Some validators decode the content of strings, others do not. */
function contentVerdict(value: unknown): Verdict {
  return typeof value === 'string' ? 'unknown' : 'valid'
}

function isFilled(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length > 0
}

/** Whether a value can be a number of items, properties or characters. */
export function isCount(value: unknown): value is number {
  return typeof value === 'number' && value >= 0
}
