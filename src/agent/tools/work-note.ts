import { remarkText } from '../../protocol/remark.ts'
import type { CellOutcome } from '../../session/api/outcome.ts'
import type { ModelResponse } from '../response/response.ts'

/** Adds a note on work that was lost to the last response of a cell. */
export function withWorkNote(response: ModelResponse, outcome: CellOutcome): ModelResponse {
  const remarks = outcome.type === 'completed' || outcome.type === 'failed' ? (outcome.remarks ?? []) : []
  if (remarks.length === 0) return response
  const text = ['Notes on the work of the script:', ...remarks.map((remark) => `- ${remarkText(remark)}`)].join('\n')
  return { ...response, items: [...response.items, { type: 'input_text', text }] }
}
