import { defaultMaxOutputTokens } from '../../agent/response/response.ts'
import type { ContentItem } from '../../protocol/content-item.ts'
import type { CellOutcome } from '../../session/api/outcome.ts'
import { boundedResponse } from './bounded-response.ts'

/** The response about a cell, in the terms that both protocols of the reference share. */
export type CodexResponse = {
  readonly type: 'yielded' | 'terminated' | 'completed'
  /** Whether the cell exists. */
  readonly isMissing: boolean
  readonly cellId: string
  readonly items: readonly ContentItem[]
  /** Null unless the cell failed or is missing. */
  readonly errorText: string | null
  readonly durationNs: number
}

/** The side that adds the error item and truncates the output to its budget: the agent, or this host (CM-L30). */
export type Truncation = 'client' | 'server'

/** `maxOutputTokens` null means the default budget. */
export function responseOf(
  outcome: CellOutcome,
  truncation: Truncation,
  maxOutputTokens: number | null,
): CodexResponse {
  const errorText = outcome.type === 'failed' || outcome.type === 'missing' ? outcome.errorText : null
  const output = outcome.type === 'missing' ? [] : outcome.items
  return {
    type: typeOf(outcome),
    isMissing: outcome.type === 'missing',
    cellId: outcome.cellId,
    items: truncation === 'client' ? output : shown(output, errorText, maxOutputTokens ?? defaultMaxOutputTokens),
    errorText,
    durationNs: Math.round(outcome.durationMs * 1e6),
  }
}

function typeOf({ type }: CellOutcome): CodexResponse['type'] {
  return type === 'yielded' || type === 'terminated' ? type : 'completed'
}

function shown(output: readonly ContentItem[], errorText: string | null, budget: number): readonly ContentItem[] {
  const error: ContentItem[] = errorText === null ? [] : [{ type: 'input_text', text: `Script error:\n${errorText}` }]
  return boundedResponse([...output, ...error], budget)
}
