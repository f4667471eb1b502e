import type { LogRecord, RecordOf } from './log-record.ts'
import { decisionTypes } from '../../approval-store.ts'
import { newerRecord } from './record-format.ts'
import { callStates } from '../../ledger.ts'
import { moveStates } from '../../session-move.ts'
import { FieldReader } from './field-reader.ts'

type Parsers = { readonly [Type in LogRecord['type']]: (read: FieldReader) => RecordOf<Type> }

const commandTypes = ['tool_response', 'tool_error', 'timeout_fired'] as const

/**
 * Parses a record of a log.
 *
 * @throws {CodecellError} `SESSION_INVALID` for an unknown type or a malformed field
 */
export function parseLogRecord(value: unknown): LogRecord {
  const read = new FieldReader(value)
  const type = read.string('type')
  const record = isKnownType(type) ? parsers[type](read) : null
  if (record === null) throw newerRecord(type)
  return record
}

function isKnownType(type: string): type is LogRecord['type'] {
  return Object.hasOwn(parsers, type)
}

const parsers: Parsers = {
  took: (read) => ({
    type: 'took',
    cell: 0,
    epoch: read.count('epoch'),
    node: read.string('node'),
    at: read.number('at'),
  }),
  catalogue: (read) => ({ type: 'catalogue', cell: 0, digest: read.string('digest'), json: read.string('json') }),
  stored: (read) => ({ type: 'stored', cell: 0, key: read.string('key'), json: read.string('json') }),
  grant: (read) => ({
    type: 'grant',
    cell: read.count('cell'),
    identifier: read.string('identifier'),
    toolDigest: read.optionalString('toolDigest'),
    left: read.optionalCount('left'),
  }),
  inbox_taken: (read) => ({
    type: 'inbox_taken',
    cell: 0,
    entry: read.string('entry'),
    reason: read.optionalString('reason'),
  }),
  move: (read) => ({
    type: 'move',
    cell: 0,
    lineage: read.string('lineage'),
    move: read.string('move'),
    count: read.count('count'),
    state: read.oneOf('state', moveStates),
    other: read.string('other'),
    epochs: read.count('epochs'),
  }),
  client: (read) => ({ type: 'client', cell: 0, json: read.string('json') }),
  engine: (read) => ({ type: 'engine', cell: 0, name: read.string('name') }),
  snapshot_key: (read) => ({ type: 'snapshot_key', cell: 0, key: read.string('key') }),
  batch: (read) => ({ type: 'batch', cell: 0, records: read.string('records') }),
  begun: (read) => ({
    type: 'begun',
    cell: read.count('cell'),
    execCallId: read.optionalString('execCallId'),
    requestId: read.optionalString('requestId'),
    source: read.string('source'),
    start: read.string('start'),
    catalogue: read.string('catalogue'),
  }),
  responded: (read) => ({
    type: 'responded',
    cell: read.count('cell'),
    delivered: read.count('delivered'),
    requestId: read.optionalString('requestId'),
    outcome: read.optionalString('outcome'),
  }),
  notice: (read) => ({ type: 'notice', cell: read.count('cell'), text: read.optionalString('text') }),
  notified: (read) => ({ type: 'notified', cell: read.count('cell'), count: read.count('count') }),
  finished: (read) => ({
    type: 'finished',
    cell: read.count('cell'),
    isTerminated: read.boolean('isTerminated'),
    errorText: read.optionalString('errorText'),
    limit: read.optionalString('limit'),
    remarks: read.string('remarks'),
    items: read.string('items'),
    at: read.number('at'),
  }),
  closed: (read) => ({
    type: 'closed',
    cell: read.count('cell'),
    ending: read.oneOf('ending', ['completed', 'failed', 'terminated']),
    at: read.number('at'),
  }),
  retained: (read) => ({ type: 'retained', cell: read.count('cell'), entry: read.optionalString('entry') }),
  waiting: (read) => ({ type: 'waiting', ...callOf(read) }),
  started: (read) => ({
    type: 'started',
    ...callOf(read),
    epoch: read.count('epoch'),
    at: read.number('at'),
    wholeInput: read.optionalString('wholeInput'),
  }),
  deferred: (read) => ({
    type: 'deferred',
    cell: read.count('cell'),
    call: read.count('call'),
    note: read.optionalString('note'),
    expiresAt: read.optionalNumber('expiresAt'),
    at: read.number('at'),
  }),
  provided: (read) => ({
    type: 'provided',
    cell: read.count('cell'),
    call: read.count('call'),
    id: read.optionalString('id'),
    result: read.oneOf('result', ['tool_response', 'tool_error']),
    body: read.string('body'),
    at: read.number('at'),
  }),
  ended: (read) => ({
    type: 'ended',
    cell: read.count('cell'),
    call: read.count('call'),
    state: read.oneOf('state', callStates),
    note: read.optionalString('note'),
    result: read.optionalString('result'),
    at: read.number('at'),
  }),
  approval: (read) => ({
    type: 'approval',
    cell: read.count('cell'),
    call: read.count('call'),
    key: read.string('key'),
    identifier: read.string('identifier'),
    inputHash: read.string('inputHash'),
    toolDigest: read.optionalString('toolDigest'),
    state: read.oneOf('state', ['pending', 'allowed', 'denied']),
    reason: read.optionalString('reason'),
    askedAt: read.number('askedAt'),
    decidedAt: read.optionalNumber('decidedAt'),
    decision: read.optionalString('decision') === null ? null : read.oneOf('decision', decisionTypes),
    grantedCalls: read.optionalCount('grantedCalls'),
    requestId: read.optionalString('requestId'),
    decidedBy: read.optionalString('decidedBy'),
    input: read.optionalString('input'),
  }),
  reverted: (read) => ({
    type: 'reverted',
    cell: read.count('cell'),
    call: read.count('call'),
    result: read.oneOf('result', ['reverted', 'failed', 'unknown']),
    note: read.optionalString('note'),
    at: read.number('at'),
  }),
  given: (read) => ({
    type: 'given',
    cell: read.count('cell'),
    command: read.oneOf('command', commandTypes),
    time: read.number('time'),
    id: read.count('id'),
    body: read.optionalString('body'),
  }),
  timer: (read) => ({
    type: 'timer',
    cell: read.count('cell'),
    id: read.count('id'),
    due: read.number('due'),
    delay: read.number('delay'),
  }),
  events: (read) => ({
    type: 'events',
    cell: read.count('cell'),
    from: read.count('from'),
    prints: read.string('prints'),
  }),
  output: (read) => ({
    type: 'output',
    cell: read.count('cell'),
    output: read.count('output'),
    body: read.optionalString('body'),
  }),
  snapshot: (read) => ({
    type: 'snapshot',
    cell: read.count('cell'),
    part: read.count('part'),
    parts: read.count('parts'),
    body: read.string('body'),
  }),
  host: (read) => ({
    type: 'host',
    cell: read.count('cell'),
    reason: read.optionalString('reason'),
    engine: read.missingString('engine'),
  }),
}

function callOf(read: FieldReader): Omit<RecordOf<'waiting'>, 'type'> {
  return {
    cell: read.count('cell'),
    call: read.count('call'),
    key: read.string('key'),
    identifier: read.string('identifier'),
    input: read.string('input'),
    inputHash: read.string('inputHash'),
    line: read.optionalCount('line'),
    column: read.optionalCount('column'),
    isReadOnly: read.boolean('isReadOnly'),
  }
}
