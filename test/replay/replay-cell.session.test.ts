import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { replayBundle, replayCell } from '../../src/replay.ts'
import { sharedHosts } from '../support/hosts.ts'
import { record } from '../trace/recorder/recorded.ts'
import { changeRecord, replaysOf, withAnswer, withStart, type Line } from './bundle-edits.ts'
import { expectReplaysSame } from './generated-programs.ts'

const hosts = sharedHosts('in-process')

test('replayBundle() replays sessions of generated programs', () => expectReplaysSame(8))

test('replayBundle() finds a changed result, with the line that shows it', async () => {
  const add = { name: 'add', call: () => 3 }
  const { directory, bundle } = await record({ tools: [add] }, async ({ model }) => {
    await model.exec.call('const sum = await tools.add({ a: 1 })\ntext("ready")\ntext(`sum ${sum}`)')
  })
  changeRecord(directory, 1, (line) => withAnswer(line, '4'))
  expect(await replaysOf(replayBundle(bundle, { hosts }))).toEqual([
    {
      type: 'differs',
      events: 3,
      run: 1,
      difference: {
        event: 4,
        recorded: { type: 'text', body: 'sum 3' },
        now: { type: 'text', body: 'sum 4' },
        recordedLocation: { line: 3, column: 1 },
        location: { line: 3, column: 1 },
      },
    },
  ])
})

const stalls = 'text("one"); void tools.never({}); yield_control(); await new Promise(() => {})'

test.each<[string, string, (line: Line) => Line | null, object]>([
  [
    'a missing answer',
    'text(await tools.add({}))',
    (line) => (line['type'] === 'command' ? null : line),
    { type: 'differs', events: 2, difference: { event: 3, recorded: { type: 'text', body: '3' }, now: null } },
  ],
  [
    'a missing event',
    'text(1); text(2)',
    (line) => (JSON.stringify(line).includes('"body":"1"') ? null : line),
    { type: 'differs', difference: { event: 2, recorded: { body: '2' }, now: { type: 'text', body: '1' } } },
  ],
  [
    'another source',
    'text(1); text(2)',
    (line) => (line['type'] === 'run' ? withStart(line, { body: 'text(1); text(3)' }) : line),
    { type: 'differs', difference: { recorded: { body: '2' }, now: { body: '3' } } },
  ],
  [
    'a kept output that was not read',
    'text(1)',
    (line) => (line['type'] === 'run' ? withStart(line, { body: 'load("output:1"); text(1)' }) : line),
    { type: 'differs', difference: { event: 2, now: { type: 'output_wanted', output: 1 } } },
  ],
  ['an unknown line', 'text(1)', (line) => (line['type'] === 'event' ? {} : line), { type: 'unreadable' }],
])('replayBundle() reports %s', async (_, source, change, expected) => {
  const { directory, bundle } = await record({ tools: [{ name: 'add', call: () => 3 }] }, async ({ session }) => {
    await session.execute(source)
  })
  changeRecord(directory, 1, change)
  const [replay] = await replaysOf(replayBundle(bundle, { hosts }))
  expect(replay).toMatchObject(expected)
})

test.each<[string, string, object, object]>([
  [
    'a program that never ends',
    'for (;;);',
    { cpuMs: 9e15, stallMs: 9e15 },
    { type: 'stopped', reason: 'it took longer than 300 ms' },
  ],
  [
    'a program that fills the memory',
    'const a = []; for (;;) a.push({ a })',
    { memoryMb: 9e15 },
    { type: 'stopped', events: 1 },
  ],
])('replayBundle() stops %s, with any recorded limits', async (_, body, limits, expected) => {
  const { directory, bundle } = await record({}, async ({ session }) => await session.execute('text(1)'))
  changeRecord(directory, 1, (line) => (line['type'] === 'run' ? withStart(line, { body }, limits) : line))
  const cellMs = 'cpuMs' in limits ? 300 : 60_000
  const [replay] = await replaysOf(replayBundle(bundle, { cellMs, memoryMb: 64 }))
  expect(replay).toMatchObject(expected)
})

test('replayBundle() replays a cell that a limit ended', async () => {
  const { bundle } = await record(
    { limits: { maxCpuMsPerCell: 50 } },
    async ({ session }) => await session.execute('for (;;);'),
  )
  expect(await replaysOf(replayBundle(bundle, { hosts: sharedHosts('default') }))).toMatchObject([{ type: 'same' }])
})

test('replayCell() replays a terminated cell and a cut log as far as they go', async () => {
  const never = { name: 'never', call: () => new Promise(() => undefined) }
  const { directory, bundle } = await record({ tools: [never] }, async ({ session }) => {
    const { cellId } = await session.execute(stalls)
    await session.terminate(cellId)
  })
  const [found] = bundle.cellLogs()
  if (found === undefined) throw new Error('there is no record')
  expect(await replayCell(bundle, found, { hosts })).toEqual({ type: 'same', events: 4 })
  changeRecord(directory, 1, (line) => (/tool_call|yield_requested/.test(JSON.stringify(line)) ? null : line))
  expect(await replayCell(bundle, found, { hosts })).toEqual({ type: 'same', events: 2 })
  changeRecord(directory, 1, (line) => (line['type'] === 'event' ? null : line))
  expect(await replayCell(bundle, found, { hosts })).toEqual({ type: 'same', events: 0 })
})

test('replayCell() rejects cell logs that exceed the limits of hosts', async () => {
  const { directory, bundle } = await record({}, async ({ session }) => await session.execute('text(1)'))
  const [found] = bundle.cellLogs()
  if (found === undefined) throw new Error('there is no record')
  const values = join(directory, 'cells', 'value-9.json')
  changeRecord(directory, 1, (line) =>
    line['type'] === 'run' ? { ...line, stored_values: [['k', 'cells/value-9.json']] } : line,
  )
  writeFileSync(values, Buffer.alloc(2 ** 26 + 1, '1'))
  expect(await replayCell(bundle, found, { hosts })).toEqual({
    type: 'unreadable',
    events: 0,
    reason: 'Cannot replay the cell: cells/value-9.json has more than 67108864 characters',
  })
  writeFileSync(values, 'this is not JSON')
  expect(await replayCell(bundle, found, { hosts })).toEqual({ type: 'same', events: 3 })
  changeRecord(directory, 1, (line) =>
    line['type'] === 'run' ? { ...line, stored_values: [['k', '../../secret']] } : line,
  )
  expect(await replayCell(bundle, found, { hosts })).toMatchObject({ type: 'unreadable' })
})
