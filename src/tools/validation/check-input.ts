import { messageOf } from '../../errors.ts'
import { CheckBudget } from './check-budget.ts'
import { copySchema } from './copy-schema.ts'
import { explainFailures, type InputProblem } from './explain-errors.ts'
import { PatternMatcher } from './pattern-matcher.ts'
import { SchemaDocument } from './schema-document.ts'
import { SchemaEvaluator } from './schema-evaluator.ts'

/** The verdict of a validation: valid, invalid with problems, or not possible. */
type InputVerdict =
  | { readonly type: 'fits' }
  | { readonly type: 'wrong'; readonly problems: readonly InputProblem[] }
  | { readonly type: 'unchecked'; readonly reason: string }

/** Validates inputs against one JSON Schema. */
export type InputCheck = (input: unknown) => InputVerdict

const fits: InputVerdict = { type: 'fits' }

/**
 * Creates the validation of a schema. An input is wrong only if it cannot fit, whatever the parts of the schema mean
 * that codecell cannot check. An unusable schema, or a validation over budget, results in `unchecked` for that input
 * and all later ones: the server that wrote the schema decides. The validation never throws, and never runs generated
 * code.
 */
export function createInputCheck(schema: unknown): InputCheck {
  if (schema === undefined || schema === null || schema === true) return () => fits
  try {
    return checkOf(schema)
  } catch (error) {
    const verdict = { type: 'unchecked', reason: reasonOf(error) } as const
    return () => verdict
  }
}

function checkOf(schema: unknown): InputCheck {
  const budget = new CheckBudget()
  const parts = { document: new SchemaDocument(copySchema(schema)), budget, patterns: new PatternMatcher(budget) }
  let unusable: InputVerdict | null = null
  const evaluated = (input: unknown, isQuick: boolean): SchemaEvaluator => {
    budget.start()
    return new SchemaEvaluator(parts, input, isQuick)
  }
  return (input) => {
    if (unusable !== null) return unusable
    try {
      const quick = evaluated(input, true)
      const first = quick.run()
      if (first.verdict !== 'invalid') {
        return first.verdict === 'valid' || quick.reason === null ? fits : { type: 'unchecked', reason: quick.reason }
      }
      const whole = evaluated(input, false)
      const { failures } = attempt(() => whole.run()) ?? first
      return {
        type: 'wrong',
        problems: explainFailures(failures.length === 0 ? first.failures : failures, whole.defaults),
      }
    } catch (error) {
      unusable = { type: 'unchecked', reason: reasonOf(error) }
      return unusable
    }
  }
}

/** Null when there are too many failures to collect. */
function attempt<T>(find: () => T): T | null {
  try {
    return find()
  } catch {
    return null
  }
}

function reasonOf(error: unknown): string {
  const [line = ''] = messageOf(error).split('\n')
  return line.length > 200 ? `${line.slice(0, 200)}…` : line
}
