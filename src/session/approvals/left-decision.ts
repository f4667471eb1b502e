import { CodecellError } from '../../errors.ts'
import type { RecordedDecision } from '../../storage/approval-store.ts'
import type { InboxDecision } from '../../storage/inbox-content.ts'
import type { ApprovalDecision } from '../api/approval.ts'
import { parseDecision } from './parse-decision.ts'

/** The reason for which a decision about a changed call does not count. */
export const changedText = 'the call has changed since it was shown; show it again'

/** @throws {CodecellError} `INVALID_OPTION` */
export function demandDecision(value: ApprovalDecision): ApprovalDecision {
  const decision = parseDecision(value)
  if (decision !== null) return decision
  throw new CodecellError(
    'INVALID_OPTION',
    `Cannot decide about a call: expected a decision such as { type: 'allow' }, got ${JSON.stringify(value)}`,
    { details: { option: 'decision' } },
  )
}

/** Returns the error for a decision about a call that does not wait for one. */
export function notPending(key: string, reason: string): CodecellError {
  const shown = key.length > 200 ? `${key.slice(0, 200)}…` : key
  return new CodecellError('APPROVAL_NOT_PENDING', `Cannot decide about call ${JSON.stringify(shown)}: ${reason}`, {
    details: { key },
  })
}

/** Returns the decision in an entry of an inbox. */
export function decisionOf({
  type,
  calls,
  reason,
}: Pick<InboxDecision, 'type' | 'calls' | 'reason'>): ApprovalDecision {
  if (type === 'allow_in_cell') return { type, calls: calls ?? 1 }
  if (type !== 'deny') return { type }
  return reason === null ? { type } : { type, reason }
}

/** Returns the fields of a decision as they are stored. */
export function fieldsOf(decision: ApprovalDecision): Pick<InboxDecision, 'type' | 'calls' | 'reason'> {
  const { type } = decision
  return {
    type,
    calls: type === 'allow_in_cell' ? decision.calls : null,
    reason: type === 'deny' ? (decision.reason ?? null) : null,
  }
}

type MadeDecision = Pick<RecordedDecision, 'decision' | 'grantedCalls' | 'decidedBy'> & {
  readonly state: 'allowed' | 'denied'
  readonly reason: string | null
  readonly decidedAt: number
}

/** Returns a decision in words, for an approver whose decision came later. */
export function decisionText({ state, decision, grantedCalls, reason, decidedBy, decidedAt }: MadeDecision): string {
  const scope =
    decision === 'allow_in_session'
      ? ', with all calls of the tool in the session'
      : grantedCalls === null
        ? ''
        : `, with up to ${grantedCalls} calls of the tool in its cell`
  const by = decidedBy === null ? '' : ` by ${JSON.stringify(decidedBy)}`
  const why = reason === null || reason === '' ? '' : `: ${shortened(reason)}`
  return `it was ${state}${by} at ${new Date(decidedAt).toISOString()}${scope}${why}`
}

function shortened(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}
