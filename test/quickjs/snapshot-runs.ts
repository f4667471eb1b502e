import { hash } from 'node:crypto'
import { expect } from 'vitest'
import type { JournaledCommand, StartCommand } from '../../src/protocol/command.ts'
import { engineIdOf } from '../../src/protocol/engine-print.ts'
import { waitKinds, type Emission } from '../../src/host/engine/bridge.ts'
import { emissionOfCall } from '../../src/host/quickjs/kinds.ts'
import { quickJsPrint } from '../../src/host/quickjs/quickjs-print.ts'
import type { SnapshotEngine } from '../../src/host/quickjs/snapshot/guest-snapshot.ts'
import { nodeCodecs } from '../../src/host/quickjs/snapshot/node-codecs.ts'
import { restoreSnapshot, takeSnapshot } from '../../src/host/quickjs/snapshot/vm-snapshot.ts'
import { QuickJsVm, type VmEnd, type VmOptions } from '../../src/host/quickjs/vm.ts'
import { testBaseline } from './vm-cell.ts'

/** Chooses what happens next: returns an integer from 0 to `below - 1`. */
type Choose = (below: number) => number

/** The state of a program after a command: what it emitted, how the slice ended, and a digest of its memory. */
type Step = { readonly emissions: readonly Emission[]; readonly end: VmEnd; readonly memory: string }

/** A run of a program: its commands, and the steps of the start and of each command. */
export type VmRun = { readonly commands: readonly JournaledCommand[]; readonly steps: readonly Step[] }

export function snapshotEngine(): SnapshotEngine {
  const baseline = testBaseline()
  return { print: engineIdOf(quickJsPrint(baseline)), baseline: baseline.memory, codecs: nodeCodecs() }
}

/** A program on one machine at a time. */
class SteppedProgram {
  #emissions: Emission[] = []
  readonly #options: VmOptions
  vm: QuickJsVm

  constructor(start: StartCommand) {
    this.#options = {
      baseline: testBaseline(),
      memoryMb: 64,
      onCall: (call) => {
        const emission = emissionOfCall(call)
        if (emission !== null) this.#emissions.push(emission)
      },
      wait: (kind, output) => (kind === waitKinds.retainedOutput && output < 3 ? `kept of ${output}` : undefined),
      shouldStop: () => false,
    }
    this.vm = new QuickJsVm(this.#options)
    this.vm.installCatalogue(JSON.stringify([{ name: 'ask', description: '' }]))
    this.vm.configure(start)
    expect(this.vm.compile(start.body)).toEqual({ type: 'ready' })
  }

  step(run: (vm: QuickJsVm) => VmEnd): Step {
    this.#emissions = []
    const end = run(this.vm)
    return { emissions: this.#emissions, end, memory: hash('sha256', this.vm.state.memory) }
  }

  /** Continues on another machine, which is restored from a snapshot. */
  move(commands: number): void {
    const engine = snapshotEngine()
    const bytes = takeSnapshot(this.vm, { commands, cpuMs: 0.5 }, engine)
    const { vm, counters } = restoreSnapshot(bytes, this.#options, engine)
    expect(counters).toEqual({ commands, cpuMs: 0.5 })
    this.vm = vm
  }
}

const isOver = ({ end, emissions }: Step): boolean =>
  (end.type !== 'waiting' && end.type !== 'rejected') || emissions.some(({ type }) => type === 'program_ended')

/** Runs a program on one machine, with commands in an order that `choose` determines. */
export function recordRun(start: StartCommand, choose: Choose): VmRun {
  const program = new SteppedProgram(start)
  const commands: JournaledCommand[] = []
  const steps = [program.step((vm) => vm.run())]
  const pending: JournaledCommand[] = []
  for (let time = start.time; ; time += choose(50)) {
    const last = steps.at(-1)
    if (last === undefined || isOver(last)) break
    pending.push(...last.emissions.flatMap((emission) => commandFor(emission, time, choose)))
    const [command] = pending.splice(choose(pending.length || 1), 1)
    if (command === undefined) break
    const timed = { ...command, time }
    commands.push(timed)
    steps.push(program.step((vm) => vm.receive(timed)))
  }
  return { commands, steps }
}

/** Runs a program again. At the steps for which `isMoved` is true, it continues on a restored machine. */
export function repeatRun(start: StartCommand, run: VmRun, isMoved: (step: number) => boolean): readonly Step[] {
  const program = new SteppedProgram(start)
  const steps = [program.step((vm) => vm.run())]
  for (const [index, command] of run.commands.entries()) {
    if (isMoved(index)) program.move(index + 1)
    steps.push(program.step((vm) => vm.receive(command)))
  }
  return steps
}

function commandFor(emission: Emission, time: number, choose: Choose): JournaledCommand[] {
  if (emission.type === 'timer_set') return [{ type: 'timeout_fired', time, id: emission.id }]
  if (emission.type !== 'tool_call') return []
  const { id } = emission
  if (choose(4) === 0) return [{ type: 'tool_error', time, id, body: `refused ${emission.body}` }]
  return [{ type: 'tool_response', time, id, body: JSON.stringify({ asked: emission.body, got: choose(1000) }) }]
}
