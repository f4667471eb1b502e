import { existsSync, readFileSync } from 'node:fs'
import type { LedgerEntry } from '../ledger.ts'
import type { CellEnding } from '../session-store.ts'
import { waitsOf } from './cell-waits.ts'
import type { SessionDatabase } from './database/database.ts'
import { engineOfLines } from './files/journal-file.ts'
import type { JournalLine } from './files/journal-line.ts'
import type { ApprovalRecord } from '../approval-store.ts'
import { readJournal } from './files/journal-content.ts'
import { journalPath, type SessionLayout } from './layout.ts'
import { Row } from './database/row-reader.ts'
import type { CellReport } from './session-report.ts'
import { sessionInvalid } from './common/storage-error.ts'

/** The parts of a report about a session. */
export type ReadingParts = {
  readonly layout: SessionLayout
  readonly database: SessionDatabase
  readonly isOpen: boolean
  readonly ledger: readonly LedgerEntry[]
  /** Pending decisions. */
  readonly pending: readonly ApprovalRecord[]
}

/**
 * Reads all cells of a session, in order.
 *
 * @throws {CodecellError} `SESSION_INVALID`
 */
export function readCells(parts: ReadingParts): readonly CellReport[] {
  const rows = parts.database.all(
    'SELECT cell, exec_call_id, source, state, ending, error_text, started_at, ended_at FROM cells ORDER BY cell',
  )
  return rows.map((found) => cellOf(new Row(found, parts.database.path), parts))
}

function cellOf(row: Row, parts: ReadingParts): CellReport {
  const cellId = String(row.integer('cell'))
  return {
    cellId,
    execCallId: row.optionalText('exec_call_id'),
    ...stateOf(row, cellId, parts),
    startedAt: row.integer('started_at'),
    endedAt: row.optionalInteger('ended_at'),
    source: row.text('source'),
  }
}

function stateOf(row: Row, cellId: string, parts: ReadingParts): Pick<CellReport, 'state' | 'engine'> {
  const type = row.oneOf('state', ['running', 'finished', 'closed'])
  if (type === 'running') return runningAt(cellId, parts)
  const errorText = row.optionalText('error_text')
  return { state: { type, ending: endingOf(row, type, errorText), errorText }, engine: null }
}

function endingOf(row: Row, type: 'finished' | 'closed', errorText: string | null): CellEnding {
  if (type === 'closed') return row.oneOf('ending', ['completed', 'failed', 'terminated'])
  if (row.optionalText('ending') === 'terminated') return 'terminated'
  return errorText === null ? 'completed' : 'failed'
}

function runningAt(cellId: string, { layout, ...parts }: ReadingParts): Pick<CellReport, 'state' | 'engine'> {
  const path = journalPath(layout, cellId)
  const lines = readJournal(path, contentOf(path)).lines.map(({ line }) => line)
  const waits = waitsOf({ ...parts, ...commandIdsOf(lines), cellId })
  return { state: { type: 'running', waits }, engine: engineOfLines(lines) }
}

type CommandIds = {
  readonly responded: ReadonlySet<string>
  readonly timers: readonly number[]
  readonly hostTrouble: string | null
}

/** Returns, from the journal of a cell, which calls have a response, when pending timers are due, and why the cell has no host. */
function commandIdsOf(lines: readonly JournalLine[]): CommandIds {
  const responded = new Set<string>()
  const timers = new Map<number, number>()
  let hostTrouble: string | null = null
  for (const line of lines) {
    if (line.type === 'timer') timers.set(line.id, line.due)
    if (line.type === 'host') hostTrouble = line.reason
    if (line.type !== 'given' && line.type !== 'given_again') continue
    if (line.command.type === 'timeout_fired') timers.delete(line.command.id)
    else responded.add(`tool-${line.command.id}`)
  }
  return { responded, timers: [...timers.values()], hostTrouble }
}

/** A cell without commands has no journal, and a cell that closes at the same time loses it. */
function contentOf(path: string): Buffer {
  try {
    return existsSync(path) ? readFileSync(path) : Buffer.alloc(0)
  } catch (cause) {
    if (!existsSync(path)) return Buffer.alloc(0)
    throw sessionInvalid(path, 'the journal is not readable', cause)
  }
}
