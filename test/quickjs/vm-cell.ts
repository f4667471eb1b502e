import type { CellLimits } from '../../src/protocol/cell-limits.ts'
import type { JournaledCommand, LocationScope } from '../../src/protocol/command.ts'
import { waitKinds, type Emission } from '../../src/host/engine/bridge.ts'
import type { Compiled } from '../../src/host/engine/engine.ts'
import { createBaseline, type Baseline } from '../../src/host/quickjs/baseline.ts'
import { emissionOfCall } from '../../src/host/quickjs/kinds.ts'
import { loadQuickJsPrelude } from '../../src/host/quickjs/quickjs-prelude.ts'
import { loadQuickJsWasm } from '../../src/host/quickjs/quickjs-wasm.ts'
import { QuickJsVm, type VmEnd } from '../../src/host/quickjs/vm.ts'

let shared: Baseline | undefined

/** The baseline of the machines of a test file; their stack fits into that of the main thread. */
export function testBaseline(): Baseline {
  shared ??= createBaseline({ wasm: loadQuickJsWasm(), prelude: loadQuickJsPrelude(), stackBytes: 48 * 1024 })
  return shared
}

export type VmCellOptions = {
  readonly tools?: readonly string[]
  /** Names of many tools: they arrive on first use. */
  readonly names?: readonly string[]
  readonly stored?: Readonly<Record<string, string>>
  readonly memoryMb?: number
  readonly places?: LocationScope
  readonly limits?: Partial<CellLimits>
  readonly baseline?: Baseline
  readonly shouldStop?: () => boolean
}

const testStart = 1_700_000_000_000

/** A cell of one machine, with what it emitted as lines. */
export type VmCell = {
  readonly vm: QuickJsVm
  readonly lines: string[]
  readonly compiled: Compiled
  run(): VmEnd
  receive(command: JournaledCommand): VmEnd
}

/** Starts a cell on this thread. */
export function cellOf(source: string, options: VmCellOptions = {}): VmCell {
  const lines: string[] = []
  const { memoryMb = 64, names } = options
  const vm = new QuickJsVm({
    baseline: options.baseline ?? testBaseline(),
    memoryMb,
    onCall(call) {
      const emission = emissionOfCall(call)
      lines.push(emission === null ? `unknown ${call.kind}` : lineOf(emission))
    },
    wait: (kind) => (kind === waitKinds.toolNames && names !== undefined ? `\n${names.join('\n')}\n` : undefined),
    shouldStop: options.shouldStop ?? (() => false),
  })
  const tools = (options.tools ?? []).map((name) => ({ name, description: name }))
  vm.installCatalogue(names === undefined ? JSON.stringify(tools) : `\n${names.join('\n')}`)
  for (const [key, json] of Object.entries(options.stored ?? {})) vm.preload(key, json)
  vm.configure({
    time: testStart,
    seed: 1,
    limits: { ...limits, memoryMb, ...options.limits },
    places: options.places ?? 'none',
  })
  const compiled = vm.compile(source)
  return { vm, lines, compiled, run: () => vm.run(), receive: (command) => vm.receive(command) }
}

function lineOf(emission: Emission): string {
  switch (emission.type) {
    case 'text':
    case 'notify':
      return `${emission.type} ${emission.body}`
    case 'place':
      return `place ${emission.line}:${emission.column}`
    case 'tool_call':
      return `call ${emission.id} ${emission.tool} ${emission.body}`
    case 'timer_set':
      return `timer ${emission.id} ${emission.delay}`
    case 'timer_cleared':
      return `cleared ${emission.id}`
    case 'stored':
      return `stored ${emission.key} ${emission.body}`
    case 'program_ended': {
      const { result, isParked } = emission
      if (result.type === 'failed') return `failed ${result.limit === null ? '' : `${result.limit} `}${result.body}`
      return isParked ? 'exit' : 'completed'
    }
    default:
      return JSON.stringify(emission)
  }
}

const limits: CellLimits = {
  memoryMb: 64,
  cpuMs: 10_000,
  stallMs: 10_000,
  outputBytes: 1_000_000,
  errorBytes: 10_000,
  toolCalls: 10_000,
  pendingToolCalls: 1000,
  pendingArgumentBytes: 10_000_000,
  argumentBytes: 1_000_000,
  jsonDepth: 128,
  notifications: 100,
  notificationBytes: 10_000,
  storedValueBytes: 1_000_000,
  storedBytes: 10_000_000,
  storedKeys: 1000,
  timers: 100,
  events: 100_000,
}
