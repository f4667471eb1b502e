import { expect } from 'vitest'
import type { Outcome } from '../../src/index.ts'
import { texts } from './hosts-under-test.ts'

export type OutcomeSummary = { readonly type: string; readonly printed: string[]; readonly errorText: string | null }

/** What counts of an outcome: how it ended, what was printed, and the error text. */
export function summaryOf(outcome: Outcome): OutcomeSummary {
  const errorText = 'errorText' in outcome ? outcome.errorText : null
  return { type: outcome.type, printed: texts(outcome), errorText }
}

/** Stands for a text in a comparison: that text, or one of a pattern. */
export function matching(text: string | RegExp): unknown {
  return typeof text === 'string' ? text : expect.stringMatching(text)
}
