import { visibleText } from '../../agent/approval-prompt/visible-text.ts'
import type { ApprovalBatch, ApprovalRequest } from '../../session/api/approval.ts'

const maxInputLength = 400

/** Calls that the model reads about. The user sees all of them. */
const maxCalls = 20

/** Returns the text for the model of a script that waits for approvals: the calls with their lines, and the next step. */
export function approvalNeededText(batches: readonly ApprovalBatch[]): string {
  const requests = batches.flatMap((batch) => batch.requests)
  const shown = requests.slice(0, maxCalls).map((request) => callText(request))
  const more = requests.length > maxCalls ? [`… and ${requests.length - maxCalls} more`] : []
  const waits = batches.map(({ cellId }) => `Call wait with cell_id ${JSON.stringify(cellId)} for the decision.`)
  return ['The user must approve these calls before the script continues:', ...shown, ...more, ...waits].join('\n')
}

function callText({ identifier, input, location }: ApprovalRequest): string {
  return `${location === null ? '' : `line ${location.line}: `}tools.${identifier}(${inputText(input)})`
}

function inputText(input: unknown): string {
  const text = JSON.stringify(input) ?? ''
  const shown =
    text.length <= maxInputLength ? text : `${text.slice(0, maxInputLength)}… (${text.length} characters in total)`
  return visibleText(shown)
}
