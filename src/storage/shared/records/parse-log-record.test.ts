import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyCharacter } from '../../../../test/support/any-character.ts'
import { callStates } from '../../ledger.ts'
import { moveStates } from '../../session-move.ts'
import type { LogRecord } from './log-record.ts'
import { parseLogRecord } from './parse-log-record.ts'

const string = fc.string({ unit: anyCharacter, maxLength: 20 })
const optional = fc.option(string)
const count = fc.nat()
const time = fc.integer({ min: 0, max: 2 ** 45 })
const cell = fc.integer({ min: 1, max: 2 ** 31 })
const session = fc.constant(0 as const)
const type = <Name extends string>(name: Name): fc.Arbitrary<Name> => fc.constant(name)
const call = {
  cell,
  call: count,
  key: string,
  identifier: string,
  input: string,
  inputHash: string,
  line: fc.option(count),
  column: fc.option(count),
  isReadOnly: fc.boolean(),
}

/** Records of every type. */
const records: fc.Arbitrary<LogRecord> = fc.oneof(
  fc.record({ type: type('took'), cell: session, epoch: count, node: string, at: time }),
  fc.record({ type: type('catalogue'), cell: session, digest: string, json: string }),
  fc.record({ type: type('stored'), cell: session, key: string, json: string }),
  fc.record({ type: type('grant'), cell, identifier: string, toolDigest: optional, left: fc.option(count) }),
  fc.record({ type: type('inbox_taken'), cell: session, entry: string, reason: optional }),
  fc.record({
    type: type('move'),
    cell: session,
    lineage: string,
    move: string,
    count,
    state: fc.constantFrom(...moveStates),
    other: string,
    epochs: count,
  }),
  fc.record({ type: type('client'), cell: session, json: string }),
  fc.record({ type: type('engine'), cell: session, name: string }),
  fc.record({ type: type('batch'), cell: session, records: string }),
  fc.record({
    type: type('begun'),
    cell,
    execCallId: optional,
    requestId: optional,
    source: string,
    start: string,
    catalogue: string,
  }),
  fc.record({ type: type('responded'), cell, delivered: count, requestId: optional, outcome: optional }),
  fc.record({ type: type('notified'), cell, count }),
  fc.record({ type: type('notice'), cell, text: fc.option(string) }),
  fc.record({
    type: type('finished'),
    cell,
    isTerminated: fc.boolean(),
    errorText: optional,
    limit: optional,
    remarks: string,
    items: string,
    at: time,
  }),
  fc.record({ type: type('closed'), cell, ending: fc.constantFrom('completed', 'failed', 'terminated'), at: time }),
  fc.record({ type: type('retained'), cell, entry: optional }),
  fc.record({ type: type('waiting'), ...call }),
  fc.record({ type: type('started'), ...call, epoch: count, at: time, wholeInput: optional }),
  fc.record({ type: type('deferred'), cell, call: count, note: optional, expiresAt: fc.option(time), at: time }),
  fc.record({
    type: type('provided'),
    cell,
    call: count,
    id: optional,
    result: fc.constantFrom('tool_response', 'tool_error'),
    body: string,
    at: time,
  }),
  fc.record({
    type: type('ended'),
    cell,
    call: count,
    state: fc.constantFrom(...callStates),
    note: optional,
    result: optional,
    at: time,
  }),
  fc.record({
    type: type('approval'),
    cell,
    call: count,
    key: string,
    identifier: string,
    inputHash: string,
    toolDigest: optional,
    state: fc.constantFrom('pending', 'allowed', 'denied'),
    reason: optional,
    askedAt: time,
    decidedAt: fc.option(time),
    decision: fc.constantFrom(null, 'allow', 'allow_in_cell', 'allow_in_session', 'deny'),
    grantedCalls: fc.option(count),
    requestId: optional,
    decidedBy: optional,
    input: optional,
  }),
  fc.record({
    type: type('reverted'),
    cell,
    call: count,
    result: fc.constantFrom('reverted', 'failed', 'unknown'),
    note: optional,
    at: time,
  }),
  fc.record({
    type: type('given'),
    cell,
    command: fc.constantFrom('tool_response', 'tool_error', 'timeout_fired'),
    time,
    id: count,
    body: optional,
  }),
  fc.record({ type: type('timer'), cell, id: count, due: time, delay: time }),
  fc.record({ type: type('events'), cell, from: count, prints: string }),
  fc.record({ type: type('output'), cell, output: count, body: optional }),
  fc.record({ type: type('host'), cell, reason: optional, engine: optional }),
)

test('every record is the same after it was written as JSON and parsed', () => {
  fc.assert(
    fc.property(records, (record) => {
      expect(parseLogRecord(JSON.parse(JSON.stringify(record)))).toEqual(record)
    }),
    { numRuns: 2000 },
  )
})

test('a record without one of its fields, or with a field of another type, is refused', () => {
  fc.assert(
    fc.property(records, fc.nat(), fc.constantFrom(undefined, [], {}, Number.NaN), (record, at, value) => {
      const names = Object.keys(record).filter((each) => each !== 'cell' || record.cell !== 0)
      // A member that older versions do not write.
      if (value === undefined && names[at % names.length] === 'engine') return
      const name = names[at % names.length] ?? 'type'
      const changed: Record<string, unknown> = { ...record, [name]: value }
      expect(() => parseLogRecord(changed)).toThrow(/^Cannot read the log of the session: /)
    }),
    { numRuns: 2000 },
  )
})

test('a record of an older version, without the engine of the host, is read', () => {
  const older = { type: 'host', cell: 1, reason: null }
  expect(parseLogRecord(older)).toEqual({ ...older, engine: null })
})

test.each([[null], ['begun'], [[]], [{}], [{ type: 'future', cell: 1 }], [{ type: 'toString', cell: 1 }]])(
  'the value %j is refused as a record',
  (value) => {
    expect(() => parseLogRecord(value)).toThrow(/^Cannot read the log of the session: /)
  },
)
