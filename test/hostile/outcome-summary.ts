import { expect } from 'vitest'
import type { CellOutcome } from '../../src/index.ts'
import { textsOf } from '../support/texts.ts'

export type OutcomeSummary = { readonly type: string; readonly printed: string[]; readonly errorText: string | null }

/** Returns the type of an outcome, its texts and its error text. */
export function summaryOf(outcome: CellOutcome): OutcomeSummary {
  const errorText = 'errorText' in outcome ? outcome.errorText : null
  return { type: outcome.type, printed: textsOf(outcome), errorText }
}

/** Returns a matcher for an exact string or for a pattern. */
export function matching(text: string | RegExp): unknown {
  return typeof text === 'string' ? text : expect.stringMatching(text)
}
