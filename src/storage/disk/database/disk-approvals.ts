import { decisionTypes, type ApprovalGrant, type ApprovalRecord, type ApprovalStore } from '../../approval-store.ts'
import type { SessionDatabase } from './database.ts'
import { Row } from './row-reader.ts'

/** The number that stands for the whole session; cells are numbered from 1. */
const everyCell = 0

/** A decision with the JSON of the input; null when the call is not pending, or its record has an older format. */
export type StoredApproval = { readonly record: ApprovalRecord; readonly input: string | null }

/**
 * Reads the decisions of all cells.
 *
 * @throws {CodecellError} `SESSION_INVALID`
 */
export function readApprovals(database: SessionDatabase): readonly StoredApproval[] {
  return database.all(`${select} ORDER BY a.cell, a.call`).map((found) => {
    const row = new Row(found, database.path)
    return { record: recordOf(row), input: row.optionalText('input') }
  })
}

const select = `SELECT a.cell, a.call, a.key, a.identifier, a.input_hash, a.tool_digest, a.state, a.reason, a.asked_at,
    a.decided_at, a.input, d.type AS decision, d.calls, d.request_id, d.decided_by
  FROM approvals a LEFT JOIN decisions d ON d.cell = a.cell AND d.call = a.call`

function recordOf(row: Row): ApprovalRecord {
  return {
    cellId: String(row.integer('cell')),
    call: row.integer('call'),
    key: row.text('key'),
    identifier: row.text('identifier'),
    inputHash: row.text('input_hash'),
    toolDigest: row.optionalText('tool_digest'),
    state: row.oneOf('state', ['pending', 'allowed', 'denied']),
    reason: row.optionalText('reason'),
    askedAt: row.integer('asked_at'),
    decidedAt: row.optionalInteger('decided_at'),
    decision: row.optionalText('decision') === null ? null : row.oneOf('decision', decisionTypes),
    grantedCalls: row.optionalInteger('calls'),
    requestId: row.optionalText('request_id'),
    decidedBy: row.optionalText('decided_by'),
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
      .all(`${select} WHERE a.cell = ? ORDER BY a.call`, Number(cellId))
      .map((found) => recordOf(new Row(found, this.#database.path)))
  }

  save(record: ApprovalRecord, input?: string): void {
    const { cellId, call, key, identifier, inputHash, toolDigest, state, reason, askedAt, decidedAt } = record
    this.#database.transaction(() => {
      this.#database.run(
        `INSERT OR REPLACE INTO approvals
           (cell, call, key, identifier, input_hash, state, reason, asked_at, decided_at, tool_digest, input)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
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
      this.#saveDecision(record)
    })
  }

  #saveDecision({ cellId, call, decision, grantedCalls, requestId, decidedBy }: ApprovalRecord): void {
    if (decision === null) {
      // A call that was decided can be pending again.
      return void this.#database.run('DELETE FROM decisions WHERE cell = ? AND call = ?', Number(cellId), call)
    }
    this.#database.run(
      `INSERT OR REPLACE INTO decisions (cell, call, type, calls, request_id, decided_by) VALUES (?, ?, ?, ?, ?, ?)`,
      Number(cellId),
      call,
      decision,
      grantedCalls,
      requestId,
      decidedBy,
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
