import { mkdirSync, rmSync } from 'node:fs'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { openTraceBundle } from '../../../src/trace.ts'
import { errorFrom } from '../reducer/error-from.ts'
import { deep, expectPageOrReason, HostileBundle } from './hostile-bundle.ts'
import { SmallThread } from '../small-thread.ts'

const limitNames = [
  'memoryMb',
  'cpuMs',
  'stallMs',
  'outputBytes',
  'errorBytes',
  'toolCalls',
  'pendingToolCalls',
  'argumentBytes',
  'jsonDepth',
  'notifications',
  'notificationBytes',
  'storedValueBytes',
  'storedBytes',
  'storedKeys',
  'timers',
]

const thread = new SmallThread()
afterAll(() => thread.close())

let bundle: HostileBundle
beforeEach(() => {
  bundle = new HostileBundle()
  mkdirSync(bundle.path('cells'))
  bundle.write('cells/tools.json', '[]')
})

const record = 'cells/1.jsonl'
const head = { type: 'cell', format: 1, at: 1, thread_id: 'T1', cell_id: '1', call_id: 'call-1', source: '' }

function write(more: object, ...rest: readonly string[]): void {
  const first = JSON.stringify({ ...head, catalogue: 'cells/tools.json', ...more })
  bundle.write(record, [first, ...rest].map((line) => `${line}\n`).join(''))
}

function readAll(): unknown {
  const opened = openTraceBundle(bundle.directory)
  const records = [...opened.cellLogs()]
  for (const { path, head: found } of records) {
    opened.readText(found.catalogue)
    const runs = [...opened.readCellLog(path)].filter((line) => line.type === 'run')
    for (const [, value] of runs.flatMap((line) => line.stored_values)) opened.readText(value)
  }
  return records.length
}

function run(path: string): string {
  const limits = Object.fromEntries(limitNames.map((name) => [name, 1]))
  const start = { type: 'start', time: 1, seed: 1, catalogue: 0, limits, places: true, body: '[]' }
  return JSON.stringify({ type: 'run', at: 1, start, stored_values: [['key', path]] })
}

test('a bundle has valid cell logs', () => {
  write({}, run('cells/tools.json'), '{"type":"closed","at":2}')
  expect(readAll()).toBe(1)
})

test.each<[what: string, make: () => void, code: 'TRACE_INVALID' | 'TRACE_UNREADABLE', reason: RegExp]>([
  [
    'a folder of records that is a link out of the bundle',
    () => bundle.link('cells', bundle.folder),
    'TRACE_UNREADABLE',
    /"cells": the link leads out/,
  ],
  [
    'a folder of records that is a link to itself',
    () => bundle.link('cells', 'cells'),
    'TRACE_UNREADABLE',
    /"cells": ELOOP/,
  ],
  [
    'a file instead of the folder of records',
    () => (rmSync(bundle.path('cells'), { recursive: true }), bundle.write('cells', '')),
    'TRACE_UNREADABLE',
    /"cells": ENOTDIR/,
  ],
  ['a record that is a pipe', () => bundle.pipe(record), 'TRACE_UNREADABLE', /it is not a regular file/],
  ['a record that is a folder', () => mkdirSync(bundle.path(record)), 'TRACE_UNREADABLE', /it is not a regular file/],
  [
    'a record that is a link to a device',
    () => bundle.link(record, '/dev/zero'),
    'TRACE_UNREADABLE',
    /the link leads out of the bundle/,
  ],
  [
    'a record with a line of 1 GiB',
    () => (write({}), bundle.grow(record, 2 ** 30)),
    'TRACE_UNREADABLE',
    /a line is longer than/,
  ],
  [
    'a record with a first line of 1 GiB',
    () => (bundle.write(record, ''), bundle.grow(record, 2 ** 30)),
    'TRACE_UNREADABLE',
    /a line is longer than/,
  ],
  ['a record of another format', () => write({ format: 2 }), 'TRACE_INVALID', /format 1, got 2/],
  [
    'a record that is nested too deeply',
    () => write({}, `{"type":"event","at":1,"event":${deep}}`),
    'TRACE_INVALID',
    /Cannot read line 2/,
  ],
  ['a record with a blank line', () => write({}, ''), 'TRACE_INVALID', /Cannot read line 2/],
  [
    'a catalogue outside the bundle',
    () => write({ catalogue: '../secret' }),
    'TRACE_UNREADABLE',
    /the path is not inside the bundle/,
  ],
  [
    'a catalogue that is a link out of the bundle',
    () => (write({}), bundle.link('cells/tools.json', bundle.secret)),
    'TRACE_UNREADABLE',
    /the link leads out/,
  ],
  [
    'a catalogue that is a device',
    () => write({ catalogue: '/dev/zero' }),
    'TRACE_UNREADABLE',
    /the path is not inside/,
  ],
  [
    'a catalogue that is a pipe',
    () => (write({}), bundle.pipe('cells/tools.json')),
    'TRACE_UNREADABLE',
    /it is not a regular file/,
  ],
  [
    'a catalogue of 1 GiB',
    () => (write({}), bundle.grow('cells/tools.json', 2 ** 30)),
    'TRACE_UNREADABLE',
    /it has 1073741824 bytes/,
  ],
  [
    'a stored value outside the bundle',
    () => write({}, run('cells/../../secret')),
    'TRACE_UNREADABLE',
    /the path is not inside/,
  ],
])('a bundle rejects %s', async (_, make, code, reason) => {
  make()
  expect(errorFrom(readAll)).toEqual({ code, message: expect.stringMatching(reason) })
  expectPageOrReason(await thread.run(['trace', 'view', bundle.directory, '--output', '-']))
})
