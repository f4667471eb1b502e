import { isRecord } from '../../protocol/json.ts'
import { arrayKeywords } from './array-keywords.ts'
import type { CheckBudget } from './check-budget.ts'
import { Conjunction } from './conjunction.ts'
import { DefaultedProperties } from './defaulted-properties.ts'
import { type Dialect, isAnnotation, isDefined, isReferenceAlone } from './dialect.ts'
import { inPlaceKeywords } from './in-place-keywords.ts'
import { Location } from './location.ts'
import { objectKeywords } from './object-keywords.ts'
import type { PatternMatcher } from './pattern-matcher.ts'
import type { Schema, SchemaDocument } from './schema-document.ts'
import { SeenParts } from './seen-parts.ts'
import { valueKeywords } from './value-keywords.ts'
import {
  type Evaluator,
  hasUnknown,
  type KeywordCheck,
  type Outcome,
  refused,
  unknown,
  unknownValue,
  valid,
  type Visit,
} from './visit.ts'

const checks: ReadonlyMap<string, KeywordCheck> = new Map([
  ...valueKeywords,
  ...inPlaceKeywords,
  ...objectKeywords,
  ...arrayKeywords,
])

/** Keywords that depend on what all others of a schema have evaluated. */
const lastKeywords = ['unevaluatedItems', 'unevaluatedProperties'] as const

type Parts = {
  readonly document: SchemaDocument
  readonly budget: CheckBudget
  readonly patterns: PatternMatcher
}

/** Validates one input. Anything that a schema states and codecell cannot check has the verdict `unknown`. */
export class SchemaEvaluator implements Evaluator {
  readonly document: SchemaDocument
  readonly budget: CheckBudget
  readonly patterns: PatternMatcher
  readonly isQuick: boolean
  readonly defaults: DefaultedProperties
  readonly #scope: Schema[] = []
  readonly #input: unknown
  #hasUnknowns: boolean | null = null
  #reason: string | null = null

  constructor({ document, budget, patterns }: Parts, input: unknown, isQuick: boolean) {
    this.document = document
    this.budget = budget
    this.patterns = patterns
    this.isQuick = isQuick
    this.defaults = new DefaultedProperties(document, patterns)
    this.#input = input
  }

  /** The first reason why a part of the schema could not be checked, or null. */
  get reason(): string | null {
    return this.#reason
  }

  get scope(): readonly Schema[] {
    return this.#scope
  }

  /** Returns the outcome of the whole input. */
  run(): Outcome {
    return this.evaluate(this.document.root, Location.ofInput(this.#input))
  }

  hasDefault({ schema, at }: Visit, name: string): boolean {
    return this.defaults.has(schema, at, name)
  }

  mayBeUnknown(value: unknown): boolean {
    this.#hasUnknowns ??= hasUnknown(this.#input)
    return this.#hasUnknowns && hasUnknown(value)
  }

  leaveOut(reason: string): Outcome {
    this.#reason ??= reason
    return unknown
  }

  evaluate(schema: unknown, at: Location): Outcome {
    this.budget.spend(1)
    if (at.value === unknownValue) return unknown
    if (schema === true) return valid
    if (schema === false) return refused({ keyword: 'false', schema: {}, at })
    if (!isRecord(schema)) return unknown
    const dialect = this.document.dialectOf(schema)
    if (dialect === null) return this.#unchecked('its schema has a $schema that codecell does not know')
    if (at.active.has(schema)) {
      return this.#unchecked('a reference of its schema leads back to itself and would exhaust the call stack')
    }
    at.active.add(schema)
    this.#scope.push(schema)
    const outcome = this.#apply(schema, dialect, at)
    this.#scope.pop()
    at.active.delete(schema)
    return outcome
  }

  /** Returns the outcome of a schema that may have evaluated any part of the value. */
  #unchecked(reason: string): Outcome {
    const seen = this.document.tracksParts ? new SeenParts() : null
    seen?.addUnknown()
    return { ...this.leaveOut(reason), seen }
  }

  #apply(schema: Schema, dialect: Dialect, at: Location): Outcome {
    const isTracked = this.document.tracksParts && typeof at.value === 'object' && at.value !== null
    const seen = isTracked ? new SeenParts() : null
    const visit: Visit = { evaluator: this, schema, dialect, at, seen }
    const whole = new Conjunction(this.isQuick)
    for (const keyword of keywordsOf(schema)) {
      whole.add(this.#check(keyword, visit), isEffective(keyword, visit))
      if (whole.isDecided) break
    }
    const { outcome } = whole
    if (outcome.verdict === 'invalid') return at.value === null && schema['nullable'] === true ? unknown : outcome
    return seen === null ? outcome : { ...outcome, seen }
  }

  #check(keyword: string, visit: Visit): Outcome {
    const argument = visit.schema[keyword]
    const check = checks.get(keyword)
    if (Array.isArray(argument)) this.budget.spend(argument.length / 16)
    if (check !== undefined) return check(argument, visit, keyword)
    // An extension states nothing about the parts of a value; another keyword may be of a dialect to come.
    if (!keyword.startsWith('x-')) visit.seen?.addUnknown()
    return unknown
  }
}

/** Returns whether a keyword certainly has its effect in the dialect of the schema. */
function isEffective(keyword: string, { schema, dialect }: Visit): boolean {
  // Drafts before 2019-09 ignore keywords next to `$ref`, but validators such as Ajv do not, and most schemas do not state their draft.
  const canIgnore = dialect === 'any' || isReferenceAlone(dialect)
  const isNextToReference = canIgnore && keyword !== '$ref' && typeof schema['$ref'] === 'string'
  return isDefined(keyword, dialect) && !isNextToReference
}

/** Returns the keywords that count, those that depend on others at the end. */
function keywordsOf(schema: Schema): readonly string[] {
  const names = Object.keys(schema).filter((name) => !isAnnotation(name))
  const last = lastKeywords.filter((name) => names.includes(name))
  return last.length === 0 ? names : [...names.filter((name) => !last.some((other) => other === name)), ...last]
}
