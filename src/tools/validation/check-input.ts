import { dereference, type OutputUnit, type SchemaDraft, validate } from '@cfworker/json-schema'
import { messageOf } from '../../errors.ts'
import { isRecord } from '../../protocol/json.ts'
import { CheckBudget } from './check-budget.ts'
import { explainErrors, type InputProblem } from './explain-errors.ts'
import { sanitizeSchema } from './sanitize-schema.ts'

/** The verdict of a validation: valid, invalid with problems, or not possible. */
type InputVerdict =
  | { readonly type: 'fits' }
  | { readonly type: 'wrong'; readonly problems: readonly InputProblem[] }
  | { readonly type: 'unchecked'; readonly reason: string }

/** Validates inputs against one JSON Schema. */
export type InputCheck = (input: unknown) => InputVerdict

/**
 * Creates the validation of a schema. An unusable schema, or a validation over budget, results in `unchecked` for that
 * input and all later ones: the server that wrote the schema decides. The validation never throws, and never runs
 * generated code.
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
  // The validator reads the getters of the copy also while it prepares the schema.
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

/** Null when there are too many errors to collect. */
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
  // The copy is written in the current draft.
  if (/draft-0[3467]/.test(declared)) return '7'
  return declared.includes('2019-09') ? '2019-09' : '2020-12'
}

/** One line, without the list of all nodes of the schema. */
function reasonOf(error: unknown): string {
  const [line = ''] = messageOf(error).split(/\n|  Absolute/)
  return line.length > 200 ? `${line.slice(0, 200)}…` : line
}
