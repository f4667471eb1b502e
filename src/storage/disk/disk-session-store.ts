import { createHash } from 'node:crypto'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { CodecellError } from '../../errors.ts'
import type { ApprovalStore } from '../approval-store.ts'
import type { CellLedger, LedgerEntry } from '../ledger.ts'
import type {
  Barrier,
  CellEnding,
  CellStore,
  RetainedEntry,
  RetainedRecord,
  NewCell,
  Inbox,
  SessionStore,
  StoredCell,
} from '../session-store.ts'
import { progressOf } from './cell-progress.ts'
import { SessionDatabase } from './database/database.ts'
import { DiskApprovals } from './database/disk-approvals.ts'
import { DiskCellStore, type DiskCellParts } from './disk-cell-store.ts'
import { DiskLedger, readLedger } from './database/disk-ledger.ts'
import { JournalFile } from './files/journal-file.ts'
import { snapshotCellOf, SnapshotKeyFile } from './files/snapshot-file.ts'
import { journalPath, layoutOf, type SessionLayout } from './layout.ts'
import { Lease, wasLeftOpen } from './lease.ts'
import { parseRetainedEntry, parseStoredCell, type StoredCellRow } from './database/parse-rows.ts'
import { Row } from './database/row-reader.ts'
import { folderState, journalsIn, makeLeaseFile, makePrivate } from './session-folder.ts'
import { sessionInvalid } from './common/storage-error.ts'
import { storedEngine, storeEngine } from './database/stored-engine.ts'
import { StoredValueTable } from './database/stored-value-table.ts'
import { PendingWrites } from './common/pending-writes.ts'
import { InboxFolder } from './files/inbox-folder.ts'
import { barrierOf } from './common/barrier-of.ts'

export type DiskStoreOptions = {
  /** Whether commits survive power loss. */
  readonly fsync: boolean
  /** Whether the session must exist. */
  readonly mustExist: boolean
  /** Called when writes begin to fail. */
  readonly onFailure: (error: unknown) => void
}

/** A session in its own directory: `session.db`, the lease, and one append-only file for each running cell. */
export class DiskSessionStore implements SessionStore {
  readonly id: string
  readonly isDurable = true
  readonly approvals: ApprovalStore
  readonly inbox: Inbox
  readonly #layout: SessionLayout
  readonly #options: DiskStoreOptions
  readonly #lease: Lease
  readonly #database: SessionDatabase
  readonly #values: StoredValueTable
  readonly #pending: PendingWrites
  readonly #snapshotKey: SnapshotKeyFile
  readonly #catalogues = new Set<string>()
  #retainedCount = 0

  private constructor(id: string, layout: SessionLayout, lease: Lease, options: DiskStoreOptions & { isNew: boolean }) {
    this.id = id
    this.#layout = layout
    this.#lease = lease
    this.#options = options
    this.#database = SessionDatabase.open(layout.database, options)
    try {
      this.#values = new StoredValueTable(this.#database)
      this.#database.run(
        `DELETE FROM catalogues WHERE hash NOT IN (SELECT catalogue FROM cells WHERE state <> 'closed')`,
      )
      this.#retainedCount = this.#number('SELECT coalesce(max(position), 0) AS n FROM kept_outputs')
    } catch (error) {
      this.#database.close({ isLogHeld: true })
      throw error
    }
    this.approvals = new DiskApprovals(this.#database)
    this.inbox = new InboxFolder(layout.inbox)
    this.#pending = new PendingWrites(options.onFailure)
    this.#snapshotKey = new SnapshotKeyFile(layout.snapshotKey)
  }

  /**
   * Opens or creates the session `id` in a storage directory.
   *
   * @throws {CodecellError} `INVALID_OPTION`, `SESSION_IN_USE`, `SESSION_INVALID`, `SESSION_NOT_FOUND`,
   * `STORAGE_FAILED`
   */
  static open(root: string, id: string, options: DiskStoreOptions): DiskSessionStore {
    const layout = layoutOf(root, id)
    if (options.mustExist && !existsSync(layout.folder)) throw notFound(root, id)
    makeLeaseFile(layout)
    const lease = Lease.take(layout)
    try {
      const isNew = folderState(layout, wasLeftOpen(layout)) === 'new'
      if (isNew && options.mustExist) throw notFound(root, id)
      makePrivate(layout)
      const store = new DiskSessionStore(id, layout, lease, { ...options, isNew })
      // Only once the write-ahead log has content: the next opening checks for the log when it finds this file.
      lease.recordHolder(true)
      return store
    } catch (error) {
      lease.release()
      throw error
    }
  }

  get epoch(): number {
    return this.#database.epoch.number
  }

  get engine(): string | null {
    return storedEngine(this.#database)
  }

  recordEngine(engine: string): void {
    storeEngine(this.#database, engine)
  }

  get cellCount(): number {
    return this.#number('SELECT coalesce(max(cell), 0) AS n FROM cells')
  }

  get storedValues(): ReadonlyMap<string, string> {
    return this.#values.at(this.#values.version)
  }

  unfinished(): readonly StoredCell[] {
    const rows = this.#database
      .all(
        `SELECT cells.*, catalogues.json AS catalogue_json FROM cells LEFT JOIN catalogues ON hash = catalogue
         WHERE state <> 'closed' ORDER BY cell`,
      )
      .map((row) => parseStoredCell(row, this.#database.path))
    this.#removeOthers(new Set(rows.map(({ cellId }) => `${cellId}.jsonl`)))
    this.#removeSnapshots(new Set(rows.filter(({ end }) => end === null).map(({ cellId }) => cellId)))
    const values = new Map<number, ReadonlyMap<string, string>>()
    return rows.map((row) => {
      const storedValues = values.get(row.valuesVersion) ?? this.#values.at(row.valuesVersion)
      values.set(row.valuesVersion, storedValues)
      return this.#storedCell(row, storedValues)
    })
  }

  #storedCell(row: StoredCellRow, storedValues: ReadonlyMap<string, string>): StoredCell {
    const { cellId, execCallId, source, start, catalogue, end } = row
    const file = this.#fileOf(cellId)
    const state: StoredCell['state'] =
      end === null
        ? { type: 'running', memory: progressOf(file.reopen(), { ...row, startedAt: start.time }) }
        : { type: 'finished', end }
    const store = this.#cellStore({ cellId, storedValues, file })
    return { cellId, execCallId, source, start, storedValues, catalogue, state, store }
  }

  begin({ cellId, execCallId, requestId, source, start, storedValues, catalogue }: NewCell): CellStore {
    const hash = createHash('sha256').update(catalogue).digest('hex')
    const { body: _body, ...rest } = start
    const file = this.#fileOf(cellId)
    // A file without a cell is removed when the session is opened; a cell without its file could not resume.
    file.create()
    this.#database.transaction(() => {
      if (!this.#catalogues.has(hash)) {
        this.#database.run('INSERT INTO catalogues (hash, json) VALUES (?, ?) ON CONFLICT DO NOTHING', hash, catalogue)
      }
      this.#database.run(
        `INSERT INTO cells (cell, exec_call_id, request_id, source, start, catalogue, values_version, state, delivered, notified, started_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, 'running', 0, 0, ?)`,
        Number(cellId),
        execCallId,
        requestId,
        source,
        JSON.stringify(rest),
        hash,
        this.#values.version,
        start.time,
      )
    })
    this.#catalogues.add(hash)
    return this.#cellStore({ cellId, storedValues, file })
  }

  endings(): Iterable<readonly [cellId: string, ending: CellEnding]> {
    return this.#database.all(`SELECT cell, ending FROM cells WHERE state = 'closed' ORDER BY cell`).map((found) => {
      const row = new Row(found, this.#database.path)
      return [String(row.integer('cell')), row.oneOf('ending', ['completed', 'failed', 'terminated'])] as const
    })
  }

  retainedOutputs(): Iterable<readonly [cellId: string, entry: RetainedEntry]> {
    return this.#database
      .all('SELECT cell, entry FROM kept_outputs ORDER BY position')
      .map((row) => parseRetainedEntry(row, this.#database.path))
  }

  retainOutput({ cellId, entry }: RetainedRecord): void {
    const position = ++this.#retainedCount
    this.#pending.writeOrRetry(() => {
      if (entry === null) {
        this.#database.run('DELETE FROM kept_outputs WHERE cell = ?', Number(cellId))
        return
      }
      const json = JSON.stringify(entry)
      this.#database.run(
        'INSERT OR REPLACE INTO kept_outputs (cell, position, entry) VALUES (?, ?, ?)',
        Number(cellId),
        position,
        json,
      )
    })
  }

  responseTo(requestId: string, cellId: string | null): unknown {
    const cell = cellId ?? this.cellStartedBy(requestId)?.cellId ?? null
    if (cell === null) return undefined
    const row = this.#database.one(
      'SELECT outcome FROM answers WHERE request_id = ? AND cell = ?',
      requestId,
      Number(cell),
    )
    return row === undefined ? undefined : new Row(row, this.#database.path).json('outcome')
  }

  cellStartedBy(requestId: string): { readonly cellId: string; readonly source: string } | null {
    const found = this.#database.one('SELECT cell, source FROM cells WHERE request_id = ?', requestId)
    if (found === undefined) return null
    const row = new Row(found, this.#database.path)
    return { cellId: String(row.integer('cell')), source: row.text('source') }
  }

  ledger(cellId: string | null): readonly LedgerEntry[] {
    return readLedger(this.#database, this.id, cellId)
  }

  ledgerOf(cellId: string): CellLedger | null {
    const found = this.#database.one('SELECT cell FROM cells WHERE cell = ?', Number(cellId))
    return found === undefined
      ? null
      : new DiskLedger({ sessionId: this.id, cellId, database: this.#database, pending: this.#pending, flush: ignore })
  }

  onLost(callback: (error: CodecellError) => void): void {
    this.#database.onLost(callback)
  }

  checkOwner(): void {
    this.#database.checkOwner()
  }

  /** Rows are on record as soon as they are written. */
  barrier(): Barrier {
    return barrierOf(() => this.#database.checkOwner())
  }

  async close(): Promise<void> {
    this.#pending.close()
    this.#database.close({ isLogHeld: !this.#noteClosed() })
    this.#lease.release()
  }

  /** Whether the write-ahead log may be removed without being missed. */
  #noteClosed(): boolean {
    try {
      this.#database.checkOwner()
      this.#lease.recordHolder(false)
      return true
    } catch {
      // Another process owns the session, or the disk is full.
      return false
    }
  }

  #cellStore(parts: Pick<DiskCellParts, 'cellId' | 'storedValues' | 'file'>): CellStore {
    return new DiskCellStore({
      ...parts,
      sessionId: this.id,
      database: this.#database,
      pending: this.#pending,
      values: this.#values,
      snapshotKey: this.#snapshotKey,
      fsync: this.#options.fsync,
    })
  }

  #fileOf(cellId: string): JournalFile {
    return new JournalFile(journalPath(this.#layout, cellId), this.#options)
  }

  /**
   * Removes files of closed cells, which a process left behind. A journal without a cell in the database means that
   * records were lost.
   */
  #removeOthers(kept: ReadonlySet<string>): void {
    const others = journalsIn(this.#layout).filter((name) => !kept.has(name))
    for (const name of others) {
      const path = join(this.#layout.cells, name)
      const row = this.#database.one('SELECT cell FROM cells WHERE cell = ?', Number(name.slice(0, -'.jsonl'.length)))
      if (row === undefined) {
        throw sessionInvalid(
          path,
          'the database has no record of this cell, so records of the session were lost; restore the folder from a backup',
        )
      }
    }
    for (const name of others) rmSync(join(this.#layout.cells, name), { force: true })
  }

  /** Removes snapshots that a process left behind: those of cells that have ended, and unfinished ones. */
  #removeSnapshots(running: ReadonlySet<string>): void {
    const isOver = (name: string): boolean => {
      const snapshot = snapshotCellOf(name)
      return snapshot !== null && !(snapshot.isFinished && running.has(snapshot.cellId))
    }
    for (const name of readdirSync(this.#layout.cells).filter(isOver)) {
      rmSync(join(this.#layout.cells, name), { force: true })
    }
  }

  #number(sql: string): number {
    return new Row(this.#database.one(sql), this.#database.path).integer('n')
  }
}

function ignore(): void {}

function notFound(root: string, id: string): CodecellError {
  return new CodecellError('SESSION_NOT_FOUND', `Cannot open session "${id}": not found in "${root}"`)
}
