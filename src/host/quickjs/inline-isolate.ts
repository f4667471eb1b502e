import type { JournaledCommand } from '../../protocol/command.ts'
import type { Compiled, EngineIsolate, IsolateListener, ProgramSettings, SliceEnd } from '../engine/engine.ts'
import { waitKinds, type EmittedCall } from '../engine/bridge.ts'
import type { Baseline } from './baseline.ts'
import { emissionOfCall } from './kinds.ts'
import { SliceMeter, type ExceededTime } from './slice-meter.ts'
import type { SliceQueue } from './slice-queue.ts'
import { QuickJsVm, type VmEnd } from './vm.ts'

/** Called while a program blocks the thread. */
export interface InlineListener {
  /** Called now and then. */
  onCheck(): void
  /** Called after each emission. */
  onEmission(): void
}

export type InlineIsolateOptions = {
  readonly baseline: Baseline
  readonly memoryMb: number
  /** The slices of the thread. */
  readonly queue: SliceQueue
  readonly thread: InlineListener
}

/**
 * An isolate on the thread of its host. The thread cannot wait for another one: a program that loads the retained output of a cell runs
 * again from its start when the output is there, with the same commands, and emits nothing twice.
 */
export class InlineIsolate implements EngineIsolate {
  readonly #options: InlineIsolateOptions
  readonly #meter = new SliceMeter()
  #vm: QuickJsVm | null
  #listener: IsolateListener | null = null
  /** The work on the machine so far, which makes another machine the same. */
  readonly #done: ((vm: QuickJsVm) => VmEnd)[] = []
  /** Names of the tools of a large catalogue, each after a line feed. */
  #names = ''
  readonly #outputs = new Map<number, string | undefined>()
  /** The retained output that the program waits for. */
  #wantedOutput: number | null = null
  /** Emissions of the current machine, and those that the listener has received. */
  #emitted = 0
  #delivered = 0
  #exceeded: ExceededTime | null = null
  /** The work in progress: slices of one isolate never overlap. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: InlineIsolateOptions) {
    this.#options = options
    this.#vm = this.#createVm()
  }

  #createVm(): QuickJsVm {
    const { baseline, memoryMb, thread } = this.#options
    return new QuickJsVm({
      baseline,
      memoryMb,
      onCall: (call) => this.#onCall(call),
      wait: (kind, id) => this.#wait(kind, id),
      shouldStop: () => {
        thread.onCheck()
        this.#exceeded = this.#meter.check()
        return this.#exceeded !== null
      },
    })
  }

  #onCall(call: EmittedCall): void {
    this.#meter.onActivity()
    if (++this.#emitted <= this.#delivered) return
    this.#delivered = this.#emitted
    const emission = emissionOfCall(call)
    if (emission === null) return
    this.#listener?.onEmissions([emission])
    this.#options.thread.onEmission()
  }

  #wait(kind: number, id: number): string | undefined {
    if (kind === waitKinds.toolNames) return `${this.#names}\n`
    if (kind !== waitKinds.retainedOutput) return undefined
    if (this.#outputs.has(id)) return this.#outputs.get(id)
    this.#wantedOutput = id
    throw new Error('the output arrives later')
  }

  warmUp(): void {}

  installCatalogue(body: string): void {
    this.#names = body.startsWith('\n') ? body : ''
    this.#do((vm) => vm.installCatalogue(body))
  }

  attach(listener: IsolateListener): void {
    this.#listener = listener
  }

  preload(key: string, json: string): void {
    this.#do((vm) => vm.preload(key, json))
  }

  configure(settings: ProgramSettings): void {
    this.#meter.limits = settings.limits
    this.#do((vm) => vm.configure(settings))
  }

  compile(source: string): Compiled {
    let compiled: Compiled = { type: 'ready' }
    this.#do((vm) => void (compiled = vm.compile(source)))
    return compiled
  }

  /** Does work that runs nothing of the program. */
  #do(work: (vm: QuickJsVm) => void): void {
    const step = (vm: QuickJsVm): VmEnd => {
      work(vm)
      return { type: 'waiting' }
    }
    this.#done.push(step)
    if (this.#vm !== null) step(this.#vm)
  }

  run(): Promise<SliceEnd> {
    return this.#slices([(vm) => vm.run()])
  }

  receive(commands: readonly JournaledCommand[]): Promise<SliceEnd> {
    return this.#slices(commands.map((command) => (vm) => vm.receive(command)))
  }

  #slices(steps: readonly ((vm: QuickJsVm) => VmEnd)[]): Promise<SliceEnd> {
    const ended = this.#last.then(() => this.#runAll(steps))
    this.#last = ended
    return ended
  }

  async #runAll(steps: readonly ((vm: QuickJsVm) => VmEnd)[]): Promise<SliceEnd> {
    let end: SliceEnd = { type: 'waiting' }
    for (const step of steps) {
      this.#done.push(step)
      end = await this.#options.queue.add(() => this.#slice((vm) => step(vm)))
      while (this.#wantedOutput !== null) end = await this.#runAgain(this.#wantedOutput)
      if (end.type !== 'waiting' && end.type !== 'rejected') break
    }
    return end
  }

  /** Fetches a retained output, and repeats all steps with it. */
  async #runAgain(output: number): Promise<SliceEnd> {
    this.#outputs.set(output, await this.#listener?.retainedOutput(output))
    this.#wantedOutput = null
    if (this.#vm === null) return disposed
    this.#vm = this.#createVm()
    this.#emitted = 0
    return await this.#options.queue.add(() =>
      this.#slice((vm) => {
        let end: VmEnd = { type: 'waiting' }
        for (const step of this.#done) {
          end = step(vm)
          if (this.#wantedOutput !== null) break
        }
        return end
      }),
    )
  }

  #slice(work: (vm: QuickJsVm) => VmEnd): SliceEnd {
    const vm = this.#vm
    if (vm === null) return disposed
    this.#meter.begin()
    const end = work(vm)
    this.#meter.end()
    return this.#vm === null ? disposed : this.#sliceEndOf(end)
  }

  #sliceEndOf(end: VmEnd): SliceEnd {
    switch (end.type) {
      case 'waiting':
      case 'rejected':
        return end
      case 'crashed':
        return { type: 'crashed', reason: end.cause }
      case 'stopped':
        return this.#exceeded === null ? disposed : { type: 'exceeded', ...this.#exceeded }
      case 'memory':
        return disposed
      default:
        return end satisfies never
    }
  }

  get cpuMs(): number {
    return this.#meter.usedMs
  }

  /** The machine that runs a slice ends with it. */
  dispose(): void {
    this.#vm = null
    this.#done.length = 0
  }
}

const disposed: SliceEnd = { type: 'disposed' }
