import type { CheckBudget } from './check-budget.ts'
import type { Dialect } from './dialect.ts'
import type { Location } from './location.ts'
import type { PatternMatcher } from './pattern-matcher.ts'
import type { Schema, SchemaDocument } from './schema-document.ts'
import type { SeenParts } from './seen-parts.ts'
import type { Verdict } from './verdict.ts'

/** A keyword that a value does not fit. */
export type Failure = {
  readonly keyword: string
  /** The schema that has the keyword. */
  readonly schema: Schema
  readonly at: Location
  /** The property that is missing. */
  readonly missing?: string
  /** The property that requires the missing one. */
  readonly trigger?: string
  /** The failures of each alternative, or of the name of a property. */
  readonly branches?: readonly (readonly Failure[])[]
  /** The positions of the alternatives that the value fits, or of two equal items. */
  readonly positions?: readonly number[]
}

/** The verdict of a schema or a keyword, with the failures of a value that does not fit. */
export type Outcome = {
  readonly verdict: Verdict
  readonly failures: readonly Failure[]
  /** The parts that the schema evaluated, if another schema depends on them. */
  readonly seen: SeenParts | null
}

export const valid: Outcome = { verdict: 'valid', failures: [], seen: null }
export const unknown: Outcome = { verdict: 'unknown', failures: [], seen: null }

/** The validation of one input. */
export interface Evaluator {
  readonly document: SchemaDocument
  readonly budget: CheckBudget
  readonly patterns: PatternMatcher
  /** Whether the first failure is enough. */
  readonly isQuick: boolean
  /** The schemas that lead to the current one, from the outermost. */
  readonly scope: readonly Schema[]
  evaluate(schema: unknown, at: Location): Outcome
  /** Returns whether a schema for this object states a default for a property, so that it may be missing. */
  hasDefault(visit: Visit, name: string): boolean
  /** Returns whether a value of the input contains one that is not known. */
  mayBeUnknown(value: unknown): boolean
  /** Notes why a part of the schema cannot be checked. Returns the outcome. */
  leaveOut(reason: string): Outcome
}

/** One schema that is applied to one value. */
export type Visit = {
  readonly evaluator: Evaluator
  readonly schema: Schema
  readonly dialect: Dialect
  readonly at: Location
  readonly seen: SeenParts | null
}

/** Checks one keyword of a schema. `argument` is the value of the keyword. */
export type KeywordCheck = (argument: unknown, visit: Visit, keyword: string) => Outcome

/** An input with a value that is not known before the program runs. It may also be undefined, and so absent. */
export const unknownValue: unique symbol = Symbol('unknown value')

/** Returns the outcome of a keyword without schemas inside. */
export function judged(verdict: Verdict, { schema, at }: Visit, keyword: string): Outcome {
  if (verdict !== 'invalid') return verdict === 'valid' ? valid : unknown
  return refused({ keyword, schema, at })
}

export function refused(failure: Failure): Outcome {
  return { verdict: 'invalid', failures: [failure], seen: null }
}

/** Returns whether a value contains one that is not known. */
export function hasUnknown(value: unknown): boolean {
  if (value === unknownValue) return true
  return typeof value === 'object' && value !== null && Object.values(value).some(hasUnknown)
}
