import { Conjunction } from './conjunction.ts'
import { isDefined } from './dialect.ts'
import { malformed } from './in-place-keywords.ts'
import { partOutcome } from './object-keywords.ts'
import { isSameJson } from './same-json.ts'
import { isCount } from './value-keywords.ts'
import { verdictOf, withinCounts } from './verdict.ts'
import { judged, type KeywordCheck, type Outcome, refused, unknown, valid, type Visit } from './visit.ts'

type Items = readonly unknown[]
type ArrayCheck = (argument: unknown, visit: Visit, value: Items) => Outcome

const checks: Readonly<Record<string, ArrayCheck>> = {
  prefixItems: (argument, visit, value) => (Array.isArray(argument) ? tuple(argument, visit, value) : malformed(visit)),
  items,
  additionalItems,
  contains,
  minItems: (argument, visit, { length }) =>
    isCount(argument) ? judged(verdictOf(length >= argument), visit, 'minItems') : unknown,
  maxItems: (argument, visit, { length }) =>
    isCount(argument) ? judged(verdictOf(length <= argument), visit, 'maxItems') : unknown,
  uniqueItems,
  unevaluatedItems,
}

/** The checks of keywords about arrays. */
export const arrayKeywords: readonly (readonly [keyword: string, check: KeywordCheck])[] = Object.entries(checks).map(
  ([keyword, check]) => [
    keyword,
    (argument, visit) => (Array.isArray(visit.at.value) ? check(argument, visit, visit.at.value) : valid),
  ],
)

function tuple(schemas: readonly unknown[], { evaluator, at, seen }: Visit, value: Items): Outcome {
  const whole = new Conjunction(evaluator.isQuick)
  for (let index = 0; index < Math.min(schemas.length, value.length) && !whole.isDecided; index++) {
    seen?.add(String(index))
    whole.add(evaluator.evaluate(schemas[index], at.child(String(index))))
  }
  return whole.outcome
}

/** A list of schemas is the tuple of the drafts before 2020-12. */
function items(argument: unknown, visit: Visit, value: Items): Outcome {
  if (Array.isArray(argument)) return visit.dialect === 2020 ? malformed(visit) : tuple(argument, visit, value)
  const { prefixItems } = visit.schema
  const isPrefix = prefixItems !== undefined && isDefined('prefixItems', visit.dialect)
  if (isPrefix && !Array.isArray(prefixItems)) return malformed(visit)
  return rest(argument, visit, value, Array.isArray(prefixItems) && isPrefix ? prefixItems.length : 0, 'items')
}

function additionalItems(argument: unknown, visit: Visit, value: Items): Outcome {
  const tupleItems = visit.schema['items']
  if (!Array.isArray(tupleItems) || visit.dialect === 2020) return valid
  return rest(argument, visit, value, tupleItems.length, 'additionalItems')
}

function rest(schema: unknown, visit: Visit, value: Items, start: number, keyword: string): Outcome {
  const whole = new Conjunction(visit.evaluator.isQuick)
  for (let index = start; index < value.length && !whole.isDecided; index++) {
    visit.seen?.add(String(index))
    whole.add(partOutcome(schema, visit, visit.at.child(String(index)), keyword))
  }
  return whole.outcome
}

function contains(argument: unknown, visit: Visit, value: Items): Outcome {
  const { evaluator, schema, dialect, at, seen } = visit
  const { minContains = 1, maxContains = Infinity } = isDefined('minContains', dialect) ? schema : {}
  let certain = 0
  let unknowns = 0
  for (const index of value.keys()) {
    const { verdict } = evaluator.evaluate(argument, at.child(String(index)))
    if (verdict === 'valid') certain++
    if (verdict === 'unknown') unknowns++
    // Only since 2020-12 `contains` evaluates the items that it matches.
    if (verdict !== 'invalid') seen?.add(String(index), verdict === 'valid' && dialect === 2020)
  }
  if (!isCount(minContains) || !isCount(maxContains)) return unknown
  const verdict = withinCounts(certain, unknowns, minContains, maxContains)
  return verdict === 'invalid'
    ? refused({ keyword: 'contains', schema, at, positions: [certain] })
    : judged(verdict, visit, 'contains')
}

/** Compares each pair: the work is quadratic, and counted before. */
function uniqueItems(argument: unknown, visit: Visit, value: Items): Outcome {
  if (argument !== true) return argument === false ? valid : unknown
  const { evaluator, schema, at } = visit
  evaluator.budget.spend((value.length * partsOf(value)) / 8)
  for (let later = 1; later < value.length; later++) {
    for (let earlier = 0; earlier < later; earlier++) {
      if (!isSameJson(value[earlier], value[later]) || evaluator.mayBeUnknown(value[later])) continue
      return refused({ keyword: 'uniqueItems', schema, at, positions: [earlier, later] })
    }
  }
  return evaluator.mayBeUnknown(value) ? unknown : valid
}

function partsOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1
  return Object.values(value).reduce((sum: number, part: unknown) => sum + partsOf(part), 1)
}

function unevaluatedItems(argument: unknown, visit: Visit, value: Items): Outcome {
  const { evaluator, at, seen } = visit
  const whole = new Conjunction(evaluator.isQuick)
  for (const index of value.keys()) {
    const isSeen = seen?.has(String(index)) ?? 'unknown'
    if (isSeen === 'valid') continue
    whole.add(partOutcome(argument, visit, at.child(String(index)), 'unevaluatedItems'), isSeen === 'invalid')
    seen?.add(String(index))
    if (whole.isDecided) break
  }
  return whole.outcome
}
