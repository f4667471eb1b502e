import { maxInput } from '../../agent/approval-prompt/part-to-ask.ts'
import { shownInput } from '../../agent/approval-prompt/shown-input.ts'
import { spreadDecision } from '../../agent/approval-prompt/spread-decision.ts'
import { storedApprovals } from '../../agent/approval-prompt/stored-approvals.ts'
import { CodecellError } from '../../errors.ts'
import type { ApprovalDecision, ApprovalRequest } from '../../session/api/approval.ts'
import { changedText, notPending } from '../../session/approvals/left-decision.ts'
import { decideApproval } from '../../session/decide-approval.ts'
import type { SessionReport } from '../../storage/disk/session-report.ts'
import type { DecideRequest, DecideResponse, DecideResult } from '../api.ts'
import { recordedName, type ConsoleUser } from '../auth/console-user.ts'
import { apiErrorOf } from '../data/api-error.ts'
import { badRequest } from '../data/paging.ts'
import type { RequestFields } from '../http/request-fields.ts'
import { RequestFields as Fields } from '../http/request-fields.ts'
import type { Workspace } from '../workspace/workspace.ts'
import { firstDecision } from './first-decision.ts'

const maxCalls = 200

export function parseDecide(body: RequestFields): DecideRequest {
  const given = body.fields('decision')
  const type = given.choice('type', ['allow', 'allow_in_cell', 'allow_in_session', 'deny'])
  const reason = given.optionalText('reason', 10_000)
  const calls = body.list('calls', maxCalls).map((each) => {
    const call = new Fields(each)
    const [key, inputHash] = [call.text('key'), call.text('inputHash')]
    return { key, inputHash, toolDigest: call.optionalText('toolDigest') }
  })
  if (calls.length === 0) throw badRequest('expected at least one call')
  const decision =
    type === 'allow_in_cell'
      ? ({ type, calls: given.count('calls') } as const)
      : type === 'deny' && reason !== null
        ? ({ type, reason } as const)
        : { type }
  return { sessionId: body.text('sessionId'), calls, decision, requestId: body.text('requestId', 200) }
}

/** A call and the decision about it, as the user saw the call. */
type Decided = {
  readonly key: string
  readonly inputHash: string
  readonly toolDigest: string | null
  readonly decision: ApprovalDecision
}

/** Decides about calls as they were shown. The first decision about a call counts; the response has it for each call that was refused. */
export async function decide(workspace: Workspace, user: ConsoleUser, request: DecideRequest): Promise<DecideResponse> {
  const { sessionId, requestId } = request
  const report = await workspace.report(sessionId)
  const results: DecideResult[] = []
  for (const decided of decidedCalls(request, report)) {
    try {
      checkIsShown(report, decided)
      await decideOne(workspace, { sessionId, requestId, by: recordedName(user), ...decided })
      results.push({ type: 'decided', key: decided.key })
    } catch (error) {
      const isRefused = CodecellError.is(error, 'APPROVAL_NOT_PENDING')
      const first = isRefused ? await firstDecision(workspace, sessionId, decided.key) : null
      results.push({ type: 'refused', key: decided.key, error: apiErrorOf(error), first })
    }
  }
  await workspace.look()
  const refused = results.find((result) => result.type === 'refused')
  return { results, error: refused?.error ?? null }
}

/** Returns the decision about each call. A grant also covers other pending calls of the tool in the cell, as in a terminal. */
function decidedCalls({ calls, decision }: DecideRequest, report: SessionReport): readonly Decided[] {
  const pending = new Map(report.pendingApprovals.map((approval) => [approval.key, approval]))
  if (decision.type === 'allow' || decision.type === 'deny') return calls.map((call) => ({ ...call, decision }))
  const known = calls.flatMap(({ key }) => pending.get(key) ?? [])
  const [first] = known
  if (known.some(({ cellId, identifier }) => cellId !== first?.cellId || identifier !== first.identifier)) {
    throw badRequest('expected calls of one tool in one cell for a grant')
  }
  const others = report.pendingApprovals.filter(({ cellId }) => cellId === first?.cellId)
  const asked = calls.map(({ key }) => ({ key, identifier: first?.identifier ?? '' }))
  const shown = new Map(calls.map((call) => [call.key, call]))
  return [...spreadDecision(decision, asked, others)].flatMap(([key, each]) => {
    const call = shown.get(key) ?? pending.get(key)
    if (call === undefined) return []
    return { key, inputHash: call.inputHash, toolDigest: call.toolDigest, decision: each }
  })
}

/** Checks that an approver could see the input of a call. */
function checkIsShown(report: SessionReport, { key, decision }: Decided): void {
  if (decision.type === 'deny') return
  const request = requestOf(report, key)
  if (request === null || shownInput(request.input, { max: maxInput }).isComplete) return
  throw notPending(key, 'its input is too long to show, so it can only be denied')
}

function requestOf(report: SessionReport, key: string): ApprovalRequest | null {
  return (
    storedApprovals(report)
      .flatMap(({ requests }) => requests)
      .find((request) => request.key === key) ?? null
  )
}

type DecidedBy = Decided & { readonly sessionId: string; readonly requestId: string; readonly by: string }

async function decideOne({ source, live }: Workspace, decided: DecidedBy): Promise<void> {
  const { sessionId, key, decision, inputHash, toolDigest, by: decidedBy, requestId } = decided
  const open = live.isInMemory(sessionId) ? live.find(sessionId) : null
  if (source !== null && open === null) {
    const options = { ...source.location, sessionId, key, decision, inputHash, toolDigest, decidedBy, requestId }
    return await decideApproval(options)
  }
  const pending = open?.report()?.pendingApprovals.find((each) => each.key === key)
  if (open === null || pending === undefined) throw notPending(key, 'no pending call has this key')
  if (pending.inputHash !== inputHash || (toolDigest !== null && toolDigest !== pending.toolDigest)) {
    throw notPending(key, changedText)
  }
  open.nameApprover(key, decidedBy)
  await open.session?.decide(key, decision)
}
