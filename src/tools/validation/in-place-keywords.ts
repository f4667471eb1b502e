import { Conjunction } from './conjunction.ts'
import { negated } from './verdict.ts'
import { judged, type KeywordCheck, type Outcome, refused, unknown, valid, type Visit } from './visit.ts'

/** The checks of keywords that apply schemas to the same value. */
export const inPlaceKeywords: readonly (readonly [keyword: string, check: KeywordCheck])[] = [
  ['$ref', (argument, visit) => reference(argument, visit, (name) => resolve(visit, name))],
  ['$dynamicRef', (argument, visit, keyword) => dynamicReference(argument, visit, keyword)],
  ['$recursiveRef', (argument, visit, keyword) => dynamicReference(argument, visit, keyword)],
  ['allOf', (argument, visit) => (isList(argument) ? all(argument, visit) : malformed(visit))],
  ['anyOf', (argument, visit) => (isList(argument) ? some(argument, visit, 'anyOf') : malformed(visit))],
  ['oneOf', (argument, visit) => (isList(argument) ? some(argument, visit, 'oneOf') : malformed(visit))],
  ['not', (argument, visit) => judged(negated(visit.evaluator.evaluate(argument, visit.at).verdict), visit, 'not')],
  ['if', conditional],
]

/** Returns the outcome of a keyword whose value is invalid: it may be a schema that codecell cannot read. */
export function malformed({ seen }: Visit): Outcome {
  seen?.addUnknown()
  return unknown
}

function resolve({ evaluator, schema }: Visit, name: string): unknown {
  return evaluator.document.resolve(schema, name)
}

function dynamicReference(argument: unknown, visit: Visit, keyword: string): Outcome {
  const { document, scope } = visit.evaluator
  return reference(argument, visit, (name) => document.resolveDynamic(visit.schema, keyword, name, scope))
}

function reference(argument: unknown, visit: Visit, find: (name: string) => unknown): Outcome {
  if (typeof argument !== 'string') return malformed(visit)
  const target = find(argument)
  if (target === undefined) {
    visit.seen?.addUnknown()
    return visit.evaluator.leaveOut(`Unresolved $ref ${JSON.stringify(argument)}.`)
  }
  const outcome = visit.evaluator.evaluate(target, visit.at)
  // A value that does not fit the target does not fit as a whole, so the parts count in any case.
  visit.seen?.merge(outcome.seen, true)
  return outcome
}

function all(schemas: readonly unknown[], { evaluator, at, seen }: Visit): Outcome {
  const whole = new Conjunction(evaluator.isQuick)
  for (const schema of schemas) {
    const outcome = evaluator.evaluate(schema, at)
    seen?.merge(outcome.seen, true)
    whole.add(outcome)
    if (whole.isDecided) break
  }
  return whole.outcome
}

/** Checks `anyOf` and `oneOf`. */
function some(schemas: readonly unknown[], visit: Visit, keyword: 'anyOf' | 'oneOf'): Outcome {
  const { evaluator, schema, at, seen } = visit
  const branches: Outcome['failures'][] = []
  const positions: number[] = []
  let unknowns = 0
  for (const [position, branch] of schemas.entries()) {
    const outcome = evaluator.evaluate(branch, at)
    if (outcome.verdict === 'valid') positions.push(position)
    if (outcome.verdict === 'unknown') unknowns++
    if (outcome.verdict === 'invalid') branches.push(outcome.failures)
    else seen?.merge(outcome.seen, outcome.verdict === 'valid')
    if (positions.length === (keyword === 'anyOf' ? 1 : 2) && seen === null) break
  }
  if (positions.length + unknowns === 0) return refused({ keyword, schema, at, branches })
  if (keyword === 'anyOf') return positions.length > 0 ? valid : unknown
  // The discriminator of OpenAPI chooses among alternatives that look alike.
  if (positions.length > 1) return 'discriminator' in schema ? unknown : refused({ keyword, schema, at, positions })
  return unknowns === 0 ? valid : unknown
}

function conditional(argument: unknown, visit: Visit): Outcome {
  const { evaluator, schema, at, seen } = visit
  const condition = evaluator.evaluate(argument, at)
  const isCertain = condition.verdict !== 'unknown'
  if (condition.verdict !== 'invalid') seen?.merge(condition.seen, isCertain)
  const branch = (keyword: 'then' | 'else'): Outcome => {
    if (!(keyword in schema)) return valid
    const outcome = evaluator.evaluate(schema[keyword], at)
    seen?.merge(outcome.seen, isCertain)
    return outcome
  }
  if (condition.verdict === 'valid') return branch('then')
  if (condition.verdict === 'invalid') return branch('else')
  const [one, other] = [branch('then'), branch('else')]
  // One of the two applies, so a value that fits neither does not fit.
  return one.verdict === other.verdict ? one : unknown
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length > 0
}
