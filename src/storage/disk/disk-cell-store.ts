import type { StartCommand } from '../../protocol/command.ts'
import { cellEndedReason } from '../approval-store.ts'
import type { Journal } from '../journal.ts'
import { maxShownResultChars, type CellLedger } from '../ledger.ts'
import type { Barrier, CellEnd, CellEnding, CellStore, TimerRecord } from '../session-store.ts'
import type { SessionDatabase } from './database/database.ts'
import { DiskLedger } from './database/disk-ledger.ts'
import { DiskJournal, type JournalFile } from './files/journal-file.ts'
import { SnapshotFile, type SnapshotKeyFile } from './files/snapshot-file.ts'
import type { SnapshotSlot } from '../snapshot-slot.ts'
import type { StoredValueTable } from './database/stored-value-table.ts'
import type { PendingWrites } from './common/pending-writes.ts'
import { barrierOf } from './common/barrier-of.ts'

export type DiskCellParts = {
  readonly sessionId: string
  readonly cellId: string
  readonly storedValues: ReadonlyMap<string, string>
  readonly database: SessionDatabase
  readonly pending: PendingWrites
  readonly file: JournalFile
  readonly values: StoredValueTable
  readonly snapshotKey: SnapshotKeyFile
  readonly fsync: boolean
}

/** Maximum number of responses to requests that are stored, the latest. */
const maxAnswers = 1000

/** The storage of one cell: a row in the database of the session, and the file of its journal. */
export class DiskCellStore implements CellStore {
  readonly ledger: CellLedger
  readonly snapshot: SnapshotSlot
  readonly #parts: DiskCellParts

  constructor(parts: DiskCellParts) {
    this.#parts = parts
    const { sessionId, cellId, database, pending, file, snapshotKey: key, fsync } = parts
    const flush = (): void => file.flush()
    this.snapshot = new SnapshotFile(file.path, { key, fsync, checkOwner: () => database.checkOwner(), flush })
    this.ledger = new DiskLedger({ sessionId, cellId, database, pending, flush })
  }

  get #cell(): number {
    return Number(this.#parts.cellId)
  }

  journal(start: StartCommand): Journal {
    const { file, storedValues } = this.#parts
    return new DiskJournal(file, start, storedValues)
  }

  barrier(): Barrier {
    return barrierOf(() => {
      this.#parts.database.checkOwner()
      this.#parts.file.flush()
    })
  }

  checkOwner(): void {
    this.#parts.database.checkOwner()
  }

  recordTimer(id: number, { due, delay }: TimerRecord): void {
    this.#parts.file.add({ type: 'timer', id, due, delay })
  }

  recordHostWait(reason: string | null): void {
    this.#parts.file.add({ type: 'host', reason })
  }

  recordNotification(count: number): void {
    this.#parts.database.run('UPDATE cells SET notified = ? WHERE cell = ?', count, this.#cell)
  }

  recordResponse({ requestId, outcome, delivered }: Parameters<CellStore['recordResponse']>[0]): void {
    const { database, file } = this.#parts
    file.flush()
    this.transaction(() => {
      database.run('UPDATE cells SET delivered = ? WHERE cell = ?', delivered, this.#cell)
      if (requestId === null) return
      const json = JSON.stringify(outcome)
      database.run(
        'INSERT OR REPLACE INTO answers (request_id, cell, outcome, at) VALUES (?, ?, ?, ?)',
        requestId,
        this.#cell,
        json,
        Date.now(),
      )
      database.run(
        `DELETE FROM answers WHERE rowid IN (SELECT rowid FROM answers ORDER BY rowid DESC LIMIT -1 OFFSET ${maxAnswers})`,
      )
    })
  }

  recordEnd(end: CellEnd, writes: ReadonlyMap<string, string>): void {
    const { isTerminated = false, errorText, limit, remarks, items } = end
    const { database, file, values } = this.#parts
    file.flush()
    this.transaction(() => {
      database.run(
        `UPDATE cells SET state = 'finished', ending = ?, error_text = ?, limit_name = ?, items = ?, ended_at = ?
         WHERE cell = ?`,
        isTerminated ? 'terminated' : null,
        errorText,
        limit,
        JSON.stringify(remarks.length === 0 ? items : { items, remarks }),
        Date.now(),
        this.#cell,
      )
      values.commit(writes)
    })
  }

  recordEnding(ending: CellEnding): void {
    const { database } = this.#parts
    this.transaction(() => {
      const now = Date.now()
      database.run(
        `UPDATE cells SET state = 'closed', ending = ?, items = NULL, ended_at = coalesce(ended_at, ?) WHERE cell = ?`,
        ending,
        now,
        this.#cell,
      )
      database.run(
        `UPDATE approvals SET state = 'denied', reason = ?, decided_at = ? WHERE cell = ? AND state = 'pending'`,
        cellEndedReason,
        now,
        this.#cell,
      )
      database.run('DELETE FROM grants WHERE cell = ?', this.#cell)
      // The cell does not need the results again.
      database.run(
        `UPDATE deferrals SET result = substr(result, 1, ${maxShownResultChars})
         WHERE cell = ? AND length(result) > ${maxShownResultChars}`,
        this.#cell,
      )
    })
  }

  release(): void {
    this.snapshot.remove()
    this.#parts.file.remove()
  }

  transaction(work: () => void): void {
    this.#parts.database.transaction(work)
  }

  writeOrRetry(work: () => void): void {
    this.#parts.pending.writeOrRetry(work)
  }
}
