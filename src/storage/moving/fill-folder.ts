import { closeSync, fsyncSync, openSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DiskApprovals } from '../disk/database/disk-approvals.ts'
import { storeEngine } from '../disk/database/stored-engine.ts'
import { storageFailed } from '../disk/common/storage-error.ts'
import { JournalFile } from '../disk/files/journal-file.ts'
import { SnapshotKeyFile } from '../disk/files/snapshot-file.ts'
import { journalPath } from '../disk/layout.ts'
import { snapshotFile } from './folder-snapshots.ts'
import type { SessionState, StateCell, StateJournal } from '../shared/state/session-state.ts'
import { insertCall } from './call-rows.ts'
import type { OpenFolder } from './open-folder.ts'

const tables = [
  'cells',
  'catalogues',
  'stored_values',
  'calls',
  'answers',
  'kept_outputs',
  'approvals',
  'decisions',
  'grants',
  'reverts',
  'deferrals',
]

/**
 * Replaces the content of a folder by a state. It survives power loss when this returns.
 *
 * @throws {CodecellError} `STORAGE_FAILED`, `SESSION_LOST`
 */
export function fillFolder(folder: OpenFolder, state: SessionState): void {
  const { database, layout } = folder
  removeFilesIn(layout.cells)
  removeFilesIn(layout.inbox)
  rmSync(layout.snapshotKey, { force: true })
  if (state.snapshotKey !== null)
    new SnapshotKeyFile(layout.snapshotKey).replace(Buffer.from(state.snapshotKey, 'base64'))
  for (const cell of state.openCells.values()) writeJournal(folder, cell)
  database.transaction(() => {
    for (const table of tables) database.run(`DELETE FROM ${table}`)
    for (const [digest, json] of state.catalogues) {
      database.run('INSERT INTO catalogues (hash, json) VALUES (?, ?)', digest, json)
    }
    if (database.hasTable('engine')) database.run('DELETE FROM engine')
    if (state.engine !== null) storeEngine(database, state.engine)
    insertCells(folder, state)
    insertResponses(folder, state)
  })
  syncFolders([layout.cells, layout.folder, dirname(layout.folder)])
}

function insertCells(folder: OpenFolder, state: SessionState): void {
  let stored: ReadonlyMap<string, string> = new Map()
  let version = 0
  const insertValues = (next: ReadonlyMap<string, string>): void => {
    const changed = [...next].filter(([key, json]) => stored.get(key) !== json)
    if (changed.length > 0) version++
    for (const [key, json] of changed) {
      folder.database.run('INSERT INTO stored_values (key, version, json) VALUES (?, ?, ?)', key, version, json)
    }
    stored = next
  }
  for (const cell of [...state.cells.values()].toSorted((left, right) => left.begun.cell - right.begun.cell)) {
    // A cell that is closed does not read the values again.
    if (cell.ending === null) insertValues(cell.storedValues)
    insertCell(folder, cell, version)
  }
  insertValues(state.storedValues)
}

function insertCell(folder: OpenFolder, cell: StateCell, valuesVersion: number): void {
  const { begun, start, end, ending, errorText, delivered, notified, endedAt, calls, approvals } = cell
  const { database } = folder
  const items = end === null ? null : `{"items":${end.items},"remarks":${end.remarks}}`
  const state = ending === null ? (end === null ? 'running' : 'finished') : 'closed'
  database.run(
    `INSERT INTO cells (cell, exec_call_id, request_id, source, start, catalogue, values_version, state, ending, error_text,
       limit_name, items, delivered, notified, started_at, ended_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    begun.cell,
    begun.execCallId,
    begun.requestId,
    begun.source,
    begun.start,
    begun.catalogue,
    valuesVersion,
    state,
    ending ?? (end?.isTerminated === true ? 'terminated' : null),
    errorText,
    end?.limit ?? null,
    items,
    delivered,
    notified,
    start.time,
    endedAt,
  )
  for (const call of calls.values()) insertCall(folder, begun.cell, call)
  const stored = new DiskApprovals(database)
  for (const { record, input } of approvals.values()) stored.save(record, input ?? undefined)
}

function insertResponses({ database }: OpenFolder, state: SessionState): void {
  const approvals = new DiskApprovals(database)
  for (const grant of state.grants.values()) approvals.saveGrant(grant)
  for (const [at, [cell, entry]] of [...state.retained].entries()) {
    database.run('INSERT INTO kept_outputs (cell, position, entry) VALUES (?, ?, ?)', cell, at + 1, entry)
  }
  for (const { cell, requestId, outcome } of state.responses.values()) {
    const known = state.cells.get(cell)
    database.run(
      'INSERT INTO answers (request_id, cell, outcome, at) VALUES (?, ?, ?, ?)',
      requestId,
      cell,
      outcome,
      known?.endedAt ?? known?.start.time ?? 0,
    )
  }
}

function writeJournal(folder: OpenFolder, { begun, journal }: StateCell): void {
  if (journal === null) return
  const path = journalPath(folder.layout, String(begun.cell))
  // Synced once, at the end.
  const file = new JournalFile(path, { fsync: false })
  file.create()
  addLines(file, journal)
  file.flush()
  file.close()
  sync(path)
  const { body } = journal.snapshot
  if (body !== null) snapshotFile(folder, begun.cell).write(Buffer.from(body, 'base64'))
}

function addLines(file: JournalFile, { journal, recordedTimers }: StateJournal): void {
  const { fingerprints } = journal
  for (const [output, body] of journal.outputs()) file.add({ type: 'output', output, body })
  for (const [id, timer] of recordedTimers) file.add({ type: 'timer', id, ...timer })
  for (const command of journal.commands()) file.add({ type: 'given', command })
  if (journal.engine !== null) file.add({ type: 'host', reason: null, engine: journal.engine })
  if (fingerprints.count === 0) return
  const prints = Buffer.from(fingerprints.bytesFrom(0)).toString('base64')
  file.add({ type: 'events', from: 0, prints })
}

function removeFilesIn(folder: string): void {
  try {
    for (const name of readdirSync(folder)) rmSync(join(folder, name), { force: true })
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return
    throw storageFailed(folder, cause)
  }
}

/** Makes the names of files durable. Windows has no such call. */
export function syncFolders(folders: readonly string[]): void {
  if (process.platform === 'win32') return
  for (const folder of folders) sync(folder)
}

function sync(path: string): void {
  try {
    const descriptor = openSync(path, 'r')
    try {
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
  } catch (cause) {
    throw storageFailed(path, cause)
  }
}
