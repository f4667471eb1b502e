import { randomUUID } from 'node:crypto'
import { CodecellError } from '../errors.ts'
import { cellEndedReason } from '../storage/approval-store.ts'
import { checkOptions } from '../options/check-options.ts'
import type { ApprovalReport, DecisionReport, SessionReport } from '../storage/disk/session-report.ts'
import { maxReasonChars, type InboxDecision } from '../storage/inbox-content.ts'
import { readSession } from '../storage/reports/read-sessions.ts'
import type { ApprovalDecision } from './api/approval.ts'
import { changedText, decisionText, demandDecision, fieldsOf, notPending } from './approvals/left-decision.ts'
import { storedInboxOf, type StoredInbox, type StoredSession } from './inbox/stored-inbox.ts'

/** The decision about a pending call of a stored session, in a folder or a shared store. */
export type StoredDecision = StoredSession & {
  /** The key of the call, as `readSession` lists it in `pendingApprovals`. */
  readonly key: string
  readonly decision: ApprovalDecision
  /**
   * The `inputHash` of the call as the approver saw it. A call with another input is refused.
   *
   * @default that of the pending call
   */
  readonly inputHash?: string
  /**
   * The `toolDigest` of the call as the approver saw it. A call of a tool that has changed is refused.
   *
   * @default that of the pending call
   */
  readonly toolDigest?: string | null
  /** The name of the approver, of at most 200 characters, for the record. */
  readonly decidedBy?: string
  /**
   * The id of this request, of at most 200 characters. A repeated request with the same id and decision has no effect and no error.
   * Without an id, a call accepts one request only.
   */
  readonly requestId?: string
}

/**
 * Decides about a pending call of a stored session, which can be open in another process or in none. Resolves when the decision is on
 * record for the owner of the session, who takes it at once or when the session is opened. The first decision counts. A cell that
 * ends first does not receive it. To decide in the process that has the session open, use `session.decide`.
 *
 * @throws {CodecellError} `APPROVAL_NOT_PENDING` when the call does not wait for a decision, has one, which the message shows, or is
 * not as it was shown; `INVALID_OPTION`; `SESSION_NOT_FOUND`, `SESSION_INVALID`, `STORAGE_FAILED`, `STORE_UNREACHABLE`;
 * `LIMIT_EXCEEDED` for a full inbox
 * @example
 * ```ts
 * const { pendingApprovals } = readSession({ storage: 'sessions', sessionId: 'invoices' })
 * for (const { key, inputHash, toolDigest } of pendingApprovals) {
 *   const shown = { key, inputHash, toolDigest }
 *   await decideApproval({ storage: 'sessions', sessionId: 'invoices', ...shown, decision: { type: 'allow' } })
 * }
 * ```
 */
export async function decideApproval(options: StoredDecision): Promise<void> {
  checkOptions<Record<string, unknown>>('decideApproval', options, {
    storage: 'any',
    store: 'any',
    sessionId: 'any',
    key: 'any',
    decision: 'any',
    inputHash: 'any',
    toolDigest: 'any',
    decidedBy: 'any',
    requestId: 'any',
  })
  const given = parseGiven(options)
  const inbox = storedInboxOf(options)
  // In this order: a decision that leaves the inbox in between is on record.
  const left = await inbox.find({ kind: 'decision', key: given.key })
  const report = await readSession(options)
  if (isRepeated(report, given)) return
  if (left !== null) return checkOwn(left, given)
  const shown = demandPending(report, given.key)
  checkShown(options, shown)
  const { inputHash, toolDigest } = shown
  await inbox.leave({ kind: 'decision', ...given, inputHash, toolDigest })
  await checkLeft(options, inbox, given)
}

type Given = Omit<InboxDecision, 'kind' | 'inputHash' | 'toolDigest'>

function parseGiven({ key, decision, decidedBy, requestId }: StoredDecision): Given {
  if (typeof key !== 'string') throw notPending(String(key), 'expected a string as key')
  const fields = fieldsOf(demandDecision(decision))
  checkText('decision', fields.reason, maxReasonChars)
  checkText('decidedBy', decidedBy ?? null)
  checkText('requestId', requestId ?? null)
  const reason = fields.reason?.toWellFormed() ?? null
  // The id distinguishes this decision from one of another process.
  const id = requestId?.toWellFormed() ?? randomUUID()
  return { key, id, by: decidedBy?.toWellFormed() ?? null, ...fields, reason, at: Date.now() }
}

const maxNameChars = 200

function checkText(option: string, value: unknown, max: number = maxNameChars): void {
  if (value === null || (typeof value === 'string' && value.length <= max && (value !== '' || max !== maxNameChars)))
    return
  const expected = `a string of at most ${max} characters as ${option === 'decision' ? 'the reason' : `"${option}"`}`
  throw new CodecellError('INVALID_OPTION', `Cannot decide about a call: expected ${expected}`, {
    details: { option: `decideApproval.${option}`, expected },
  })
}

/** Returns whether this decision is on record. A request with the same id and another decision is not a repeated one. */
function isRepeated({ decisions }: SessionReport, { key, id, type, calls, reason }: Given): boolean {
  return decisions.some(
    (each) =>
      each.key === key &&
      each.requestId === id &&
      each.decision === type &&
      each.grantedCalls === calls &&
      each.reason === reason,
  )
}

/** Accepts the waiting decision if it is this one. */
function checkOwn(left: InboxDecision, { key, id, type, calls, reason }: Given): void {
  if (left.id === id && left.type === type && left.calls === calls && left.reason === reason) return
  const { type: decision, calls: grantedCalls, by: decidedBy, at: decidedAt } = left
  const state = decision === 'deny' ? 'denied' : 'allowed'
  throw notPending(key, decisionText({ state, decision, grantedCalls, decidedBy, decidedAt, reason: left.reason }))
}

/** @throws {CodecellError} `APPROVAL_NOT_PENDING` */
function demandPending({ pendingApprovals, decisions, cellList }: SessionReport, key: string): ApprovalReport {
  const decided = decisions.find((each) => each.key === key)
  if (decided !== undefined) throw notPending(key, reasonOf(decided))
  const pending = pendingApprovals.find((each) => each.key === key)
  if (pending === undefined) throw notPending(key, 'no pending call has this key')
  const cell = cellList.find(({ cellId }) => cellId === pending.cellId)
  if (cell !== undefined && cell.state.type !== 'running') throw notPending(key, 'its cell has ended')
  return pending
}

function reasonOf(decided: DecisionReport): string {
  return decided.decision === null && decided.reason === cellEndedReason ? 'its cell has ended' : decisionText(decided)
}

/** Checks that the pending call is the one that the approver saw. */
function checkShown({ key, inputHash, toolDigest }: StoredDecision, pending: ApprovalReport): void {
  const isSameInput = inputHash === undefined || inputHash === pending.inputHash
  const isSameTool = (toolDigest ?? null) === null || pending.toolDigest === null || toolDigest === pending.toolDigest
  if (!isSameInput || !isSameTool) throw notPending(key, changedText)
}

/** Checks that the inbox or the record has this decision, and not that of another process. */
async function checkLeft(options: StoredDecision, inbox: StoredInbox, given: Given): Promise<void> {
  const left = await inbox.find({ kind: 'decision', key: given.key })
  const report = await readSession(options)
  if (isRepeated(report, given)) return
  if (left?.id === given.id && report.decisions.some(({ key }) => key === given.key)) inbox.withdraw(left)
  demandPending(report, given.key)
  if (left === null) throw notPending(given.key, changedText)
  checkOwn(left, given)
}
