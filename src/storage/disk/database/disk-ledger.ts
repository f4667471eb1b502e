import { createHash } from 'node:crypto'
import { CodecellError } from '../../../errors.ts'
import {
  callStates,
  maxShownResultChars,
  previousStates,
  type CallEnd,
  type CallState,
  type CellLedger,
  type Deferral,
  type DeferralRequest,
  type LedgerCall,
  type LedgerEntry,
  type ProvidedResult,
  type RevertibleCall,
  type RevertState,
} from '../../ledger.ts'
import { parseNote } from '../../settlement.ts'
import { truncatedInput } from '../../truncated-input.ts'
import type { SessionDatabase } from './database.ts'
import { Row } from './row-reader.ts'
import type { PendingWrites } from '../common/pending-writes.ts'

const columns = `calls.cell, calls.call, key, identifier, calls.input, input_hash, line, column, read_only, calls.state, started_at, ended_at, calls.note,
  reverts.state AS revert_state, reverts.at AS revert_at, reverts.note AS revert_note,
  deferrals.at AS deferred_at, deferrals.note AS deferral_note, expires_at, result_id, result_type, result_at,
  substr(deferrals.result, 1, ${maxShownResultChars}) AS deferred_result`
const from = `FROM calls LEFT JOIN reverts ON reverts.cell = calls.cell AND reverts.call = calls.call
  LEFT JOIN deferrals ON deferrals.cell = calls.cell AND deferrals.call = calls.call`

/**
 * Returns the key of a new call. It contains the token of this opening: when a copy of the session is opened, or
 * another session of the same name, no two calls share a key.
 */
function newKey(sessionId: string, cellId: string, call: number, token: string): string {
  return `${sessionId}/${cellId}/tool-${call}~${token}`
}

/**
 * Reads the calls of one cell, or of all cells, in order.
 *
 * @throws {CodecellError} `SESSION_INVALID`
 */
export function readLedger(
  database: SessionDatabase,
  sessionId: string,
  cellId: string | null,
): readonly LedgerEntry[] {
  const rows =
    cellId === null
      ? database.all(`SELECT ${columns} ${from} ORDER BY calls.cell, calls.call`)
      : database.all(`SELECT ${columns} ${from} WHERE calls.cell = ? ORDER BY calls.call`, Number(cellId))
  return rows.map((row) => entryOf(new Row(row, database.path), sessionId))
}

export type DiskLedgerParts = {
  readonly sessionId: string
  readonly cellId: string
  readonly database: SessionDatabase
  readonly pending: PendingWrites
  /** Writes the journal of the cell. A call is recorded after the events before it, because a later replay is compared with them. */
  readonly flush: () => void
}

/** The ledger of one cell in the database of its session. */
export class DiskLedger implements CellLedger {
  readonly #sessionId: string
  readonly #cellId: string
  readonly #database: SessionDatabase
  readonly #pending: PendingWrites
  readonly #flush: () => void

  constructor({ sessionId, cellId, database, pending, flush }: DiskLedgerParts) {
    this.#sessionId = sessionId
    this.#cellId = cellId
    this.#database = database
    this.#pending = pending
    this.#flush = flush
  }

  get #cell(): number {
    return Number(this.#cellId)
  }

  keyOf(call: number): string {
    const found = this.#database.one('SELECT key FROM calls WHERE cell = ? AND call = ?', this.#cell, call)
    const known = found === undefined ? null : new Row(found, this.#database.path).optionalText('key')
    return known ?? newKey(this.#sessionId, this.#cellId, call, this.#database.epoch.token)
  }

  find(call: number): LedgerEntry | null {
    const row = this.#database.one(
      `SELECT ${columns} ${from} WHERE calls.cell = ? AND calls.call = ?`,
      this.#cell,
      call,
    )
    return row === undefined ? null : entryOf(new Row(row, this.#database.path), this.#sessionId)
  }

  isSameInput(call: number, input: string): boolean {
    const row = this.#database.one('SELECT input_hash FROM calls WHERE cell = ? AND call = ?', this.#cell, call)
    return row !== undefined && new Row(row, this.#database.path).text('input_hash') === hashOf(input)
  }

  recordPending(call: LedgerCall): void {
    this.#flush()
    this.#insert(call, 'not_started', null)
  }

  recordStart(call: LedgerCall): void {
    this.#flush()
    this.#database.transaction(() => {
      if (this.#insert(call, 'started', Date.now()) === 0) this.#startAgain(call)
      // The result is stored when the tool responds.
      if (call.isRevertible) this.#keepInput(call.call, call.input)
    })
  }

  /** Returns the number of rows: 0 when the call is recorded already. */
  #insert(
    { call, identifier, input, location, isReadOnly }: LedgerCall,
    state: CallState,
    startedAt: number | null,
  ): number {
    return this.#database.run(
      `INSERT INTO calls (cell, call, key, identifier, input, input_hash, line, column, read_only, state, epoch, started_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      this.#cell,
      call,
      this.keyOf(call),
      identifier,
      truncatedInput(input),
      hashOf(input),
      location?.line ?? null,
      location?.column ?? null,
      isReadOnly ? 1 : 0,
      state,
      this.#database.epoch.number,
      startedAt,
    )
  }

  /**
   * Starts a pending call. A call of an earlier opening whose outcome is lost may be retried once per opening; its
   * recorded state stays.
   */
  #startAgain({ call }: LedgerCall): void {
    const epoch = this.#database.epoch.number
    const started = this.#database.run(
      `UPDATE calls SET state = iif(state = 'not_started', 'started', state), started_at = ?, epoch = ?, note = NULL
       WHERE cell = ? AND call = ? AND (state = 'not_started' OR (state <> 'unknown' AND epoch < ?))`,
      Date.now(),
      epoch,
      this.#cell,
      call,
      epoch,
    )
    if (started === 1) return
    throw new CodecellError('STORAGE_FAILED', `Cannot start call ${this.keyOf(call)}: the ledger has a start of it`)
  }

  #keepInput(call: number, input: string): void {
    this.#database.run(
      `INSERT INTO reverts (cell, call, input, result) VALUES (?, ?, ?, '') ON CONFLICT DO NOTHING`,
      this.#cell,
      call,
      input,
    )
  }

  recordDeferred(call: number, { note, expiresAt }: DeferralRequest): void {
    const at = Date.now()
    this.#pending.writeOrRetry(() =>
      this.#database.transaction(() => {
        const isDeferred = this.#database.run(
          `UPDATE calls SET state = 'deferred' WHERE cell = ? AND call = ? AND state = 'started'`,
          this.#cell,
          call,
        )
        if (isDeferred === 0) return
        this.#database.run(
          'INSERT OR REPLACE INTO deferrals (cell, call, note, expires_at, at) VALUES (?, ?, ?, ?, ?)',
          this.#cell,
          call,
          note,
          expiresAt,
          at,
        )
      }),
    )
  }

  recordProvided(call: number, { id, type, body, at }: ProvidedResult): void {
    this.#database.run(
      `UPDATE deferrals SET result_id = ?, result_type = ?, result = ?, result_at = ?
       WHERE cell = ? AND call = ? AND result_type IS NULL`,
      id,
      type,
      body,
      at,
      this.#cell,
      call,
    )
  }

  provided(call: number): ProvidedResult | null {
    const sql =
      'SELECT result_id, result_type, result AS deferred_result, result_at FROM deferrals WHERE cell = ? AND call = ?'
    const found = this.#database.one(sql, this.#cell, call)
    return found === undefined ? null : providedOf(new Row(found, this.#database.path))
  }

  recordEnd(call: number, { state, note, result }: CallEnd): void {
    const at = Date.now()
    this.#pending.writeOrRetry(() => {
      this.#database.run(
        `UPDATE calls SET state = ?, note = ?, ended_at = coalesce(ended_at, ?)
         WHERE cell = ? AND call = ? AND state IN (${statesBefore(state)})`,
        state,
        note,
        at,
        this.#cell,
        call,
      )
      if (result === null || state !== 'applied') return
      this.#database.run('UPDATE reverts SET result = ? WHERE cell = ? AND call = ?', result, this.#cell, call)
    })
  }

  unsettled(): readonly number[] {
    return this.#database
      .all(`SELECT call FROM calls WHERE cell = ? AND state IN ('started', 'deferred') ORDER BY call`, this.#cell)
      .map((row) => new Row(row, this.#database.path).integer('call'))
  }

  list(): readonly LedgerEntry[] {
    return readLedger(this.#database, this.#sessionId, this.#cellId)
  }

  revertible(call: number): RevertibleCall | null {
    const found = this.#database.one('SELECT input, result FROM reverts WHERE cell = ? AND call = ?', this.#cell, call)
    if (found === undefined) return null
    const row = new Row(found, this.#database.path)
    const result = row.text('result')
    return result === '' ? null : { input: row.text('input'), result }
  }

  recordRevert(call: number, { type, at, note }: RevertState): void {
    this.#database.run(
      'UPDATE reverts SET state = ?, at = ?, note = ? WHERE cell = ? AND call = ?',
      type,
      at,
      note,
      this.#cell,
      call,
    )
  }
}

function entryOf(row: Row, sessionId: string): LedgerEntry {
  const cellId = String(row.integer('cell'))
  const call = row.integer('call')
  const line = row.optionalInteger('line')
  const column = row.optionalInteger('column')
  return {
    cellId,
    callId: `tool-${call}`,
    key: row.optionalText('key') ?? `${sessionId}/${cellId}/tool-${call}`,
    identifier: row.text('identifier'),
    input: row.text('input'),
    location: line === null || column === null ? null : { line, column },
    isReadOnly: row.optionalInteger('read_only') === 1,
    state: row.oneOf('state', callStates),
    startedAt: row.optionalInteger('started_at'),
    endedAt: row.optionalInteger('ended_at'),
    ...parseNote(row.optionalText('note')),
    deferral: deferralOf(row),
    reverted: revertOf(row),
  }
}

function deferralOf(row: Row): Deferral | null {
  const at = row.optionalInteger('deferred_at')
  if (at === null) return null
  const note = row.optionalText('deferral_note')
  return { note, expiresAt: row.optionalInteger('expires_at'), at, provided: providedOf(row) }
}

function providedOf(row: Row): ProvidedResult | null {
  if (row.optionalText('result_type') === null) return null
  return {
    id: row.optionalText('result_id'),
    type: row.oneOf('result_type', ['tool_response', 'tool_error']),
    body: row.text('deferred_result'),
    at: row.integer('result_at'),
  }
}

function revertOf(row: Row): RevertState | null {
  if (row.optionalText('revert_state') === null) return null
  return {
    type: row.oneOf('revert_state', ['reverted', 'failed', 'unknown']),
    at: row.integer('revert_at'),
    note: row.optionalText('revert_note'),
  }
}

function statesBefore(state: CallState): string {
  return previousStates[state].map((before) => `'${before}'`).join(', ')
}

function hashOf(input: string): string {
  return createHash('sha256').update(input).digest('hex')
}
