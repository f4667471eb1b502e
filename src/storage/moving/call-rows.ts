import { Row } from '../disk/database/row-reader.ts'
import { callStates } from '../ledger.ts'
import type { LogRecord } from '../shared/records/log-record.ts'
import type { StateCall } from '../shared/state/session-state.ts'
import type { OpenFolder } from './open-folder.ts'

const callsSql = `
  SELECT calls.*, reverts.input AS whole_input, reverts.result AS result, reverts.state AS revert_state,
    reverts.at AS revert_at, reverts.note AS revert_note, deferrals.at AS deferred_at, deferrals.note AS deferral_note,
    expires_at, result_id, result_type, deferrals.result AS provided, result_at
  FROM calls
  LEFT JOIN reverts ON reverts.cell = calls.cell AND reverts.call = calls.call
  LEFT JOIN deferrals ON deferrals.cell = calls.cell AND deferrals.call = calls.call
  WHERE calls.cell = ? ORDER BY calls.call`

/** Returns records of the calls of one cell in the database of a folder. */
export function* callRecordsOf({ database, id }: OpenFolder, cell: number): Generator<LogRecord> {
  for (const found of database.all(callsSql, cell)) yield* recordsOfCall(new Row(found, database.path), id, cell)
}

function* recordsOfCall(row: Row, id: string, cell: number): Generator<LogRecord> {
  const call = row.integer('call')
  const recorded = {
    cell,
    call,
    // Calls of the first formats have no key.
    key: row.optionalText('key') ?? `${id}/${cell}/tool-${call}`,
    identifier: row.text('identifier'),
    input: row.text('input'),
    inputHash: row.text('input_hash'),
    line: row.optionalInteger('line'),
    column: row.optionalInteger('column'),
    isReadOnly: row.optionalInteger('read_only') === 1,
  }
  yield { type: 'waiting', ...recorded }
  const [startedAt, endedAt] = [row.optionalInteger('started_at'), row.optionalInteger('ended_at')]
  if (startedAt !== null) {
    const epoch = row.optionalInteger('epoch') ?? 0
    yield { type: 'started', ...recorded, epoch, at: startedAt, wholeInput: row.optionalText('whole_input') }
  }
  yield* recordsOfDeferral(row, cell, call)
  if (endedAt !== null) {
    const state = row.oneOf('state', callStates)
    const result = row.optionalText('result')
    yield {
      type: 'ended',
      cell,
      call,
      state,
      note: row.optionalText('note'),
      result: result === '' ? null : result,
      at: endedAt,
    }
  }
  if (row.optionalText('revert_state') === null) return
  const result = row.oneOf('revert_state', ['reverted', 'failed', 'unknown'])
  yield { type: 'reverted', cell, call, result, note: row.optionalText('revert_note'), at: row.integer('revert_at') }
}

function* recordsOfDeferral(row: Row, cell: number, call: number): Generator<LogRecord> {
  const at = row.optionalInteger('deferred_at')
  if (at === null) return
  const [note, expiresAt] = [row.optionalText('deferral_note'), row.optionalInteger('expires_at')]
  yield { type: 'deferred', cell, call, note, expiresAt, at }
  if (row.optionalText('result_type') === null) return
  yield {
    type: 'provided',
    cell,
    call,
    id: row.optionalText('result_id'),
    result: row.oneOf('result_type', ['tool_response', 'tool_error']),
    body: row.text('provided'),
    at: row.integer('result_at'),
  }
}

/** Writes the rows of a call. */
export function insertCall({ database }: OpenFolder, cell: number, call: StateCall): void {
  const { wholeInput, result, deferral, reverted } = call
  database.run(
    `INSERT INTO calls (cell, call, key, identifier, input, input_hash, line, column, read_only, state, epoch, started_at, ended_at, note)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    cell,
    call.call,
    call.key,
    call.identifier,
    call.input,
    call.inputHash,
    call.line,
    call.column,
    call.isReadOnly ? 1 : 0,
    call.state,
    call.epoch,
    call.startedAt,
    call.endedAt,
    call.note,
  )
  if (wholeInput !== null) {
    const { type = null, at = null, note = null } = reverted ?? {}
    database.run(
      'INSERT INTO reverts (cell, call, input, result, state, at, note) VALUES (?, ?, ?, ?, ?, ?, ?)',
      cell,
      call.call,
      wholeInput,
      result ?? '',
      type,
      at,
      note,
    )
  }
  if (deferral === null) return
  const { note, expiresAt, at, provided } = deferral
  database.run(
    `INSERT INTO deferrals (cell, call, note, expires_at, at, result_id, result_type, result, result_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    cell,
    call.call,
    note,
    expiresAt,
    at,
    provided?.id ?? null,
    provided?.type ?? null,
    provided?.body ?? null,
    provided?.at ?? null,
  )
}
