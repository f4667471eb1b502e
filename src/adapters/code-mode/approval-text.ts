import { visibleText } from '../../agent/approval-prompt/visible-text.ts'
import type { ApprovalBatch, ApprovalRequest } from '../../session/api/approval.ts'

const maxInputLength = 400

/** How many calls a model is told of; a person is told of all. */
const maxCalls = 20

/** What a model reads when its scripts wait for a person: the calls, each with its line, and how to have them asked for. */
export function approvalNeededText(batches: readonly ApprovalBatch[]): string {
  const requests = batches.flatMap((batch) => batch.requests)
  const shown = requests.slice(0, maxCalls).map((request) => callText(request))
  const more = requests.length > maxCalls ? [`… and ${requests.length - maxCalls} more`] : []
  const waits = batches.map(({ cellId }) => `Call wait with cell_id ${JSON.stringify(cellId)} for the decision.`)
  return ['Somebody has to allow these calls before the script goes on:', ...shown, ...more, ...waits].join('\n')
}

function callText({ identifier, input, location: place }: ApprovalRequest): string {
  return `${place === null ? '' : `line ${place.line}: `}tools.${identifier}(${inputText(input)})`
}

function inputText(input: unknown): string {
  const text = JSON.stringify(input) ?? ''
  const shown =
    text.length <= maxInputLength ? text : `${text.slice(0, maxInputLength)}… ${text.length} characters in all`
  return visibleText(shown)
}
