import { parseStartCommand } from '../../../protocol/parse-command.ts'
import { parseEnginePrint, type EnginePrint } from '../../../protocol/engine-print.ts'
import { isRecord } from '../../../protocol/json.ts'
import type { JournaledCommand, StartCommand } from '../../../protocol/command.ts'
import { cellEndedReason } from '../../approval-store.ts'
import { EventFingerprints } from '../../event-fingerprints.ts'
import { previousStates, shownDeferral } from '../../ledger.ts'
import { malformed } from '../records/field-reader.ts'
import type { LogRecord, RecordOf } from '../records/log-record.ts'
import { parseLogRecord } from '../records/parse-log-record.ts'
import {
  grantKey,
  responseKey,
  type SessionState,
  type StateCall,
  type StateCell,
  type StateJournal,
} from './session-state.ts'

/** Maximum number of responses to requests that are retained, the latest. */
const maxResponses = 1000

/** Maximum length of the notices of a cell, in characters; the oldest are dropped. */
const maxNoticeChars = 65_536

/**
 * Applies a record to the state of its session. Live writes and the records of an earlier owner take the same path, so a session
 * that is opened again reads what it read before.
 *
 * @throws {CodecellError} `SESSION_INVALID` for a record that does not fit the state
 */
export function applyRecord(state: SessionState, record: LogRecord): void {
  switch (record.type) {
    case 'took':
      state.epoch = record.epoch + (state.move?.epochs ?? 0)
      return
    case 'move':
      state.move = record
      return
    case 'catalogue':
      return void state.catalogues.set(record.digest, record.json)
    case 'stored':
      return state.store(record.key, record.json)
    case 'grant': {
      const { cell, identifier, toolDigest, left } = record
      const cellId = cell === 0 ? null : String(cell)
      return void state.grants.set(grantKey(cell, identifier), { cellId, identifier, toolDigest, left })
    }
    case 'retained':
      state.retained.delete(record.cell)
      if (record.entry !== null) state.retained.set(record.cell, record.entry)
      return
    case 'client':
      state.client = record.json
      return
    case 'engine':
      state.engine = record.name
      return
    case 'snapshot_key':
      state.snapshotKey = record.key
      return
    case 'inbox_taken':
      return
    case 'batch':
      return recordsOf(record).forEach((each) => applyRecord(state, each))
    case 'begun':
      return begin(state, record)
    case 'responded':
      cellOf(state, record).delivered = record.delivered
      return respond(state, record)
    default:
      return applyToCell(state, cellOf(state, record), record)
  }
}

type OfCell = Exclude<
  LogRecord,
  RecordOf<
    | 'took'
    | 'move'
    | 'catalogue'
    | 'stored'
    | 'grant'
    | 'retained'
    | 'client'
    | 'engine'
    | 'snapshot_key'
    | 'inbox_taken'
    | 'batch'
    | 'begun'
    | 'responded'
  >
>

function applyToCell(state: SessionState, cell: StateCell, record: OfCell): void {
  switch (record.type) {
    case 'notified':
      cell.notified = record.count
      return
    case 'finished': {
      const { isTerminated, errorText, limit, remarks, items, at } = record
      cell.end = { isTerminated, errorText, limit, remarks, items }
      cell.endedAt = at
      cell.errorText = errorText
      // A last response that was not delivered can be claimed again.
      cell.ending = null
      cell.journal ??= state.newJournal(cell.start, cell.storedValues)
      state.openCells.set(record.cell, cell)
      return
    }
    case 'notice':
      return keepNotice(cell, record)
    case 'closed':
      return close(state, cell, record)
    case 'host':
      cell.hostWait = record.reason
      if (record.engine !== null) cell.journal?.journal.recordEngine(engineOf(record.engine))
      return
    case 'waiting':
      if (!cell.calls.has(record.call)) cell.calls.set(record.call, newCall(record))
      return
    case 'started':
      return startCall(cell, record)
    case 'deferred':
      return deferCall(cell, record)
    case 'provided':
      return provideResult(cell, record)
    case 'ended':
      return endCall(cell, record)
    case 'reverted': {
      const { call, result: type, note, at } = record
      const reverted = cell.calls.get(call)
      if (reverted !== undefined) reverted.reverted = { type, at, note }
      return
    }
    case 'approval': {
      const { type: _type, cell: number, input, ...rest } = record
      if (rest.state === 'pending') cell.pending.add(rest.call)
      else cell.pending.delete(rest.call)
      return void cell.approvals.set(rest.call, { record: { cellId: String(number), ...rest }, input })
    }
    default:
      if (cell.journal !== null) applyToJournal(cell.journal, record)
  }
}

function applyToJournal(
  state: StateJournal,
  record: RecordOf<'given' | 'timer' | 'events' | 'output' | 'snapshot'>,
): void {
  const { journal } = state
  switch (record.type) {
    case 'given':
      if (record.command === 'timeout_fired') state.timers.delete(record.id)
      return journal.append(commandOf(record))
    case 'timer': {
      const { id, due, delay } = record
      state.timers.set(id, { due, delay })
      return void state.recordedTimers.set(id, { due, delay })
    }
    case 'events': {
      const { fingerprints } = journal
      if (record.from > fingerprints.count) throw malformed(`events are missing after event ${fingerprints.count}`)
      // The runtime of a running cell has added them already.
      if (record.from === fingerprints.count) {
        fingerprints.append(new EventFingerprints(Buffer.from(record.prints, 'base64')))
      }
      state.printed = fingerprints.count
      return
    }
    case 'snapshot':
      return state.snapshot.apply(record)
    case 'output':
      return void journal.retainedOutput(record.output, () => record.body)
    default:
      return record satisfies never
  }
}

function recordsOf({ records }: RecordOf<'batch'>): readonly LogRecord[] {
  const parsed = parseJson(records)
  if (!Array.isArray(parsed)) throw malformed('a batch is not an array')
  return parsed.map((each: unknown) => parseLogRecord(each))
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch (cause) {
    throw malformed('a string is not JSON', cause)
  }
}

function engineOf(json: string): EnginePrint {
  const engine = parseEnginePrint(parseJson(json))
  if (engine === null) throw malformed('the engine of a cell is malformed')
  return engine
}

function cellOf(state: SessionState, { cell, type }: LogRecord): StateCell {
  const known = state.cells.get(cell)
  if (known === undefined) throw malformed(`the record "${type}" names cell ${cell}, which has no record`)
  return known
}

function begin(state: SessionState, record: RecordOf<'begun'>): void {
  const start = startOf(record)
  const { storedValues } = state
  const cell: StateCell = {
    begun: record,
    start,
    storedValues,
    calls: new Map(),
    deferred: new Set(),
    approvals: new Map(),
    pending: new Set(),
    journal: state.newJournal(start, storedValues),
    end: null,
    ending: null,
    endedAt: null,
    errorText: null,
    delivered: 0,
    notices: [],
    notified: 0,
    hostWait: null,
  }
  state.cells.set(record.cell, cell)
  state.openCells.set(record.cell, cell)
  const { requestId } = record
  if (requestId !== null && !state.requests.has(requestId)) state.requests.set(requestId, record.cell)
}

function startOf({ start, source }: RecordOf<'begun'>): StartCommand {
  const fields = parseJson(start)
  try {
    if (!isRecord(fields)) throw new TypeError('no object')
    return parseStartCommand({ ...fields, type: 'start', body: source })
  } catch (cause) {
    throw malformed('the start command of a cell is malformed', cause)
  }
}

function respond(state: SessionState, { cell, requestId, outcome }: RecordOf<'responded'>): void {
  if (requestId === null || outcome === null) return
  const key = responseKey(requestId, cell)
  state.responses.delete(key)
  state.responses.set(key, { cell, requestId, outcome })
  for (const oldest of state.responses.keys()) {
    if (state.responses.size <= maxResponses) return
    state.responses.delete(oldest)
  }
}

function keepNotice(cell: StateCell, { text }: RecordOf<'notice'>): void {
  if (text === null) cell.notices = []
  else cell.notices.push(text)
  let chars = cell.notices.reduce((sum, { length }) => sum + length, 0)
  while (chars > maxNoticeChars && cell.notices.length > 1) chars -= cell.notices.shift()?.length ?? 0
}

function close(state: SessionState, cell: StateCell, { ending, at, cell: number }: RecordOf<'closed'>): void {
  state.openCells.delete(number)
  if (state.lastClosed !== null && state.lastClosed !== cell) state.lastClosed.notices = []
  state.lastClosed = cell
  cell.ending = ending
  cell.endedAt ??= at
  cell.end = null
  cell.journal?.texts.remove()
  cell.journal?.snapshot.remove()
  cell.journal = null
  // The cell does not need the results again.
  for (const call of cell.calls.values()) if (call.deferral !== null) call.deferral = shownDeferral(call.deferral)
  cell.pending.clear()
  for (const [call, { record, input }] of cell.approvals) {
    if (record.state !== 'pending') continue
    cell.approvals.set(call, {
      record: { ...record, state: 'denied', reason: cellEndedReason, decidedAt: at },
      input,
    })
  }
  for (const [key, grant] of state.grants) if (grant.cellId === String(number)) state.grants.delete(key)
}

function newCall({ type: _type, cell: _cell, ...call }: RecordOf<'waiting'>): StateCall {
  return {
    ...call,
    state: 'not_started',
    epoch: 0,
    startedAt: null,
    isRetried: false,
    endedAt: null,
    note: null,
    wholeInput: null,
    result: null,
    deferral: null,
    reverted: null,
  }
}

/** Starts a call. The state of a call that is retried stays. */
function startCall(cell: StateCell, { epoch, at, wholeInput, ...record }: RecordOf<'started'>): void {
  const call = cell.calls.get(record.call) ?? newCall({ ...record, type: 'waiting' })
  if (call.state === 'not_started') call.state = 'started'
  call.isRetried = call.startedAt !== null
  call.epoch = epoch
  call.startedAt = at
  call.note = null
  call.wholeInput ??= wholeInput
  cell.calls.set(record.call, call)
}

function deferCall(cell: StateCell, { call: number, note, expiresAt, at }: RecordOf<'deferred'>): void {
  const call = cell.calls.get(number)
  if (call?.state !== 'started') return
  call.state = 'deferred'
  cell.deferred.add(number)
  call.deferral = { note, expiresAt, at, provided: null }
}

function provideResult(cell: StateCell, { call: number, id, result, body, at }: RecordOf<'provided'>): void {
  const call = cell.calls.get(number)
  if (call === undefined || call.deferral === null || call.deferral.provided !== null) return
  call.deferral = { ...call.deferral, provided: { id, type: result, body, at } }
}

function endCall(cell: StateCell, { call: number, state, note, result, at }: RecordOf<'ended'>): void {
  const call = cell.calls.get(number)
  if (call === undefined) return
  if (previousStates[state].includes(call.state)) {
    call.state = state
    cell.deferred.delete(number)
    call.note = note
    call.endedAt ??= at
  }
  if (call.wholeInput !== null && state === 'applied' && result !== null) call.result = result
}

function commandOf({ command: type, time, id, body }: RecordOf<'given'>): JournaledCommand {
  return type === 'timeout_fired' ? { type, time, id } : { type, time, id, body: body ?? '' }
}
