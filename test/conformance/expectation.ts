import { isRecord } from '../../src/protocol/json.ts'
import type { Expectation, ExpectationField } from './case.ts'
import { isMatcher, mismatch, shown } from './match.ts'
import { itemsMismatch } from './match-items.ts'
import type { SideEvents } from './side-events.ts'

/** The result of a step: its outcome, and the fields that belong to it. */
export type StepOutcome = { readonly outcome: string } & {
  readonly [field in ExpectationField]?: unknown
}

/** An outcome, its duration from the start of the operation, and the calls that were canceled by then. */
export type Observed = {
  readonly outcome: StepOutcome
  readonly ms: number
  readonly cancelledBefore: readonly string[]
}

/** Allowed delay of a machine: `maxMs` is multiplied by `timeFactor`. */
export type Tolerance = { readonly timeFactor: number }

/** Timers can be early by this time, in milliseconds. */
const earlyMs = 5

/** Returns the first mismatch between a step and its expectation, or null. */
export function expectationMismatch(
  expectation: Expectation,
  observed: Observed,
  events: SideEvents | null,
  tolerance: Tolerance,
): string | null {
  if (expectation === null) return null
  if (observed.outcome.outcome === 'result' && !expectation.has('error')) {
    const problem = mismatch(null, observed.outcome.error)
    if (problem !== null) return `error: ${problem}`
  }
  for (const [field, expected] of expectation) {
    const problem = fieldMismatch(field, expected, observed, events, tolerance)
    if (problem !== null) return `${field}: ${problem}`
  }
  return null
}

function fieldMismatch(
  field: ExpectationField,
  expected: unknown,
  { outcome, ms, cancelledBefore }: Observed,
  events: SideEvents | null,
  { timeFactor }: Tolerance,
): string | null {
  switch (field) {
    case 'outcome':
      return mismatch(Array.isArray(expected) ? { $anyOf: expected } : expected, outcome.outcome)
    case 'items':
      return itemsMismatch(expected, outcome.items)
    case 'minMs':
      return ms >= Number(expected) - earlyMs ? null : `expected at least ${Number(expected)} ms, took ${ms.toFixed(1)}`
    case 'maxMs':
      return ms <= Number(expected) * timeFactor
        ? null
        : `expected at most ${Number(expected)} ms times ${timeFactor}, took ${ms.toFixed(1)}`
    case 'calls':
      return mismatch(asCalls(expected), events?.calls)
    case 'notifications':
    case 'closed':
    case 'cancelled':
    case 'events':
      return mismatch(expected, events?.[field])
    case 'cancelledBefore':
      return missingMember(expected, cancelledBefore)
    case 'error':
    case 'message':
    case 'cell':
    case 'value':
    case 'throws':
    case 'code':
    case 'yieldMs':
    case 'maxTokens':
    case 'failure':
    case 'success':
    case 'injected':
      return mismatch(expected, outcome[field])
    default:
      return field satisfies never
  }
}

/** Compares only the members of a call that the case names. */
function asCalls(expected: unknown): unknown {
  if (!Array.isArray(expected)) return expected
  return expected.map((call: unknown) => (isRecord(call) && !isMatcher(call) ? { $has: call } : call))
}

function missingMember(expected: unknown, actual: readonly string[]): string | null {
  if (!Array.isArray(expected)) throw new TypeError('Cannot use "cancelledBefore": expected a list')
  const missing: unknown = expected.find((id) => !actual.includes(id))
  return missing === undefined ? null : `${shown(missing)} was not cancelled before the outcome came`
}
