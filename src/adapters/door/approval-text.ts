import type { ApprovalRequest } from '../../session/approval.ts'

const maxInputLength = 400

/** How many calls a model is told of; a person is told of all. */
const maxCalls = 20

/** Nested calls as a person reads them before saying yes or no, one a line. */
export function callsText(requests: readonly Pick<ApprovalRequest, 'identifier' | 'input'>[]): string {
  return requests.map(({ identifier, input }) => `tools.${identifier}(${inputText(input)})`).join('\n')
}

/** What a model reads when its script waits for a person. */
export function approvalNeededText(requests: readonly ApprovalRequest[], cellId: string): string {
  const shown = requests.slice(0, maxCalls)
  const more = requests.length > maxCalls ? `\n… and ${requests.length - maxCalls} more` : ''
  return `Somebody has to allow these calls before the script goes on:\n${callsText(shown)}${more}\nCall wait with cell_id ${JSON.stringify(cellId)}: they are asked then.`
}

function inputText(input: unknown): string {
  const text = JSON.stringify(input) ?? ''
  return text.length <= maxInputLength ? text : `${text.slice(0, maxInputLength)}… ${text.length} characters in all`
}
