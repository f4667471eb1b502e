import { CodecellError } from '../errors.ts'
import { isNear, nearestNames } from './nearest-names.ts'

/** The type of an option's value; a list has all possible values. Other checks are made where the option is used. */
type OptionKind = 'any' | 'boolean' | 'function' | readonly string[]

/** The known options, with the type of each. */
export type OptionNames<Options> = { readonly [Name in keyof Options]-?: OptionKind }

/** Options that belong elsewhere, each with the function that takes it. */
export type Elsewhere = Readonly<Record<string, string>>

/**
 * Rejects unknown options: a misspelled one would be ignored silently. Checks own members of plain objects only; instances of classes
 * can have others.
 *
 * @throws {CodecellError} INVALID_OPTION with the nearest option.
 */
export function checkOptions<Options extends object>(
  where: string,
  given: Options | undefined,
  known: OptionNames<Options>,
  elsewhere: Elsewhere = {},
): void {
  if (given === undefined) return
  // Callers in JavaScript can pass any value.
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new CodecellError('INVALID_OPTION', `Cannot use the options of ${where}: expected an object`, {
      details: { option: where, expected: 'an object' },
    })
  }
  const kinds: ReadonlyMap<string, OptionKind> = new Map(Object.entries<OptionKind>(known))
  if (!isPlain(given)) return
  for (const name of Object.keys(given)) {
    const value: unknown = Reflect.get(given, name)
    const kind = kinds.get(name)
    if (kind === undefined) {
      throw new CodecellError(
        'INVALID_OPTION',
        `Cannot use option ${JSON.stringify(name)} of ${where}: ${unknownText(name, [...kinds.keys()], elsewhere)}`,
        { details: { option: `${where}.${name}` } },
      )
    }
    checkValue(where, name, value, kind)
  }
}

/** Returns the reason for an unknown name: where it belongs, the nearest known name, or all known names. */
export function unknownText(name: string, known: readonly string[], elsewhere: Elsewhere = {}): string {
  const owner = Object.hasOwn(elsewhere, name) ? elsewhere[name] : undefined
  if (owner !== undefined) return `it belongs to ${owner}`
  const advice = adviceFor(name, known)
  return `unknown option; ${advice === '' ? `expected one of ${known.join(', ')}` : advice}`
}

/** Returns the question whether the nearest name is meant, empty without a similar name. */
export function adviceFor(name: string, known: readonly string[]): string {
  // A name with one typing error is preferred to names that end in the same words.
  const nearest = known.find((candidate) => isNear(name, candidate, 1)) ?? nearestNames(name, known, 1)[0]
  return nearest === undefined ? '' : `did you mean "${nearest}"?`
}

function checkValue(where: string, name: string, value: unknown, kind: OptionKind): void {
  const what = `option "${name}" of ${where}`
  const option = `${where}.${name}`
  if (value === undefined || kind === 'any') return
  if (kind === 'boolean' || kind === 'function') {
    if (typeof value === kind) return
    const expected = kind === 'boolean' ? 'true or false' : 'a function'
    throw new CodecellError('INVALID_OPTION', `Cannot use ${shownValue(value)} as ${what}: expected ${expected}`, {
      details: { option, ...primitive(value), expected },
    })
  }
  if (typeof value === 'string' && kind.includes(value)) return
  const choices = kind.map((choice) => `"${choice}"`).join(', ')
  const question = typeof value === 'string' ? adviceFor(value, kind) : ''
  const advice = question === '' ? '' : `; ${question}`
  throw new CodecellError(
    'INVALID_OPTION',
    `Cannot use ${shownValue(value)} as ${what}: expected one of ${choices}${advice}`,
    { details: { option, ...primitive(value), expected: `one of ${choices}` } },
  )
}

/** Returns the value of an option for the details of an error. An object can contain secrets. */
function primitive(value: unknown): { readonly value?: unknown } {
  return typeof value === 'object' && value !== null ? {} : typeof value === 'function' ? {} : { value }
}

/** Returns the value of an option for a message: truncated, and never an object, which can contain secrets. */
export function shownValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 100))
  if (typeof value === 'boolean' || typeof value === 'number' || value === null) return String(value)
  return `a value of type ${typeof value}`
}

/** Whether the object is a plain object, of any realm. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || (typeof prototype === 'object' && Object.getPrototypeOf(prototype) === null)
}
