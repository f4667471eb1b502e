import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inProcessHostPool } from '../../src/in-process.ts'
import { replayBundle, replayCell } from '../../src/replay.ts'
import { programs } from '../replay/programs.ts'
import { recordEverything, everyTool } from '../trace/record-everything.ts'
import { record } from '../trace/recorded.ts'
import { changeRecord, recordOf, replaysOf, withAnswer, type Line } from './bundle-edits.ts'

test('everything that a session does is the same when it runs again in a process of its own', async () => {
  const { bundle } = await record({ tools: everyTool, onApproval: () => ({ type: 'allow' }) }, recordEverything)
  const replays = await replaysOf(replayBundle(bundle))
  expect(replays.map(({ type }) => type)).toEqual(replays.map(() => 'same'))
  expect(replays.length).toBeGreaterThan(8)
})

test('generated programs with answers in any order are the same when they run again', async () => {
  await using hosts = inProcessHostPool()
  const ask = { name: 'ask', call: (input: unknown) => new Promise((done) => setImmediate(() => done({ input }))) }
  const same = fc.asyncProperty(fc.array(programs, { minLength: 1, maxLength: 3 }), async (sources) => {
    const { bundle } = await record({ hosts, tools: [ask] }, async ({ session }) => {
      for (const source of sources) {
        let outcome = await session.execute(source)
        while (outcome.type === 'yielded') {
          if (outcome.stalled) outcome = await session.terminate(outcome.cellId)
          else outcome = await session.observe(outcome.cellId)
        }
      }
    })
    const replays = await replaysOf(replayBundle(bundle, { hosts }))
    expect(replays.map(({ type }) => type)).toEqual(sources.map(() => 'same'))
  })
  await fc.assert(same, { numRuns: 25, endOnFailure: true })
})

test('an answer that was tampered with is found, with the line that shows it', async () => {
  await using hosts = inProcessHostPool()
  const add = { name: 'add', call: () => 3 }
  const { directory, bundle } = await record({ hosts, tools: [add] }, async ({ model }) => {
    await model.exec('const sum = await tools.add({ a: 1 })\ntext("ready")\ntext(`sum ${sum}`)')
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
        recordedPlace: { line: 3, column: 1 },
        place: { line: 3, column: 1 },
      },
    },
  ])
})

const endless = 'for (;;);'
const stalls = 'text("one"); void tools.never({}); yield_control(); await new Promise(() => {})'

test.each<[string, string, (line: Line) => Line | null, object]>([
  [
    'an answer that is missing',
    'text(await tools.add({}))',
    (line) => (line['type'] === 'command' ? null : line),
    { type: 'differs', events: 2, difference: { event: 3, recorded: { type: 'text', body: '3' }, now: null } },
  ],
  [
    'an event that is missing',
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
  [
    'a program that never ends, with limits that allow it',
    'text(1)',
    (line) => (line['type'] === 'run' ? withStart(line, { body: 'for (;;);' }, { cpuMs: 9e15, stallMs: 9e15 }) : line),
    { type: 'stopped', events: 1, reason: 'it took longer than 1000 ms' },
  ],
  [
    'memory without end',
    'text(1)',
    (line) =>
      line['type'] === 'run'
        ? withStart(line, { body: 'const a = []; for (;;) a.push({ a })' }, { memoryMb: 9e15 })
        : line,
    { type: 'stopped', events: 1 },
  ],
  ['an end that a limit made', endless, (line) => line, { type: 'same' }],
  ['a line that is no JSON', 'text(1)', (line) => (line['type'] === 'event' ? {} : line), { type: 'unreadable' }],
])('%s', async (_name, source, change, expected) => {
  const { directory, bundle } = await record(
    { tools: [{ name: 'add', call: () => 3 }], limits: source === endless ? { cpuMs: 50 } : {} },
    async ({ session }) => await session.execute(source),
  )
  changeRecord(directory, 1, change)
  const [replay] = await replaysOf(replayBundle(bundle, { cellMs: 1000, memoryMb: 64 }))
  expect(replay).toMatchObject(expected)
})

function withStart(line: Line, changes: object, limits: object = {}): Line {
  const start = recordOf(line['start'])
  return { ...line, start: { ...start, ...changes, limits: { ...recordOf(start['limits']), ...limits } } }
}

test('a cell that was terminated, and a record that was cut, are the same as far as they go', async () => {
  await using hosts = inProcessHostPool()
  const never = { name: 'never', call: () => new Promise(() => undefined) }
  const { directory, bundle } = await record({ hosts, tools: [never] }, async ({ session }) => {
    const { cellId } = await session.execute(stalls)
    await session.terminate(cellId)
  })
  const [found] = bundle.cellRecords()
  if (found === undefined) throw new Error('there is no record')
  expect(await replayCell(bundle, found, { hosts })).toEqual({ type: 'same', events: 4 })
  changeRecord(directory, 1, (line) => (/tool_call|yield_requested/.test(JSON.stringify(line)) ? null : line))
  expect(await replayCell(bundle, found, { hosts })).toEqual({ type: 'same', events: 2 })
  changeRecord(directory, 1, (line) => (line['type'] === 'event' ? null : line))
  expect(await replayCell(bundle, found, { hosts })).toEqual({ type: 'same', events: 0 })
})

test('records of more than a host can be given are refused, and hurt nobody', async () => {
  await using hosts = inProcessHostPool()
  const { directory, bundle } = await record({ hosts }, async ({ session }) => await session.execute('text(1)'))
  const [found] = bundle.cellRecords()
  if (found === undefined) throw new Error('there is no record')
  const values = join(directory, 'cells', 'value-9.json')
  changeRecord(directory, 1, (line) =>
    line['type'] === 'run' ? { ...line, stored_values: [['k', 'cells/value-9.json']] } : line,
  )
  writeFileSync(values, Buffer.alloc(2 ** 26 + 1, '1'))
  expect(await replayCell(bundle, found, { hosts })).toEqual({
    type: 'unreadable',
    events: 0,
    reason: 'Cannot run a cell again: cells/value-9.json has more than 67108864 characters',
  })
  writeFileSync(values, 'this is no JSON')
  expect(await replayCell(bundle, found, { hosts })).toEqual({ type: 'same', events: 3 })
  changeRecord(directory, 1, (line) =>
    line['type'] === 'run' ? { ...line, stored_values: [['k', '../../secret']] } : line,
  )
  expect(await replayCell(bundle, found, { hosts })).toMatchObject({ type: 'unreadable' })
})
