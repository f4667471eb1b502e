import { storedInboxOf } from '../../session/inbox/stored-inbox.ts'
import type { Decision } from '../api.ts'
import { decisionItemOf } from '../data/call-items.ts'
import type { Workspace } from '../workspace/workspace.ts'

/** Returns the decision that a call has, on record or in the inbox of its session; null for none. */
export async function firstDecision(workspace: Workspace, sessionId: string, key: string): Promise<Decision | null> {
  // The index may not have seen it.
  await workspace.look()
  const report = await workspace.report(sessionId).catch(() => null)
  const decided = report?.decisions.find((decision) => decision.key === key)
  if (decided !== undefined) return decisionItemOf(sessionId, decided)
  const pending = report?.pendingApprovals.find((approval) => approval.key === key)
  if (workspace.source === null || pending === undefined || workspace.live.isInMemory(sessionId)) return null
  const inbox = storedInboxOf({ ...workspace.source.location, sessionId })
  const left = await inbox.find({ kind: 'decision', key }).catch(() => null)
  if (left === null) return null
  const { cellId, callId, identifier, askedAt } = pending
  return {
    sessionId,
    cellId,
    callId,
    key,
    identifier,
    state: left.type === 'deny' ? 'denied' : 'allowed',
    decision: left.type,
    grantedCalls: left.calls,
    reason: left.reason,
    decidedBy: left.by,
    askedAt,
    decidedAt: left.at,
  }
}
