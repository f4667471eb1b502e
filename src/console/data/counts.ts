import { callStates } from '../../storage/ledger.ts'
import type { CallCounts, CellCounts } from '../api.ts'
import { cellStatuses } from '../api/cell-statuses.ts'

type Changing<Counts> = { -readonly [Name in keyof Counts]: number }

export function noCells(): Changing<CellCounts> {
  return {
    waits_person: 0,
    waits_result: 0,
    waits_host: 0,
    waits_tool: 0,
    waits_timer: 0,
    running: 0,
    interrupted: 0,
    finished: 0,
    completed: 0,
    failed: 0,
    terminated: 0,
  }
}

export function noCalls(): Changing<CallCounts> {
  return { not_started: 0, started: 0, deferred: 0, applied: 0, failed: 0, unknown: 0 }
}

export function addCells(sum: Changing<CellCounts>, counts: CellCounts): void {
  for (const status of cellStatuses) sum[status] += counts[status]
}

export function addCalls(sum: Changing<CallCounts>, counts: CallCounts): void {
  for (const state of callStates) sum[state] += counts[state]
}
