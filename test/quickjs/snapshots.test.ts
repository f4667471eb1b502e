import { expect, test } from 'vitest'
import { decodeSnapshot, encodeSnapshot, SnapshotError } from '../../src/host/quickjs/snapshot/guest-snapshot.ts'
import { restoreSnapshot, takeSnapshot } from '../../src/host/quickjs/snapshot/vm-snapshot.ts'
import { startOf } from '../determinism/run-program.ts'
import { expectSameWhenRestored } from './snapshot-programs.ts'
import { recordRun, repeatRun, snapshotEngine } from './snapshot-runs.ts'
import { cellOf, testBaseline } from './vm-cell.ts'

test('programs do the same when they are restored between all commands, and end with the same memory', () => {
  expectSameWhenRestored(6)
})

test.each([
  ['timers', 'for (let i = 0; i < 5; i++) { await new Promise((done) => setTimeout(done, i)); text(Date.now()) }'],
  ['random numbers', 'for (let i = 0; i < 5; i++) { await tools.ask({ i }); text(Math.random()) }'],
  [
    'a memory that grows',
    'const all = []; for (let i = 0; i < 5; i++) { all.push("x".repeat(1e6) + i, new Uint8Array(1e6).fill(i)); await tools.ask({}) } text(all.map((x) => x.length).join())',
  ],
  [
    'garbage',
    'for (let i = 0; i < 5; i++) { Array.from({ length: 2e4 }, (_, n) => ({ n, self: [] })); await tools.ask({}); text(i) }',
  ],
  [
    'generators',
    'async function* each() { for (let i = 0; i < 5; i++) yield await tools.ask({ i }) } for await (const one of each()) text(one)',
  ],
  [
    'deep recursion that is caught',
    'const f = (n) => f(n + 1); for (let i = 0; i < 3; i++) { try { f(0) } catch (error) { text(error.name) } await tools.ask({}) }',
  ],
  [
    'retained outputs',
    'text(load("output:1")); await tools.ask({}); text(load("output:1")); text(load("output:2")); await tools.ask({}); text(load("output:4"))',
  ],
  ['stored values', 'for (let i = 0; i < 4; i++) { store("k" + i, { i }); await tools.ask({}); text(load("k" + i)) }'],
  [
    'typed arrays and maps',
    'const m = new Map([[{}, new Float64Array(9)]]); const w = new WeakMap([[m, 1]]); await tools.ask({}); text([m.size, w.get(m)]); await tools.ask({}); text([...m.values()][0].length)',
  ],
  [
    'regular expressions',
    'const r = /a(b)?/gy; r.exec("abab"); await tools.ask({}); text(r.lastIndex); text(r.exec("abab")?.[1])',
  ],
  [
    'symbols and proxies',
    'const s = Symbol.for("x"); const p = new Proxy({}, { get: (_, key) => String(key) }); await tools.ask({}); text(Symbol.for("x") === s); text(p.abc)',
  ],
  [
    'a rejection that is handled later',
    'const p = Promise.reject(new Error("late")); p.catch(() => 0); const q = tools.ask({}); await q.catch(() => 0); await p.catch((error) => text(error.message))',
  ],
  [
    'an error of the program',
    'await tools.ask({}).catch(() => 0); await tools.ask({}).catch(() => 0); throw new TypeError("end")',
  ],
])('a restored program continues with %s', (_, source) => {
  const start = startOf(source, 4)
  const run = recordRun(start, (below) => 1 % below)
  expect(run.commands.length).toBeGreaterThan(0)
  expect(repeatRun(start, run, () => true)).toEqual(run.steps)
})

const waiting =
  'let sum = 0; for (let i = 0; i < 1e9; i++) { sum += (await tools.add({ i })).sum; if (i % 10 === 0) text("sum " + sum) }'

function waitingCell(commands: number): ReturnType<typeof cellOf> {
  const cell = cellOf(waiting, { tools: ['add'] })
  cell.run()
  for (let id = 1; id <= commands; id++) {
    cell.receive({ type: 'tool_response', id, time: 1_700_000_000_000 + id, body: `{"sum":${id}}` })
  }
  return cell
}

const options = {
  baseline: testBaseline(),
  memoryMb: 64,
  onCall: () => undefined,
  wait: () => undefined,
  shouldStop: () => false,
}
const counters = { commands: 101, cpuMs: 12 }

test('a snapshot of a cell with 100 small commands has at most 15 KB', () => {
  expect(takeSnapshot(waitingCell(100).vm, counters, snapshotEngine()).length).toBeLessThanOrEqual(15_000)
})

test('a snapshot of the same state has the same bytes', () => {
  const [first, second] = [0, 1].map(() => takeSnapshot(waitingCell(20).vm, counters, snapshotEngine()))
  expect(first).toEqual(second)
})

test('a snapshot whose registers are no positions in the memory is refused', () => {
  const engine = snapshotEngine()
  const { memory, counters: all } = decodeSnapshot(takeSnapshot(waitingCell(1).vm, counters, engine), engine, 2 ** 26)
  for (const name of ['stackPointer', 'runtime', 'context', 'program']) {
    for (const value of [memory.length, 0.5, 1e300]) {
      const bytes = encodeSnapshot({ memory, counters: { ...all, [name]: value } }, engine)
      expect(() => restoreSnapshot(bytes, options, engine)).toThrow(SnapshotError)
    }
    const { [name]: _, ...others } = all
    const missing = encodeSnapshot({ memory, counters: others }, engine)
    expect(() => restoreSnapshot(missing, options, engine)).toThrow(
      `Cannot read a snapshot: it has no counter "${name}"`,
    )
  }
})
