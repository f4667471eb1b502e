import type { ApprovalGrant, ApprovalRecord, ApprovalStore } from '../../approval-store.ts'
import type { SessionDatabase } from './database.ts'
import { Row } from './row-reader.ts'

/** The number that stands for the whole session; cells are numbered from 1. */
const everyCell = 0

/** A decision, with the columns of every format. */
export type AskedCall = Omit<ApprovalRecord, 'toolDigest'>

/**
 * Reads the decisions of one cell, or of all.
 *
 * @throws {CodecellError} `SESSION_INVALID`
 */
export function readApprovals(database: SessionDatabase, cellId: string | null): readonly AskedCall[] {
  const rows =
    cellId === null
      ? database.all(`SELECT ${columns} FROM approvals ORDER BY cell, call`)
      : database.all(`SELECT ${columns} FROM approvals WHERE cell = ? ORDER BY call`, Number(cellId))
  return rows.map((found) => askedCallOf(new Row(found, database.path)))
}

const columns = 'cell, call, key, identifier, input_hash, state, reason, asked_at, decided_at'

function askedCallOf(row: Row): AskedCall {
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
}

/** The decisions of a session in its database. */
export class DiskApprovals implements ApprovalStore {
  readonly #database: SessionDatabase

  constructor(database: SessionDatabase) {
    this.#database = database
  }

  ofCell(cellId: string): readonly ApprovalRecord[] {
    return this.#database
      .all(`SELECT ${columns}, tool_digest FROM approvals WHERE cell = ? ORDER BY call`, Number(cellId))
      .map((found) => {
        const row = new Row(found, this.#database.path)
        return { ...askedCallOf(row), toolDigest: row.optionalText('tool_digest') }
      })
  }

  save(record: ApprovalRecord, input?: string): void {
    const { cellId, call, key, identifier, inputHash, toolDigest, state, reason, askedAt, decidedAt } = record
    this.#database.run(
      `INSERT OR REPLACE INTO approvals (${columns}, tool_digest, input) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      Number(cellId),
      call,
      key,
      identifier,
      inputHash,
      state,
      reason,
      askedAt,
      decidedAt,
      toolDigest,
      input ?? null,
    )
  }

  inputOf(cellId: string, call: number): string | null {
    const found = this.#database.one('SELECT input FROM approvals WHERE cell = ? AND call = ?', Number(cellId), call)
    return found === undefined ? null : new Row(found, this.#database.path).optionalText('input')
  }

  grants(): readonly ApprovalGrant[] {
    return this.#database.all('SELECT * FROM grants').map((found) => {
      const row = new Row(found, this.#database.path)
      const cell = row.integer('cell')
      return {
        cellId: cell === everyCell ? null : String(cell),
        identifier: row.text('identifier'),
        toolDigest: row.optionalText('tool_digest'),
        left: row.optionalInteger('calls_left'),
      }
    })
  }

  saveGrant({ cellId, identifier, toolDigest, left }: ApprovalGrant): void {
    this.#database.run(
      'INSERT OR REPLACE INTO grants (cell, identifier, calls_left, tool_digest) VALUES (?, ?, ?, ?)',
      cellId === null ? everyCell : Number(cellId),
      identifier,
      left,
      toolDigest,
    )
  }
}
