import { dereference, type OutputUnit, type SchemaDraft, validate } from '@cfworker/json-schema'
import { messageOf } from '../../errors.ts'
import { isRecord } from '../../protocol/json.ts'
import { CheckBudget } from './check-budget.ts'
import { explainErrors, type InputProblem } from './explain-errors.ts'
import { sanitizeSchema } from './sanitize-schema.ts'

/** What a check found: nothing, what is wrong, or that it could not be made. */
type InputVerdict =
  | { readonly type: 'fits' }
  | { readonly type: 'wrong'; readonly problems: readonly InputProblem[] }
  | { readonly type: 'unchecked'; readonly reason: string }

/** Checks inputs against one JSON Schema. */
export type InputCheck = (input: unknown) => InputVerdict

/**
 * Makes the check of a schema. A schema that cannot be used, and a check that would cost too much, give `unchecked`: the
 * upstream that wrote the schema is the one that decides then, for that input and all that follow. The check never throws,
 * and never runs generated code.
 */
export function createInputCheck(schema: unknown): InputCheck {
  if (schema === undefined || schema === null || schema === true) return () => ({ type: 'fits' })
  try {
    return checkOf(schema)
  } catch (error) {
    const verdict = { type: 'unchecked', reason: reasonOf(error) } as const
    return () => verdict
  }
}

function checkOf(schema: unknown): InputCheck {
  const budget = new CheckBudget()
  // The getters of the copy are read while it is taken in, too.
  budget.start(null)
  const sound = sanitizeSchema(schema, budget)
  const draft = draftOf(schema)
  const lookup = dereference(sound)
  const errorsOf = (input: unknown, isQuick: boolean): OutputUnit[] => {
    budget.start(input)
    return validate(input, sound, draft, lookup, isQuick).errors
  }
  let unusable: InputVerdict | null = null
  return (input) => {
    if (unusable !== null) return unusable
    try {
      const first = errorsOf(input, true)
      if (first.length === 0) return { type: 'fits' }
      const errors = attempt(() => errorsOf(input, false)) ?? first
      return { type: 'wrong', problems: explainErrors(errors, { root: sound, lookup }, input) }
    } catch (error) {
      unusable = { type: 'unchecked', reason: reasonOf(error) }
      return unusable
    }
  }
}

/** Null when there are too many errors to look for all of them. */
function attempt(find: () => OutputUnit[]): OutputUnit[] | null {
  try {
    return find()
  } catch {
    return null
  }
}

function draftOf(schema: unknown): SchemaDraft {
  const declared = isRecord(schema) ? schema['$schema'] : undefined
  if (typeof declared !== 'string') return '2020-12'
  // What draft 4 says in other words has been put into today's.
  if (/draft-0[3467]/.test(declared)) return '7'
  return declared.includes('2019-09') ? '2019-09' : '2020-12'
}

/** One line, and not a list of all nodes of the schema. */
function reasonOf(error: unknown): string {
  const [line = ''] = messageOf(error).split(/\n|  Absolute/)
  return line.length > 200 ? `${line.slice(0, 200)}…` : line
}
