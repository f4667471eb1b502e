import { expect } from 'vitest'
import type { CellOutcome } from '../../src/index.ts'
import { textsOf } from '../support/texts.ts'

export type OutcomeSummary = { readonly type: string; readonly printed: string[]; readonly errorText: string | null }

/** How a cell ended, what it printed, and its error text. */
export function summaryOf(outcome: CellOutcome): OutcomeSummary {
  const errorText = 'errorText' in outcome ? outcome.errorText : null
  return { type: outcome.type, printed: textsOf(outcome), errorText }
}

/** Stands for a text in a comparison: that text, or one of a pattern. */
export function matching(text: string | RegExp): unknown {
  return typeof text === 'string' ? text : expect.stringMatching(text)
}
