import { isRecord } from '../../src/protocol/json.ts'

type Matcher = (argument: unknown, actual: unknown) => string | null

/**
 * Returns the first mismatch between `actual` and `expected`, or null. `expected` is a JSON value that is compared
 * deeply; an object with `$` keys is a matcher, and all of its keys must match. Throws `TypeError` for an unknown `$`
 * key.
 */
export function mismatch(expected: unknown, actual: unknown): string | null {
  if (isMatcher(expected))
    return firstOf(Object.entries(expected), ([name, argument]) => matcherOf(name)(argument, actual))
  if (Array.isArray(expected)) return listMismatch(expected, actual)
  if (isRecord(expected)) return recordMismatch(expected, actual)
  return Object.is(expected, actual) ? null : `expected ${shown(expected)}, got ${shown(actual)}`
}

/** Returns whether an object has a `$` key. Throws when it has other keys as well. */
export function isMatcher(value: unknown): value is Record<string, unknown> {
  if (!isRecord(value)) return false
  const names = Object.keys(value)
  if (!names.some((name) => name.startsWith('$'))) return false
  const plain = names.find((name) => !name.startsWith('$'))
  if (plain !== undefined) throw new TypeError(`Cannot use matcher ${shown(value)}: "${plain}" is not a matcher key`)
  return true
}

/** Returns JSON of a value for a message, truncated. */
export function shown(value: unknown): string {
  const text = Object.is(value, -0) ? '-0' : (JSON.stringify(value) ?? String(value))
  return text.length > 300 ? `${text.slice(0, 200)} … ${text.slice(-80)} (${text.length} characters)` : text
}

function matcherOf(name: string): Matcher {
  const matcher = matchers.get(name)
  if (matcher === undefined) throw new TypeError(`Cannot use matcher "${name}": there is no such matcher`)
  return matcher
}

const matchers: ReadonlyMap<string, Matcher> = new Map<string, Matcher>([
  ['$any', () => null],
  ['$exact', literalMismatch],
  ['$deep', literalMismatch],
  [
    '$begins',
    (part, actual) => textMatch(actual, `to begin with ${shown(part)}`, (text) => text.startsWith(textOf(part))),
  ],
  ['$ends', (part, actual) => textMatch(actual, `to end with ${shown(part)}`, (text) => text.endsWith(textOf(part)))],
  [
    '$contains',
    (parts, actual) =>
      firstOf(listOf(parts), (part) =>
        textMatch(actual, `to contain ${shown(part)}`, (text) => text.includes(textOf(part))),
      ),
  ],
  [
    '$lacks',
    (parts, actual) =>
      firstOf(listOf(parts), (part) =>
        textMatch(actual, `not to contain ${shown(part)}`, (text) => !text.includes(textOf(part))),
      ),
  ],
  [
    '$regex',
    (pattern, actual) =>
      textMatch(actual, `to match ${shown(pattern)}`, (text) => new RegExp(textOf(pattern), 'u').test(text)),
  ],
  ['$length', lengthMismatch],
  ['$json', (expected, actual) => textMismatch(actual) ?? jsonMismatch(expected, actual)],
  ['$has', membersMismatch],
  ['$anyOf', anyOfMismatch],
])

/** Compares JSON values without matchers; the order of keys does not matter. */
function literalMismatch(expected: unknown, actual: unknown): string | null {
  if (Array.isArray(expected)) return listMismatch(expected, actual, literalMismatch)
  if (isRecord(expected)) return recordMismatch(expected, actual, literalMismatch)
  return Object.is(expected, actual) ? null : `expected ${shown(expected)}, got ${shown(actual)}`
}

function listMismatch(expected: readonly unknown[], actual: unknown, compare: Matcher = mismatch): string | null {
  if (!Array.isArray(actual)) return `expected a list, got ${shown(actual)}`
  const list: readonly unknown[] = actual
  if (list.length !== expected.length)
    return `expected ${expected.length} elements ${shown(expected)}, got ${list.length}: ${shown(list)}`
  return firstOf([...expected.entries()], ([index, element]) => within(`[${index}]`, compare(element, list[index])))
}

function recordMismatch(
  expected: Record<string, unknown>,
  actual: unknown,
  compare: Matcher = mismatch,
): string | null {
  if (!isRecord(actual)) return `expected an object, got ${shown(actual)}`
  const extra = Object.keys(actual).find((name) => !Object.hasOwn(expected, name))
  if (extra !== undefined) return `unexpected member "${extra}" in ${shown(actual)}`
  return membersMismatch(expected, actual, compare)
}

function membersMismatch(expected: unknown, actual: unknown, compare: Matcher = mismatch): string | null {
  if (!isRecord(expected)) throw new TypeError('Cannot use matcher "$has": expected an object')
  if (!isRecord(actual)) return `expected an object, got ${shown(actual)}`
  return firstOf(Object.entries(expected), ([name, member]) =>
    Object.hasOwn(actual, name)
      ? within(`.${name}`, compare(member, actual[name]))
      : `missing member "${name}" in ${shown(actual)}`,
  )
}

function anyOfMismatch(choices: unknown, actual: unknown): string | null {
  if (!Array.isArray(choices)) throw new TypeError('Cannot use matcher "$anyOf": expected a list')
  if (choices.some((choice) => mismatch(choice, actual) === null)) return null
  return `expected one of ${shown(choices)}, got ${shown(actual)}`
}

function lengthMismatch(length: unknown, actual: unknown): string | null {
  if (typeof actual !== 'string' && !Array.isArray(actual)) return `expected a string or a list, got ${shown(actual)}`
  return actual.length === length ? null : `expected length ${shown(length)}, got ${actual.length}: ${shown(actual)}`
}

function jsonMismatch(expected: unknown, actual: unknown): string | null {
  try {
    return within(' as JSON', mismatch(expected, JSON.parse(textOf(actual))))
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return `expected JSON text, got ${shown(actual)}`
  }
}

function textMatch(actual: unknown, demand: string, holds: (text: string) => boolean): string | null {
  return textMismatch(actual) ?? (holds(textOf(actual)) ? null : `expected ${demand}, got ${shown(actual)}`)
}

function textMismatch(actual: unknown): string | null {
  return typeof actual === 'string' ? null : `expected a string, got ${shown(actual)}`
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`Cannot use ${shown(value)} in a matcher: expected a string`)
  return value
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value]
}

function within(place: string, problem: string | null): string | null {
  return problem === null ? null : `${place}: ${problem}`
}

function firstOf<Element>(elements: readonly Element[], problemOf: (element: Element) => string | null): string | null {
  for (const element of elements) {
    const problem = problemOf(element)
    if (problem !== null) return problem
  }
  return null
}
