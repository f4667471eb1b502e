import { createHash } from 'node:crypto'
import { CodecellError } from '../../errors.ts'
import type { OpenLog, SessionLogs } from '../logs/session-logs.ts'
import { TextQuota } from '../memory/spillable-texts.ts'
import { applyRecord } from '../shared/state/apply-record.ts'
import type { LogRecord } from '../shared/records/log-record.ts'
import { loadRecord } from '../shared/records/record-blobs.ts'
import { SessionState } from '../shared/state/session-state.ts'
import { recordsOfState } from '../shared/state/state-records.ts'

/** Characters of journals in memory; the rest is in temporary files. */
const maxCharsInMemory = 16_000_000

function newState(): SessionState {
  return new SessionState(new TextQuota({ memory: maxCharsInMemory, disk: Infinity }))
}

/** Returns the state that records produce. */
export function stateOf(records: Iterable<LogRecord>): SessionState {
  const state = newState()
  try {
    for (const record of records) applyRecord(state, record)
    return state
  } catch (error) {
    state.close()
    throw error
  }
}

/**
 * Reads the state of an open log.
 *
 * @throws {CodecellError} `SESSION_INVALID`, `STORE_UNREACHABLE`
 */
export async function stateOfLog(log: OpenLog): Promise<SessionState> {
  const state = newState()
  try {
    for await (const records of log.records) {
      for (const record of records) applyRecord(state, await loadRecord(record, log))
    }
    state.epoch = log.epoch + (state.move?.epochs ?? 0)
    return state
  } catch (error) {
    state.close()
    throw error
  }
}

/** Reads the state of a session as other processes read it. */
export async function stateInStore(logs: SessionLogs, name: OpenLog['name']): Promise<SessionState> {
  const { records } = await logs.read(name)
  const state = newState()
  try {
    for (const record of records) {
      applyRecord(state, await loadRecord(record, { getBlob: logs.readBlob.bind(logs, name) }))
    }
    return state
  } catch (error) {
    state.close()
    throw error
  }
}

/** Whether a location has nothing of a session, so that another session can take its place. */
export function isEmpty(state: SessionState): boolean {
  return state.cells.size === 0 && state.storedValues.size === 0 && state.grants.size === 0
}

/**
 * Compares the content of both locations of a session, without its moves.
 *
 * @throws {CodecellError} `SESSION_INVALID`
 */
export function demandSame(location: string, expected: SessionState, found: SessionState): void {
  if (digestOf(expected) === digestOf(found)) return
  const text = `Cannot move the session: ${location} returns other content than was written to it; nothing was moved`
  throw new CodecellError('SESSION_INVALID', text)
}

/** Types of records whose order counts. */
const orderedTypes: ReadonlySet<LogRecord['type']> = new Set(['given', 'events', 'retained', 'responded'])

function digestOf(state: SessionState): string {
  const lines: string[] = []
  let ordered = 0
  for (const record of recordsOfState(state)) {
    // Values are compared below, as each cell reads them. Host failures of an earlier owner do not concern the next one.
    if (record.type === 'move' || record.type === 'stored') continue
    // Only a store has clients: the session of a client ends when its session moves to a folder, with what it has not received.
    if (record.type === 'client' || record.type === 'notice') continue
    if (record.type === 'host') {
      if (record.engine !== null) lines.push(digest(`${record.cell} ${record.engine}`))
      continue
    }
    const order = orderedTypes.has(record.type) ? `${ordered++} ` : ''
    lines.push(digest(`${order}${canonical(record)}`))
  }
  for (const [cell, { storedValues }] of state.openCells) lines.push(digest(`${cell} ${valuesText(storedValues)}`))
  return digest([...lines.toSorted(), valuesText(state.storedValues)].join('\n'))
}

function canonical(record: LogRecord): string {
  return JSON.stringify(Object.entries(record).toSorted(([left], [right]) => (left < right ? -1 : 1)))
}

function valuesText(values: ReadonlyMap<string, string>): string {
  return JSON.stringify([...values].toSorted(([left], [right]) => (left < right ? -1 : 1)))
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64')
}
