import type { LogRecord } from '../records/log-record.ts'
import type { Deferral } from '../../ledger.ts'
import type { SessionState, StateCall, StateCell, StateJournal } from './session-state.ts'
import { snapshotRecords } from './state-snapshot.ts'

/** Returns records that produce this state: a snapshot, which replaces all records before it. */
export function recordsOfState(state: SessionState): readonly LogRecord[] {
  const records: LogRecord[] = []
  if (state.move !== null) records.push(state.move)
  if (state.engine !== null) records.push({ type: 'engine', cell: 0, name: state.engine })
  if (state.client !== null) records.push({ type: 'client', cell: 0, json: state.client })
  if (state.snapshotKey !== null) records.push({ type: 'snapshot_key', cell: 0, key: state.snapshotKey })
  // All of them: a later cell names a catalogue that is in the state without another record of it.
  for (const [digest, json] of state.catalogues) records.push({ type: 'catalogue', cell: 0, digest, json })
  let values: ReadonlyMap<string, string> = new Map()
  for (const cell of state.cells.values()) {
    // A cell starts with the values that are stored before its record.
    if (cell.ending === null) {
      records.push(...storedSince(values, cell.storedValues))
      values = cell.storedValues
    }
    records.push(...recordsOfCell(cell))
  }
  // After all cells, because the notices of a closed cell are dropped when the next one closes.
  for (const { begun, notices } of state.cells.values()) {
    for (const text of notices) records.push({ type: 'notice', cell: begun.cell, text })
  }
  records.push(...storedSince(values, state.storedValues))
  for (const { cellId, identifier, toolDigest, left } of state.grants.values()) {
    records.push({ type: 'grant', cell: Number(cellId ?? 0), identifier, toolDigest, left })
  }
  for (const [cell, entry] of state.retained) records.push({ type: 'retained', cell, entry })
  for (const { cell, requestId, outcome } of state.responses.values()) {
    const delivered = state.cells.get(cell)?.delivered ?? 0
    records.push({ type: 'responded', cell, delivered, requestId, outcome })
  }
  return records
}

function storedSince(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly LogRecord[] {
  return [...after]
    .filter(([key, json]) => before.get(key) !== json)
    .map(([key, json]) => ({ type: 'stored', cell: 0, key, json }))
}

/** The output of a cell that is closed. */
const noOutput = { isTerminated: false, remarks: '[]', items: '[]' }

function* recordsOfCell(cell: StateCell): Generator<LogRecord> {
  const { begun, delivered, notified, end, ending, endedAt, errorText, hostWait } = cell
  const { cell: number } = begun
  yield begun
  if (cell.journal !== null) yield* recordsOfJournal(number, cell.journal)
  for (const call of cell.calls.values()) yield* recordsOfCall(number, call)
  if (delivered > 0) yield { type: 'responded', cell: number, delivered, requestId: null, outcome: null }
  if (notified > 0) yield { type: 'notified', cell: number, count: notified }
  const engine = cell.journal?.journal.engine ?? null
  if (hostWait !== null || engine !== null) {
    yield { type: 'host', cell: number, reason: hostWait, engine: engine === null ? null : JSON.stringify(engine) }
  }
  const at = endedAt ?? 0
  if (end !== null) yield { type: 'finished', cell: number, ...end, at }
  else if (errorText !== null) yield { type: 'finished', cell: number, errorText, limit: null, ...noOutput, at }
  if (ending !== null) yield { type: 'closed', cell: number, ending, at }
  // After the end, which denies pending ones.
  for (const { record, input } of cell.approvals.values()) {
    const { cellId: _cellId, ...approval } = record
    yield { type: 'approval', cell: number, input, ...approval }
  }
}

function* recordsOfJournal(cell: number, { journal, snapshot, recordedTimers }: StateJournal): Generator<LogRecord> {
  const { fingerprints } = journal
  for (const [output, body] of journal.outputs()) yield { type: 'output', cell, output, body }
  for (const [id, { due, delay }] of recordedTimers) yield { type: 'timer', cell, id, due, delay }
  for (const { type: command, time, id, ...rest } of journal.commands()) {
    yield { type: 'given', cell, command, time, id, body: 'body' in rest ? rest.body : null }
  }
  if (fingerprints.count > 0) {
    const prints = Buffer.from(fingerprints.bytesFrom(0)).toString('base64')
    yield { type: 'events', cell, from: 0, prints }
  }
  yield* snapshotRecords(cell, snapshot.body ?? '')
}

function* recordsOfCall(cell: number, each: StateCall): Generator<LogRecord> {
  const {
    state,
    epoch,
    startedAt,
    isRetried: _isRetried,
    endedAt,
    note,
    wholeInput,
    result,
    deferral,
    reverted,
    ...recorded
  } = each
  yield { type: 'waiting', cell, ...recorded }
  if (startedAt !== null) yield { type: 'started', cell, ...recorded, epoch, at: startedAt, wholeInput }
  const { call } = recorded
  if (deferral !== null) yield* recordsOfDeferral(cell, call, deferral)
  if (endedAt !== null) yield { type: 'ended', cell, call, state, note, result, at: endedAt }
  if (reverted !== null)
    yield { type: 'reverted', cell, call, result: reverted.type, note: reverted.note, at: reverted.at }
}

function* recordsOfDeferral(cell: number, call: number, deferral: Deferral): Generator<LogRecord> {
  const { note, expiresAt, at, provided } = deferral
  yield { type: 'deferred', cell, call, note, expiresAt, at }
  if (provided === null) return
  yield { type: 'provided', cell, call, id: provided.id, result: provided.type, body: provided.body, at: provided.at }
}
