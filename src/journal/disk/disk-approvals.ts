import type { ApprovalGrant, ApprovalRecord, ApprovalStore } from '../approval-store.ts'
import type { SessionDatabase } from './database.ts'
import { Row } from './row.ts'

/** The number of the session as a whole, where cells are numbered from 1. */
const everyCell = 0

/** Reads decisions that were asked for: of one cell, or of all. Throws `SESSION_INVALID`. */
export function readApprovals(database: SessionDatabase, cellId: string | null): readonly ApprovalRecord[] {
  const rows =
    cellId === null
      ? database.all('SELECT * FROM approvals ORDER BY cell, call')
      : database.all('SELECT * FROM approvals WHERE cell = ? ORDER BY call', Number(cellId))
  return rows.map((found) => {
    const row = new Row(found, database.path)
    return {
      cellId: String(row.integer('cell')),
      call: row.integer('call'),
      key: row.text('key'),
      identifier: row.text('identifier'),
      inputHash: row.text('input_hash'),
      state: row.oneOf('state', ['pending', 'allowed', 'denied']),
      reason: row.optionalText('reason'),
      askedAt: row.integer('asked_at'),
      decidedAt: row.optionalInteger('decided_at'),
    }
  })
}

/** The decisions of a session in its database. */
export class DiskApprovals implements ApprovalStore {
  readonly #database: SessionDatabase

  constructor(database: SessionDatabase) {
    this.#database = database
  }

  ofCell(cellId: string): readonly ApprovalRecord[] {
    return readApprovals(this.#database, cellId)
  }

  save({ cellId, call, key, identifier, inputHash, state, reason, askedAt, decidedAt }: ApprovalRecord): void {
    this.#database.run(
      `INSERT OR REPLACE INTO approvals (cell, call, key, identifier, input_hash, state, reason, asked_at, decided_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      Number(cellId),
      call,
      key,
      identifier,
      inputHash,
      state,
      reason,
      askedAt,
      decidedAt,
    )
  }

  grants(): readonly ApprovalGrant[] {
    return this.#database.all('SELECT * FROM grants').map((found) => {
      const row = new Row(found, this.#database.path)
      const cell = row.integer('cell')
      return {
        cellId: cell === everyCell ? null : String(cell),
        identifier: row.text('identifier'),
        left: row.optionalInteger('calls_left'),
      }
    })
  }

  saveGrant({ cellId, identifier, left }: ApprovalGrant): void {
    this.#database.run(
      'INSERT OR REPLACE INTO grants (cell, identifier, calls_left) VALUES (?, ?, ?)',
      cellId === null ? everyCell : Number(cellId),
      identifier,
      left,
    )
  }
}
