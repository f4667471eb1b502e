import { approvalCard } from '../../agent/approval-prompt/approval-card.ts'
import { approvalGroups } from '../../agent/approval-prompt/approval-groups.ts'
import { partToAsk } from '../../agent/approval-prompt/part-to-ask.ts'
import { shownInput } from '../../agent/approval-prompt/shown-input.ts'
import { storedApprovals } from '../../agent/approval-prompt/stored-approvals.ts'
import type { ApprovalBatch, ApprovalRequest } from '../../session/api/approval.ts'
import type { ApprovalReport, SessionReport } from '../../storage/disk/session-report.ts'
import type { PendingCall, PendingCell, PendingGroup } from '../api.ts'
import { longText } from './long-text.ts'

/** Maximum size of a source and of an input that is sent whole, in characters. */
const maxSource = 262_144
const maxWholeInput = 65_536

/** Returns the pending calls of one cell, as approvers in a terminal see them; null when none is pending. */
export function pendingCellOf(report: SessionReport, cellId: string, tenant: string | null): PendingCell | null {
  const batch = storedApprovals(report).find((each) => each.cellId === cellId)
  if (batch === undefined) return null
  const { asked, later, tooLong } = partToAsk(batch.requests)
  const reports = new Map(report.pendingApprovals.map((approval) => [approval.key, approval]))
  return {
    sessionId: report.id,
    tenant,
    cellId,
    execCallId: batch.requests[0]?.execCallId ?? null,
    oldestAt: Math.min(...batch.requests.map(({ key }) => reports.get(key)?.askedAt ?? Infinity)),
    source: longText(batch.source, maxSource),
    groups: groupsOf({ ...batch, requests: asked }, reports),
    later: later.length,
    tooLong: tooLong.flatMap((request) => {
      const call = pendingCallOf(request, reports)
      if (call === null) return []
      const { shown: _shown, input: _input, ...rest } = call
      return rest
    }),
    card: approvalCard({ source: batch.source, requests: asked }),
  }
}

type Reports = ReadonlyMap<string, ApprovalReport>

function groupsOf({ requests }: ApprovalBatch, reports: Reports): readonly PendingGroup[] {
  return approvalGroups(requests).map((group) => ({
    identifier: group.identifier,
    line: group.line,
    title: group.title,
    hint: hintOf(group.requests[0]),
    calls: group.requests.flatMap((request) => pendingCallOf(request, reports) ?? []),
  }))
}

function hintOf(request: ApprovalRequest | undefined): PendingGroup['hint'] {
  const { destructiveHint, readOnlyHint } = request?.tool.annotations ?? {}
  if (destructiveHint === true) return 'destructive'
  return readOnlyHint === true ? 'read-only' : null
}

function pendingCallOf(request: ApprovalRequest, reports: Reports): PendingCall | null {
  const report = reports.get(request.key)
  if (report === undefined) return null
  const { key, callId, identifier, location, askedAt, inputHash, toolDigest, wholeInput } = report
  const shown = shownInput(request.input, { width: 80 }).text
  const isShort = wholeInput !== null && wholeInput !== '' && wholeInput.length <= maxWholeInput
  const input = isShort ? wholeInput : null
  return { key, callId, identifier, location, askedAt, inputHash, toolDigest, shown, input }
}
