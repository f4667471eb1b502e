import { engineIdOf } from '../../protocol/engine-print.ts'
import type { ApprovalRecord } from '../approval-store.ts'
import type { CallState, LedgerEntry } from '../ledger.ts'
import type {
  ApprovalReport,
  CellReport,
  DecisionReport,
  EngineCount,
  SessionReport,
  SessionSummary,
} from './session-report.ts'

export function cellCounts(cells: readonly CellReport[]): SessionSummary['cells'] {
  const counts = { running: 0, finished: 0, closed: 0 }
  for (const { state } of cells) counts[state.type]++
  return counts
}

/** Counts the running cells by engine, in the order of the cells. */
export function engineCounts(cells: readonly CellReport[]): SessionSummary['engines'] {
  const counts = new Map<string | null, EngineCount>()
  for (const { state, engine } of cells) {
    if (state.type !== 'running') continue
    const id = engine === null ? null : engineIdOf(engine)
    counts.set(id, { id, engine, cells: (counts.get(id)?.cells ?? 0) + 1 })
  }
  return [...counts.values()]
}

export function callCounts(ledger: readonly LedgerEntry[]): SessionSummary['calls'] {
  const counts: Record<CallState, number> = {
    not_started: 0,
    started: 0,
    deferred: 0,
    applied: 0,
    failed: 0,
    unknown: 0,
  }
  for (const { state } of ledger) counts[state]++
  return counts
}

/** A decision with the JSON of the input; null when it is not stored. */
type StoredApproval = { readonly record: ApprovalRecord; readonly input: string | null }

/** Returns the pending and the final decisions of a session. */
export function approvalsOf(
  approvals: readonly StoredApproval[],
  ledger: readonly LedgerEntry[],
): Pick<SessionReport, 'pendingApprovals' | 'decisions'> {
  return {
    pendingApprovals: approvals
      .filter(({ record }) => record.state === 'pending')
      .map((approval) => approvalOf(approval, ledger)),
    decisions: approvals.flatMap(({ record }) => decisionOf(record) ?? []),
  }
}

function approvalOf({ record, input }: StoredApproval, ledger: readonly LedgerEntry[]): ApprovalReport {
  const { key, cellId, call, identifier, inputHash, toolDigest, askedAt } = record
  const callId = `tool-${call}`
  const entry = ledger.find((candidate) => candidate.cellId === cellId && candidate.callId === callId)
  return {
    key,
    cellId,
    callId,
    identifier,
    input: entry?.input ?? '',
    wholeInput: input,
    inputHash,
    toolDigest,
    location: entry?.location ?? null,
    askedAt,
  }
}

function decisionOf({
  cellId,
  call,
  state,
  decidedAt,
  toolDigest: _digest,
  ...rest
}: ApprovalRecord): DecisionReport | null {
  if (state === 'pending' || decidedAt === null) return null
  return { cellId, callId: `tool-${call}`, state, decidedAt, ...rest }
}

/** Returns the summary of a session. */
export function summaryOf(report: SessionReport): SessionSummary {
  const { cellList: _cells, ledger: _ledger, pendingApprovals: _pending, decisions: _decisions, ...summary } = report
  return summary
}
