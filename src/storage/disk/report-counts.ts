import { engineIdOf } from '../../protocol/engine-print.ts'
import type { CallState, LedgerEntry } from '../ledger.ts'
import type { AskedCall } from './database/disk-approvals.ts'
import type { ApprovalReport, CellReport, EngineCount, SessionSummary } from './session-report.ts'

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

export function approvalOf(
  { key, cellId, call, identifier, askedAt }: Pick<AskedCall, 'key' | 'cellId' | 'call' | 'identifier' | 'askedAt'>,
  ledger: readonly LedgerEntry[],
): ApprovalReport {
  const callId = `tool-${call}`
  const entry = ledger.find((candidate) => candidate.cellId === cellId && candidate.callId === callId)
  return { key, cellId, callId, identifier, input: entry?.input ?? '', location: entry?.location ?? null, askedAt }
}
