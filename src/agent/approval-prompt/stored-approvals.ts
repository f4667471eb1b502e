import type { ApprovalBatch, ApprovalRequest } from '../../session/api/approval.ts'
import type { ApprovalReport, CellReport, SessionReport } from '../../storage/disk/session-report.ts'
import type { Tool } from '../../tools/tool.ts'

/**
 * Returns the pending calls of a session that `readSession` has read, as approvers see those of an open session. The tools have
 * their identifiers and whether they are read-only.
 *
 * @example
 * ```ts
 * for (const batch of storedApprovals(readSession({ storage: 'sessions', sessionId: 'invoices' }))) {
 *   console.log(approvalCard(batch))
 * }
 * ```
 */
export function storedApprovals(report: SessionReport): readonly ApprovalBatch[] {
  return report.cellList.flatMap((cell) => {
    // The calls of a program that has ended need no decision.
    const pending = report.pendingApprovals.filter(({ cellId }) => cellId === cell.cellId)
    if (pending.length === 0 || cell.state.type !== 'running') return []
    const { cellId, source } = cell
    return { cellId, source, requests: pending.map((approval) => requestOf(approval, cell, report)) }
  })
}

function requestOf(approval: ApprovalReport, { execCallId }: CellReport, { ledger }: SessionReport): ApprovalRequest {
  const { key, cellId, callId, identifier, location } = approval
  const isReadOnly = ledger.find((call) => call.key === key)?.isReadOnly === true
  const tool: Tool = {
    name: identifier,
    ...(isReadOnly ? { annotations: { readOnlyHint: true } } : {}),
    call: () => {
      throw new TypeError(`tool \`${identifier}\` can only be called by its session`)
    },
  }
  return { key, cellId, callId, execCallId, identifier, tool, input: inputOf(approval), location }
}

/** Returns the input; the truncated JSON for a call in a record of an older format. */
function inputOf({ wholeInput, input }: ApprovalReport): unknown {
  try {
    return wholeInput === '' ? undefined : JSON.parse(wholeInput ?? input)
  } catch {
    return input
  }
}
