import { existsSync, readFileSync } from 'node:fs'
import { Row } from '../disk/database/row-reader.ts'
import { DiskApprovals } from '../disk/database/disk-approvals.ts'
import { storedEngine } from '../disk/database/stored-engine.ts'
import { StoredValueTable } from '../disk/database/stored-value-table.ts'
import { sessionInvalid } from '../disk/common/storage-error.ts'
import { readJournal } from '../disk/files/journal-content.ts'
import { engineOfLines } from '../disk/files/journal-file.ts'
import type { JournalLine } from '../disk/files/journal-line.ts'
import { SnapshotKeyFile } from '../disk/files/snapshot-file.ts'
import { journalPath } from '../disk/layout.ts'
import { snapshotRecords } from '../shared/state/state-snapshot.ts'
import { isRecord } from '../../protocol/json.ts'
import type { LogRecord } from '../shared/records/log-record.ts'
import { callRecordsOf } from './call-rows.ts'
import { snapshotFile } from './folder-snapshots.ts'
import type { OpenFolder } from './open-folder.ts'

/**
 * Returns records that produce the state of the session in a folder.
 *
 * @throws {CodecellError} `SESSION_INVALID`
 */
export function* recordsOfFolder(folder: OpenFolder): Generator<LogRecord> {
  const { database } = folder
  const rowsOf = (sql: string): readonly Row[] => database.all(sql).map((row) => new Row(row, database.path))
  const engine = storedEngine(database)
  if (engine !== null) yield { type: 'engine', cell: 0, name: engine }
  const key = new SnapshotKeyFile(folder.layout.snapshotKey).read()
  if (key !== null) yield { type: 'snapshot_key', cell: 0, key: Buffer.from(key).toString('base64') }
  for (const row of rowsOf('SELECT hash, json FROM catalogues ORDER BY rowid')) {
    yield { type: 'catalogue', cell: 0, digest: row.text('hash'), json: row.text('json') }
  }
  const values = new StoredValueTable(database)
  let stored: ReadonlyMap<string, string> = new Map()
  const delivered = new Map<number, number>()
  for (const row of rowsOf('SELECT * FROM cells ORDER BY cell')) {
    if (row.text('state') !== 'closed') {
      const atStart = values.at(row.integer('values_version'))
      yield* storedSince(stored, atStart)
      stored = atStart
    }
    delivered.set(row.integer('cell'), row.integer('delivered'))
    yield* recordsOfCell(row, folder)
  }
  yield* storedSince(stored, values.at(values.version))
  for (const { cellId, identifier, toolDigest, left } of new DiskApprovals(database).grants()) {
    yield { type: 'grant', cell: Number(cellId ?? 0), identifier, toolDigest, left }
  }
  for (const row of rowsOf('SELECT cell, entry FROM kept_outputs ORDER BY position')) {
    yield { type: 'retained', cell: row.integer('cell'), entry: row.text('entry') }
  }
  for (const row of rowsOf('SELECT cell, request_id, outcome FROM answers ORDER BY rowid')) {
    const cell = row.integer('cell')
    const [requestId, outcome] = [row.text('request_id'), row.text('outcome')]
    yield { type: 'responded', cell, delivered: delivered.get(cell) ?? 0, requestId, outcome }
  }
}

/** Values are replaced, never removed. */
function storedSince(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly LogRecord[] {
  return [...after]
    .filter(([key, json]) => before.get(key) !== json)
    .map(([key, json]) => ({ type: 'stored', cell: 0, key, json }))
}

function* recordsOfCell(row: Row, folder: OpenFolder): Generator<LogRecord> {
  const cell = row.integer('cell')
  const state = row.oneOf('state', ['running', 'finished', 'closed'])
  yield {
    type: 'begun',
    cell,
    execCallId: row.optionalText('exec_call_id'),
    requestId: row.optionalText('request_id'),
    source: row.text('source'),
    start: row.text('start'),
    catalogue: row.text('catalogue'),
  }
  if (state !== 'closed') yield* recordsOfJournal(cell, journalOf(folder, cell, state))
  if (state === 'running') yield* snapshotRecords(cell, snapshotOf(folder, cell))
  yield* callRecordsOf(folder, cell)
  const [delivered, notified] = [row.integer('delivered'), row.integer('notified')]
  if (delivered > 0) yield { type: 'responded', cell, delivered, requestId: null, outcome: null }
  if (notified > 0) yield { type: 'notified', cell, count: notified }
  yield* recordsOfEnd(row, cell, state)
  const approvals = new DiskApprovals(folder.database)
  for (const { cellId, ...record } of approvals.ofCell(String(cell))) {
    yield { type: 'approval', cell, input: approvals.inputOf(cellId, record.call), ...record }
  }
}

function* recordsOfEnd(row: Row, cell: number, state: 'running' | 'finished' | 'closed'): Generator<LogRecord> {
  if (state === 'running') return
  const errorText = row.optionalText('error_text')
  const at = row.optionalInteger('ended_at') ?? 0
  if (state === 'finished') {
    const output = row.json('items')
    const { items, remarks } = isRecord(output) ? output : { items: output, remarks: [] }
    const limit = row.optionalText('limit_name')
    yield {
      type: 'finished',
      cell,
      isTerminated: row.optionalText('ending') === 'terminated',
      errorText,
      limit,
      remarks: JSON.stringify(remarks),
      items: JSON.stringify(items),
      at,
    }
    return
  }
  const ending = row.oneOf('ending', ['completed', 'failed', 'terminated'])
  if (errorText !== null) {
    const isTerminated = ending === 'terminated'
    yield { type: 'finished', cell, isTerminated, errorText, limit: null, remarks: '[]', items: '[]', at }
  }
  yield { type: 'closed', cell, ending, at }
}

/** Returns the snapshot of a cell in base64; empty without one. */
function snapshotOf(folder: OpenFolder, cell: number): string {
  return snapshotFile(folder, cell).read()?.toString('base64') ?? ''
}

/** Reads the journal of a cell, up to the torn end of a crash. That of a finished cell is not necessary. */
function journalOf(folder: OpenFolder, cell: number, state: 'running' | 'finished'): readonly JournalLine[] {
  const path = journalPath(folder.layout, String(cell))
  if (!existsSync(path)) {
    if (state === 'finished') return []
    throw sessionInvalid(path, 'the journal of a cell is missing')
  }
  const bodies = new Map<number, string>()
  return readJournal(path, readFileSync(path)).lines.map(({ offset, line }) => {
    if (line.type === 'given' && 'body' in line.command) bodies.set(offset, line.command.body)
    if (line.type !== 'given_again') return line
    const body = bodies.get(line.same)
    if (body === undefined || !('body' in line.command)) {
      throw sessionInvalid(path, `the line at ${offset} refers to a result that does not exist`)
    }
    return { type: 'given', command: { ...line.command, body } }
  })
}

function* recordsOfJournal(cell: number, lines: readonly JournalLine[]): Generator<LogRecord> {
  for (const line of lines) {
    switch (line.type) {
      case 'given': {
        const { type: command, time, id, ...rest } = line.command
        yield { type: 'given', cell, command, time, id, body: 'body' in rest ? rest.body : null }
        break
      }
      case 'timer':
      case 'events':
      case 'output':
        yield { cell, ...line }
        break
      default:
    }
  }
  const engine = engineOfLines(lines)
  if (engine !== null) yield { type: 'host', cell, reason: null, engine: JSON.stringify(engine) }
}
