import type { ApprovalRequest } from '../../session/approval.ts'

const maxInputLength = 400

/** Nested calls as a person reads them before saying yes or no, one a line. */
export function callsText(requests: readonly Pick<ApprovalRequest, 'identifier' | 'input'>[]): string {
  return requests.map(({ identifier, input }) => `tools.${identifier}(${inputText(input)})`).join('\n')
}

/** What a model reads when its script waits for a person. */
export function approvalNeededText(requests: readonly ApprovalRequest[], cellId: string): string {
  return `Somebody has to allow these calls before the script goes on:\n${callsText(requests)}\nCall wait with cell_id ${JSON.stringify(cellId)}: they are asked then.`
}

function inputText(input: unknown): string {
  const text = JSON.stringify(input) ?? ''
  return text.length <= maxInputLength ? text : `${text.slice(0, maxInputLength)}… ${text.length} characters in all`
}
