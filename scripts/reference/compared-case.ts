import { createHash } from 'node:crypto'
import type { Adapter } from '../../test/conformance/adapter.ts'
import type { ConformanceCase } from '../../test/conformance/case.ts'
import type { StepOutcome } from '../../test/conformance/expectation.ts'
import { runCase, type CaseResult } from '../../test/conformance/run-case.ts'
import { timeFactorOf } from '../../test/conformance/time-factor.ts'
import { firstDifference } from './difference.ts'

const tolerance = { timeFactor: timeFactorOf(process.env) }

type Verdict = 'passes' | 'fails'

/** The results of one case on the reference and on codecell. */
export type ComparedCase = {
  readonly id: string
  /** The result of the reference that the case file states. */
  readonly known: ConformanceCase['reference']['status']
  /** Whether the reference behaves as the case file states. */
  readonly isAsKnown: boolean
  readonly reference: Verdict
  readonly codecell: Verdict
  /** A SHA-256 of the outcomes of the reference. Null if it fails the case, or if several outcomes are correct. */
  readonly referenceOutcomes: string | null
  /** The first difference; null if both results are equal. */
  readonly difference: string | null
}

/** Runs a case on both. */
export async function compareCase(
  conformanceCase: ConformanceCase,
  adapters: { readonly reference: Adapter; readonly codecell: Adapter },
): Promise<ComparedCase> {
  const { id, reference: known, variants } = conformanceCase
  const reference = await runCase(conformanceCase, adapters.reference, tolerance)
  const codecell = await runCase(conformanceCase, adapters.codecell, tolerance)
  return {
    id,
    known: known.status,
    isAsKnown: known.status === 'not-runnable' || (known.status === 'defect') === (reference.type === 'failed'),
    reference: verdict(reference),
    codecell: verdict(codecell),
    referenceOutcomes: variants.length > 1 || reference.type === 'failed' ? null : digest(reference.outcomes),
    difference: differenceOf(conformanceCase, reference, codecell),
  }
}

/** Returns whether a case belongs into the table of differences. */
export function isDifferent({ difference, reference, codecell, isAsKnown }: ComparedCase): boolean {
  return difference !== null || reference !== codecell || !isAsKnown
}

function differenceOf({ variants }: ConformanceCase, reference: CaseResult, codecell: CaseResult): string | null {
  if (codecell.type === 'failed') return codecell.problem
  // The winner of a race is not a difference.
  if (variants.length > 1) return null
  const ours = codecell.outcomes.slice(0, reference.outcomes.length)
  const difference = firstDifference(reference.outcomes, ours, 'step')
  return difference ?? (reference.type === 'failed' ? reference.problem : null)
}

function verdict({ type }: CaseResult): Verdict {
  return type === 'passed' ? 'passes' : 'fails'
}

function digest(outcomes: readonly StepOutcome[]): string {
  return createHash('sha256')
    .update(JSON.stringify(outcomes).replaceAll(/session-\d+/g, 'session'))
    .digest('hex')
}
