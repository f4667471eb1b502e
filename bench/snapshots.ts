import type { JournaledCommand, StartCommand } from '../src/protocol/command.ts'
import { engineIdOf } from '../src/protocol/engine-print.ts'
import { createBaseline } from '../src/host/quickjs/baseline.ts'
import { loadQuickJsPrelude } from '../src/host/quickjs/quickjs-prelude.ts'
import { quickJsPrint } from '../src/host/quickjs/quickjs-print.ts'
import { loadQuickJsWasm } from '../src/host/quickjs/quickjs-wasm.ts'
import type { SnapshotEngine } from '../src/host/quickjs/snapshot/guest-snapshot.ts'
import { nodeCodecs } from '../src/host/quickjs/snapshot/node-codecs.ts'
import { restoreSnapshot, takeSnapshot } from '../src/host/quickjs/snapshot/vm-snapshot.ts'
import { QuickJsVm, type VmOptions } from '../src/host/quickjs/vm.ts'
import { limitRanges } from '../src/session/common/limits.ts'

// node bench/snapshots.ts
// Compares a restore with a replay of the same commands, in turns, as rows for `docs/performance.md`.

const rounds = 15
const baseline = createBaseline({ wasm: loadQuickJsWasm(), prelude: loadQuickJsPrelude(), stackBytes: 64 * 1024 })
const options: VmOptions = {
  baseline,
  memoryMb: limitRanges.maxMemoryMbPerCell.default,
  onCall: () => undefined,
  wait: () => undefined,
  shouldStop: () => false,
}
const engines = nodeCodecs().map((codec): SnapshotEngine => ({
  print: engineIdOf(quickJsPrint(baseline)),
  baseline: baseline.memory,
  codecs: [codec],
}))

const settings: Pick<StartCommand, 'time' | 'seed' | 'limits' | 'places'> = {
  time: 1_700_000_000_000,
  seed: 1,
  places: 'none',
  limits: {
    memoryMb: 64,
    cpuMs: 600_000,
    stallMs: 600_000,
    outputBytes: 1e9,
    pendingArgumentBytes: 1e9,
    events: 1e9,
    errorBytes: 65_536,
    toolCalls: 1e6,
    pendingToolCalls: 1000,
    argumentBytes: 1e6,
    jsonDepth: 127,
    notifications: 1000,
    notificationBytes: 10_000,
    storedValueBytes: 1e6,
    storedBytes: 1e6,
    storedKeys: 1000,
    timers: 1000,
  },
}

/** Keeps a small part of each result, as most programs do. */
const source = `
  const seen = []
  for (let i = 0; ; i++) {
    const { sum, rows } = await tools.add({ i })
    seen.push(sum)
    if (i % 10 === 0) text("at " + i + ": " + seen.length + rows)
  }`

function commandOf(id: number): JournaledCommand {
  return {
    type: 'tool_response',
    id,
    time: settings.time + id,
    body: JSON.stringify({ sum: id * 7, rows: 'x'.repeat(100) }),
  }
}

function replay(commands: number): QuickJsVm {
  const vm = new QuickJsVm(options)
  vm.installCatalogue(JSON.stringify([{ name: 'add', description: '' }]))
  vm.configure(settings)
  vm.compile(source)
  vm.run()
  for (let id = 1; id <= commands; id++) vm.receive(commandOf(id))
  return vm
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0
}

function timed<Result>(times: number[], work: () => Result): Result {
  const from = performance.now()
  const result = work()
  times.push(performance.now() - from)
  return result
}

for (const commands of [10, 100, 300, 1000, 3000]) {
  const [replays, takes, restores]: [number[], number[], number[]] = [[], [], []]
  let sizes: readonly number[] = []
  for (let round = 0; round < rounds; round++) {
    const vm = timed(replays, () => replay(commands))
    const counters = { commands: commands + 1, cpuMs: 1 }
    const [engine] = engines
    if (engine === undefined) throw new Error('Cannot take a snapshot: the runtime has no codec')
    const snapshot = timed(takes, () => takeSnapshot(vm, counters, engine))
    timed(restores, () => restoreSnapshot(snapshot, options, engine).vm.receive(commandOf(commands + 1)))
    sizes = engines.map((each) => takeSnapshot(vm, counters, each).length)
  }
  const [replayMs, takeMs, restoreMs] = [replays, takes, restores].map(medianOf)
  const ratio = ((restoreMs ?? 0) / (replayMs ?? 1)).toFixed(2)
  const cells = [replayMs, takeMs, restoreMs].map((ms) => `${(ms ?? 0).toFixed(1)} ms`)
  const kilobytes = sizes.map((size) => `${(size / 1000).toFixed(1)} KB`)
  console.log(`| ${[commands.toLocaleString('en-US'), ...cells, ratio, ...kilobytes].join(' | ')} |`)
}
