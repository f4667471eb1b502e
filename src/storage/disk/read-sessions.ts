import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { CodecellError, messageOf } from '../../errors.ts'
import type { CallState, LedgerEntry } from '../ledger.ts'
import { SessionDatabase } from './database/database.ts'
import { readApprovals, type AskedCall } from './database/disk-approvals.ts'
import { readLedger } from './database/disk-ledger.ts'
import { layoutOf, type SessionLayout } from './layout.ts'
import { holderPid, isLeased, wasLeftOpen } from './lease.ts'
import { readCells } from './read-cells.ts'
import { Row } from './database/row-reader.ts'
import { folderState } from './session-folder.ts'
import type {
  ApprovalReport,
  CellReport,
  SessionReport,
  SessionSummary,
  SessionUser,
  UnreadableSession,
} from './session-report.ts'

/** The storage of sessions: a directory, as a string or as `dir`. */
export type StorageLocation = { readonly storage: string | { readonly dir: string } }

/**
 * Lists the sessions of a storage, the most recently active first. It changes nothing; other processes may have the
 * sessions open. A session with corrupt files is listed with the reason.
 *
 * @throws {CodecellError} `SESSION_NOT_FOUND` when the directory does not exist
 */
export function readSessions(options: StorageLocation): readonly (SessionSummary | UnreadableSession)[] {
  const folder = dirOf(options.storage)
  const sessions = namesIn(folder).map((id) => summaryOrError(folder, id))
  return sessions.toSorted((left, right) => activityOf(right) - activityOf(left) || (left.id < right.id ? -1 : 1))
}

/**
 * Reports everything that is stored of one session. It changes nothing; a process may have the session open.
 *
 * @throws {CodecellError} `SESSION_NOT_FOUND`, `SESSION_INVALID` for corrupt files, `INVALID_OPTION` for an invalid id
 * @example
 * ```ts
 * const { cellList, ledger } = readSession({ storage: 'sessions', sessionId: 'invoices' })
 * ```
 */
export function readSession(options: StorageLocation & { readonly sessionId: string }): SessionReport {
  return reportOn(dirOf(options.storage), options.sessionId)
}

function dirOf(storage: StorageLocation['storage']): string {
  return typeof storage === 'string' ? storage : storage.dir
}

function reportOn(folder: string, id: string): SessionReport {
  const layout = layoutOf(folder, id)
  if (!existsSync(layout.database)) {
    throw new CodecellError('SESSION_NOT_FOUND', `Cannot read session "${id}": not found in "${folder}"`)
  }
  if (!isLeased(layout)) folderState(layout, wasLeftOpen(layout))
  const database = SessionDatabase.read(layout.database)
  try {
    const openedBy = userOf(layout)
    return database.readSnapshot(() => reportOf({ id, layout, database, openedBy }))
  } finally {
    database.close({ isLogHeld: true })
  }
}

type Reading = {
  readonly id: string
  readonly layout: SessionLayout
  readonly database: SessionDatabase
  readonly openedBy: SessionUser | null
}

function reportOf({ id, layout, database, openedBy }: Reading): SessionReport {
  const ledger = readLedger(database, id, null)
  const pending = readApprovals(database, null).filter(({ state }) => state === 'pending')
  const cellList = readCells({ layout, database, isOpen: openedBy !== null, ledger, pending })
  const createdAt = Math.min(Math.trunc(statSync(layout.database).birthtimeMs), ...timesOf(cellList))
  return {
    type: 'session',
    id,
    openedBy,
    createdAt,
    lastActivityAt: lastActivity(database) ?? createdAt,
    cells: cellCounts(cellList),
    calls: callCounts(ledger),
    approvals: pending.length,
    cellList,
    ledger,
    pendingApprovals: pending.map((record) => approvalOf(record, ledger)),
  }
}

function summaryOrError(folder: string, id: string): SessionSummary | UnreadableSession {
  try {
    const { cellList: _cells, ledger: _ledger, pendingApprovals: _approvals, ...summary } = reportOn(folder, id)
    return summary
  } catch (error) {
    return { type: 'unreadable', id, message: messageOf(error) }
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true })
    return entries.filter((entry) => existsSync(join(folder, entry.name, 'session.db'))).map(({ name }) => name)
  } catch (cause) {
    throw new CodecellError('SESSION_NOT_FOUND', `Cannot read sessions: directory not found: "${folder}"`, { cause })
  }
}

function userOf(layout: SessionLayout): SessionUser | null {
  return isLeased(layout) ? { pid: holderPid(layout) } : null
}

function activityOf(session: SessionSummary | UnreadableSession): number {
  return session.type === 'session' ? session.lastActivityAt : 0
}

function timesOf(cells: readonly CellReport[]): readonly number[] {
  return cells.slice(0, 1).map(({ startedAt }) => startedAt)
}

const activityColumns: readonly (readonly [table: string, column: string])[] = [
  ['cells', 'started_at'],
  ['cells', 'ended_at'],
  ['calls', 'started_at'],
  ['calls', 'ended_at'],
  ['answers', 'at'],
  ['approvals', 'asked_at'],
  ['approvals', 'decided_at'],
  ['reverts', 'at'],
]

function lastActivity(database: SessionDatabase): number | null {
  const sql = activityColumns.map(([table, column]) => `SELECT max(${column}) AS at FROM ${table}`).join(' UNION ALL ')
  return new Row(database.one(`SELECT max(at) AS at FROM (${sql})`), database.path).optionalInteger('at')
}

function cellCounts(cells: readonly CellReport[]): SessionSummary['cells'] {
  const counts = { running: 0, finished: 0, closed: 0 }
  for (const { state } of cells) counts[state.type]++
  return counts
}

function callCounts(ledger: readonly LedgerEntry[]): SessionSummary['calls'] {
  const counts: Record<CallState, number> = { not_started: 0, started: 0, applied: 0, failed: 0, unknown: 0 }
  for (const { state } of ledger) counts[state]++
  return counts
}

function approvalOf(
  { key, cellId, call, identifier, askedAt }: AskedCall,
  ledger: readonly LedgerEntry[],
): ApprovalReport {
  const callId = `tool-${call}`
  const entry = ledger.find((candidate) => candidate.cellId === cellId && candidate.callId === callId)
  return { key, cellId, callId, identifier, input: entry?.input ?? '', location: entry?.location ?? null, askedAt }
}
