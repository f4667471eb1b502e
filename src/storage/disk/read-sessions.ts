import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { CodecellError, messageOf } from '../../errors.ts'
import { SessionDatabase } from './database/database.ts'
import { readApprovals } from './database/disk-approvals.ts'
import { readLedger } from './database/disk-ledger.ts'
import { leftSettlements } from './files/inbox-folder.ts'
import { withLeftSettlements } from '../left-settlements.ts'
import { layoutOf, type SessionLayout } from './layout.ts'
import { holderPid, isLeased, wasLeftOpen } from './lease.ts'
import { readCells } from './read-cells.ts'
import { Row } from './database/row-reader.ts'
import { folderState } from './session-folder.ts'
import { approvalsOf, callCounts, cellCounts, engineCounts, summaryOf } from './report-counts.ts'
import type { CellReport, SessionReport, SessionSummary, SessionUser, UnreadableSession } from './session-report.ts'

/** The storage of sessions: a directory, as a string or as `dir`. */
export type StorageLocation = { readonly storage: string | { readonly dir: string } }

/**
 * Lists the sessions of a folder. A session with corrupt files is listed with the reason.
 *
 * @throws {CodecellError} `SESSION_NOT_FOUND` when the directory does not exist
 */
export function listFolderSessions({ storage }: StorageLocation): readonly (SessionSummary | UnreadableSession)[] {
  const folder = dirOf(storage)
  return namesIn(folder).flatMap((id) => summaryOrError(folder, id) ?? [])
}

/** @throws {CodecellError} `SESSION_NOT_FOUND`, `SESSION_INVALID` for corrupt files, `INVALID_OPTION` for an invalid id */
export function reportFolderSession(options: StorageLocation & { readonly sessionId: string }): SessionReport {
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
  const isOwned = isLeased(layout)
  if (!isOwned) folderState(layout, wasLeftOpen(layout))
  const database = SessionDatabase.read(layout.database, { isOwned })
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
  const ledger = withLeftSettlements(readLedger(database, id, null), leftSettlements(layout.inbox))
  const approvals = readApprovals(database)
  const pending = approvals.map(({ record }) => record).filter(({ state }) => state === 'pending')
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
    engines: engineCounts(cellList),
    cellList,
    ledger,
    ...approvalsOf(approvals, ledger),
  }
}

/** Returns null for a session that its owner is creating, or that was removed after it was listed. */
function summaryOrError(folder: string, id: string): SessionSummary | UnreadableSession | null {
  try {
    return summaryOf(reportOn(folder, id))
  } catch (error) {
    if (CodecellError.is(error, 'SESSION_NOT_FOUND')) return null
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
  ['deferrals', 'at'],
  ['deferrals', 'result_at'],
]

function lastActivity(database: SessionDatabase): number | null {
  const sql = activityColumns.map(([table, column]) => `SELECT max(${column}) AS at FROM ${table}`).join(' UNION ALL ')
  return new Row(database.one(`SELECT max(at) AS at FROM (${sql})`), database.path).optionalInteger('at')
}
