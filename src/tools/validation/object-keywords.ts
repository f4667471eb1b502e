import { isRecord } from '../../protocol/json.ts'
import { Conjunction } from './conjunction.ts'
import { malformed } from './in-place-keywords.ts'
import type { Location } from './location.ts'
import { isCount } from './value-keywords.ts'
import { verdictOf, type Verdict, withinCounts } from './verdict.ts'
import {
  type Failure,
  judged,
  type KeywordCheck,
  type Outcome,
  refused,
  unknown,
  unknownValue,
  valid,
  type Visit,
} from './visit.ts'

type Members = Readonly<Record<string, unknown>>
type ObjectCheck = (argument: unknown, visit: Visit, value: Members, keyword: string) => Outcome

const checks: Readonly<Record<string, ObjectCheck>> = {
  properties,
  patternProperties,
  additionalProperties,
  propertyNames,
  required,
  dependentRequired: dependencies,
  dependentSchemas: dependencies,
  dependencies,
  minProperties: (argument, visit, value) => propertyCount(argument, visit, value, 'minProperties'),
  maxProperties: (argument, visit, value) => propertyCount(argument, visit, value, 'maxProperties'),
  unevaluatedProperties,
}

/** The checks of keywords about objects. */
export const objectKeywords: readonly (readonly [keyword: string, check: KeywordCheck])[] = Object.entries(checks).map(
  ([keyword, check]) => [
    keyword,
    (argument, visit) => {
      const { value } = visit.at
      return isRecord(value) ? check(argument, visit, value, keyword) : valid
    },
  ],
)

function properties(argument: unknown, visit: Visit, value: Members): Outcome {
  if (!isRecord(argument)) return malformed(visit)
  const { evaluator, at, seen } = visit
  const whole = new Conjunction(evaluator.isQuick)
  const names = Object.keys(argument)
  evaluator.budget.spend(names.length / 16)
  for (const name of names) {
    if (!Object.hasOwn(value, name)) continue
    seen?.add(name)
    whole.add(evaluator.evaluate(argument[name], at.child(name)))
    if (whole.isDecided) break
  }
  return whole.outcome
}

function patternProperties(argument: unknown, visit: Visit, value: Members): Outcome {
  if (!isRecord(argument)) return malformed(visit)
  const { evaluator, at, seen } = visit
  const whole = new Conjunction(evaluator.isQuick)
  for (const pattern of Object.keys(argument)) {
    for (const name of Object.keys(value)) {
      const match = evaluator.patterns.match(pattern, name)
      if (match === 'invalid') continue
      seen?.add(name, match === 'valid')
      whole.add(evaluator.evaluate(argument[pattern], at.child(name)), match === 'valid')
      if (whole.isDecided) return whole.outcome
    }
  }
  return whole.outcome
}

function additionalProperties(argument: unknown, visit: Visit, value: Members): Outcome {
  const { evaluator, at, seen } = visit
  const whole = new Conjunction(evaluator.isQuick)
  for (const name of Object.keys(value)) {
    const named = isNamed(name, visit)
    if (named === 'valid') continue
    seen?.add(name)
    whole.add(partOutcome(argument, visit, at.child(name), 'additionalProperties'), named === 'invalid')
    if (whole.isDecided) break
  }
  return whole.outcome
}

/** Returns whether `properties` or `patternProperties` next to a keyword apply to a property. */
function isNamed(name: string, { evaluator, schema }: Visit): Verdict {
  const { properties: named, patternProperties: patterns } = schema
  if (isRecord(named) && Object.hasOwn(named, name)) return 'valid'
  const isReadable = (named === undefined || isRecord(named)) && (patterns === undefined || isRecord(patterns))
  let verdict: Verdict = isReadable ? 'invalid' : 'unknown'
  for (const pattern of isRecord(patterns) ? Object.keys(patterns) : []) {
    const match = evaluator.patterns.match(pattern, name)
    if (match === 'valid') return 'valid'
    if (match === 'unknown') verdict = 'unknown'
  }
  return verdict
}

/** Applies a schema to a part that no other keyword names. The schema `false` means that the part is not allowed. */
export function partOutcome(schema: unknown, visit: Visit, part: Location, keyword: string): Outcome {
  if (schema !== false || part.value === unknownValue) return visit.evaluator.evaluate(schema, part)
  return refused({ keyword, schema: visit.schema, at: part })
}

function propertyNames(argument: unknown, visit: Visit, value: Members): Outcome {
  const { evaluator, schema, at } = visit
  const whole = new Conjunction(evaluator.isQuick)
  for (const name of Object.keys(value)) {
    const part = at.child(name)
    const { verdict, failures } = evaluator.evaluate(argument, part.ofName())
    const failure: Failure = { keyword: 'propertyNames', schema, at: part, branches: [failures] }
    whole.add({ verdict, failures: [failure], seen: null }, value[name] !== unknownValue)
    if (whole.isDecided) break
  }
  return whole.outcome
}

function required(argument: unknown, visit: Visit, value: Members): Outcome {
  if (!Array.isArray(argument)) return unknown
  const whole = new Conjunction(visit.evaluator.isQuick)
  for (const name of argument) {
    whole.add(typeof name === 'string' ? presence(name, visit, value, 'required') : unknown)
    if (whole.isDecided) break
  }
  return whole.outcome
}

/** A missing property with a default is one that the server fills in, perhaps. */
function presence(missing: string, visit: Visit, value: Members, keyword: string, trigger?: string): Outcome {
  if (Object.hasOwn(value, missing)) return value[missing] === unknownValue ? unknown : valid
  const { evaluator, schema, at } = visit
  if (evaluator.hasDefault(visit, missing)) return unknown
  return refused({ keyword, schema, at, missing, ...(trigger === undefined ? {} : { trigger }) })
}

/** Checks `dependentRequired`, `dependentSchemas`, and `dependencies`, which was both. */
function dependencies(argument: unknown, visit: Visit, value: Members, keyword: string): Outcome {
  if (!isRecord(argument)) return malformed(visit)
  const { evaluator, at, seen } = visit
  const whole = new Conjunction(evaluator.isQuick)
  for (const trigger of Object.keys(argument)) {
    if (!Object.hasOwn(value, trigger)) continue
    const needed = argument[trigger]
    const isCertain = value[trigger] !== unknownValue
    if (Array.isArray(needed) && keyword !== 'dependentSchemas') {
      for (const name of needed) {
        const outcome = typeof name === 'string' ? presence(name, visit, value, 'dependentRequired', trigger) : unknown
        whole.add(outcome, isCertain)
      }
    } else if (keyword === 'dependentRequired') whole.add(unknown)
    else {
      const outcome = evaluator.evaluate(needed, at)
      seen?.merge(outcome.seen, isCertain)
      whole.add(outcome, isCertain)
    }
    if (whole.isDecided) break
  }
  return whole.outcome
}

function propertyCount(bound: unknown, visit: Visit, value: Members, keyword: string): Outcome {
  if (!isCount(bound)) return unknown
  const values = Object.values(value)
  const unknowns = values.filter((one) => one === unknownValue).length
  const [least, most] = keyword === 'minProperties' ? [bound, Infinity] : [0, bound]
  if (unknowns === 0) return judged(verdictOf(values.length >= least && values.length <= most), visit, keyword)
  return judged(withinCounts(values.length - unknowns, unknowns, least, most), visit, keyword)
}

function unevaluatedProperties(argument: unknown, visit: Visit, value: Members): Outcome {
  const { evaluator, at, seen } = visit
  const whole = new Conjunction(evaluator.isQuick)
  for (const name of Object.keys(value)) {
    const isSeen = seen?.has(name) ?? 'unknown'
    if (isSeen === 'valid') continue
    whole.add(partOutcome(argument, visit, at.child(name), 'unevaluatedProperties'), isSeen === 'invalid')
    seen?.add(name)
    if (whole.isDecided) break
  }
  return whole.outcome
}
