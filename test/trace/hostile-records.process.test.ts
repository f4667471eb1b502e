import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { openTraceBundle } from '../../src/trace.ts'
import { errorFrom } from './error-from.ts'
import { bundle, deep, expectPageOrReason, folder, link, pipe, secret } from './hostile-bundle.ts'

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

describe('records of cells are refused', () => {
  const record = 'cells/1.jsonl'
  const head = { type: 'cell', format: 1, at: 1, thread_id: 'T1', cell_id: '1', call_id: 'call-1', source: '' }
  const write = (more: object, ...rest: readonly string[]): void => {
    const first = JSON.stringify({ ...head, catalogue: 'cells/tools.json', ...more })
    writeFileSync(join(bundle, record), [first, ...rest].map((line) => `${line}\n`).join(''))
  }
  const readAll = (): unknown => {
    const opened = openTraceBundle(bundle)
    const records = [...opened.cellRecords()]
    for (const {
      path,
      head: { catalogue },
    } of records) {
      opened.readText(catalogue)
      const runs = [...opened.readCellRecord(path)].filter((line) => line.type === 'run')
      for (const [, value] of runs.flatMap((line) => line.stored_values)) opened.readText(value)
    }
    return records.length
  }
  const run = (path: string): string => {
    const limits = Object.fromEntries(limitNames.map((name) => [name, 1]))
    const start = { type: 'start', time: 1, seed: 1, catalogue: 0, limits, places: true, body: '[]' }
    return JSON.stringify({ type: 'run', at: 1, start, stored_values: [['key', path]] })
  }

  beforeEach(() => {
    mkdirSync(join(bundle, 'cells'))
    writeFileSync(join(bundle, 'cells/tools.json'), '[]')
  })

  test('not when they are sound', () => {
    write({}, run('cells/tools.json'), '{"type":"closed","at":2}')
    expect(readAll()).toBe(1)
  })

  test.each<[what: string, make: () => void, code: 'TRACE_INVALID' | 'TRACE_UNREADABLE', reason: RegExp]>([
    ['when their folder is a link out', () => link('cells', folder), 'TRACE_UNREADABLE', /"cells": it leads out/],
    ['when their folder is a link to itself', () => link('cells', 'cells'), 'TRACE_UNREADABLE', /"cells": ELOOP/],
    [
      'when their folder is a file',
      () => (rmSync(join(bundle, 'cells'), { recursive: true }), writeFileSync(join(bundle, 'cells'), '')),
      'TRACE_UNREADABLE',
      /"cells": ENOTDIR/,
    ],
    ['when one is a pipe', () => pipe(record), 'TRACE_UNREADABLE', /it is no regular file/],
    ['when one is a folder', () => mkdirSync(join(bundle, record)), 'TRACE_UNREADABLE', /it is no regular file/],
    [
      'when one is a link to a device',
      () => link(record, '/dev/zero'),
      'TRACE_UNREADABLE',
      /it leads out of the bundle/,
    ],
    [
      'when one is a line without end',
      () => (write({}), truncateSync(join(bundle, record), 2 ** 30)),
      'TRACE_UNREADABLE',
      /a line is longer than/,
    ],
    [
      'when one begins without end',
      () => (writeFileSync(join(bundle, record), ''), truncateSync(join(bundle, record), 2 ** 30)),
      'TRACE_UNREADABLE',
      /a line is longer than/,
    ],
    ['when one has another format', () => write({ format: 2 }), 'TRACE_INVALID', /format 2; 1 is known/],
    [
      'when one is nested without end',
      () => write({}, `{"type":"event","at":1,"event":${deep}}`),
      'TRACE_INVALID',
      /Cannot read line 2/,
    ],
    ['when one has blank lines', () => write({}, ''), 'TRACE_INVALID', /Cannot read line 2/],
    [
      'when the catalogue is outside',
      () => write({ catalogue: '../secret' }),
      'TRACE_UNREADABLE',
      /it is no path inside the bundle/,
    ],
    [
      'when the catalogue is a link out',
      () => (write({}), link('cells/tools.json', secret)),
      'TRACE_UNREADABLE',
      /it leads out/,
    ],
    [
      'when the catalogue is a device',
      () => write({ catalogue: '/dev/zero' }),
      'TRACE_UNREADABLE',
      /it is no path inside/,
    ],
    [
      'when the catalogue is a pipe',
      () => (write({}), pipe('cells/tools.json')),
      'TRACE_UNREADABLE',
      /it is no regular file/,
    ],
    [
      'when the catalogue has no end',
      () => (write({}), truncateSync(join(bundle, 'cells/tools.json'), 2 ** 30)),
      'TRACE_UNREADABLE',
      /it has 1073741824 bytes/,
    ],
    [
      'when a stored value is outside',
      () => write({}, run('cells/../../secret')),
      'TRACE_UNREADABLE',
      /it is no path inside/,
    ],
  ])('%s', (_, make, code, reason) => {
    make()
    expect(errorFrom(readAll)).toEqual({ code, message: expect.stringMatching(reason) })
    expectPageOrReason()
  })
})
