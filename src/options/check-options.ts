import { CodecellError } from '../errors.ts'
import { isNear, nearestNames } from './nearest-names.ts'

/** What an option takes; a list has all values that it can have. Other checks are made where the option is used. */
type OptionKind = 'any' | 'boolean' | 'function' | readonly string[]

/** All options that something reads. */
export type OptionNames<OPTIONS> = { readonly [NAME in keyof OPTIONS]-?: OptionKind }

/** Where an option belongs that was given in the wrong place, in words. */
export type Elsewhere = Readonly<Record<string, string>>

/**
 * Refuses what nothing reads: a misspelled option would be ignored, and with it what its author relies on. Only own members of
 * plain objects count; an instance of a class may have others. Throws `INVALID_OPTION` that names the nearest option.
 */
export function checkOptions<OPTIONS extends object>(
  where: string,
  given: OPTIONS | undefined,
  known: OptionNames<OPTIONS>,
  elsewhere: Elsewhere = {},
): void {
  if (given === undefined) return
  // Callers in plain JavaScript can give anything.
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new CodecellError('INVALID_OPTION', `Cannot use the options of ${where}: an object is expected`, {
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

/** What is said about a name that is none of those known: where it belongs, which one is near, or which there are. */
export function unknownText(name: string, known: readonly string[], elsewhere: Elsewhere = {}): string {
  const place = Object.hasOwn(elsewhere, name) ? elsewhere[name] : undefined
  if (place !== undefined) return `it belongs to ${place}`
  const advice = adviceFor(name, known)
  return `there is no such option; ${advice === '' ? `the options are ${known.join(', ')}` : advice}`
}

/** The question whether the nearest name is meant; empty when none is near. */
export function adviceFor(name: string, known: readonly string[]): string {
  // One typing error comes before names that end in the same words.
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
    throw new CodecellError('INVALID_OPTION', `Cannot use ${shownValue(value)} as ${what}: ${expected} is expected`, {
      details: { option, ...primitive(value), expected },
    })
  }
  if (typeof value === 'string' && kind.includes(value)) return
  const choices = kind.map((choice) => `"${choice}"`).join(', ')
  const question = typeof value === 'string' ? adviceFor(value, kind) : ''
  const advice = question === '' ? '' : `; ${question}`
  throw new CodecellError(
    'INVALID_OPTION',
    `Cannot use ${shownValue(value)} as ${what}: it is one of ${choices}${advice}`,
    { details: { option, ...primitive(value), expected: `one of ${choices}` } },
  )
}

/** The value of an option among the details of an error: an object may hold secrets. */
function primitive(value: unknown): { readonly value?: unknown } {
  return typeof value === 'object' && value !== null ? {} : typeof value === 'function' ? {} : { value }
}

/** The value of an option in a message: short, and never an object, which may hold secrets. */
function shownValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 100))
  if (typeof value === 'boolean' || typeof value === 'number' || value === null) return String(value)
  return `a value of type ${typeof value}`
}

/** Whether the object was written as a literal, in whichever realm. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || (typeof prototype === 'object' && Object.getPrototypeOf(prototype) === null)
}
