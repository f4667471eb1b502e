import type { JournaledCommand, StartCommand } from '../../protocol/command.ts'
import { waitKinds, type EmittedCall } from '../engine/bridge.ts'
import type {
  Compiled,
  EngineIsolate,
  IsolateListener,
  ProgramSettings,
  SliceEnd,
  SnapshotCounters,
} from '../engine/engine.ts'
import { emissionOfCall } from '../quickjs/kinds.ts'
import type { VmEnd } from '../quickjs/vm.ts'
import type { RestoreOutcome, Slice } from './thread-messages.ts'
import type { EndedSlice, Thread, ThreadCell } from './thread.ts'
import type { ThreadPool } from './thread-pool.ts'

let lastNumber = 0

/** The machine of a cell. It has a thread from the start of its program on; everything before is sent together with the program. */
export class QuickJsIsolate implements EngineIsolate, ThreadCell {
  readonly number: number = ++lastNumber
  readonly #pool: ThreadPool
  readonly #memoryMb: number
  #listener: IsolateListener | null = null
  #catalogue = '[]'
  readonly #preloads: [key: string, json: string][] = []
  #settings: ProgramSettings | null = null
  #thread: Thread | null = null
  readonly #compiled = Promise.withResolvers<Compiled>()
  #restored: PromiseWithResolvers<SnapshotCounters> | null = null
  #snapshot: PromiseWithResolvers<Uint8Array | null> | null = null
  readonly #first = Promise.withResolvers<SliceEnd>()
  /** The slices whose end is awaited, in their order. */
  #slices = [this.#first]
  /** Slices that wait for a thread. */
  #early: Slice[] = []
  #usedMs = 0
  #isDisposed = false

  constructor(pool: ThreadPool, memoryMb: number) {
    this.#pool = pool
    this.#memoryMb = memoryMb
  }

  warmUp(): void {
    this.#pool.warmUp()
  }

  installCatalogue(body: string): void {
    this.#catalogue = body
  }

  attach(listener: IsolateListener): void {
    this.#listener = listener
  }

  preload(key: string, json: string): void {
    this.#preloads.push([key, json])
  }

  configure(settings: ProgramSettings): void {
    this.#settings = settings
  }

  /** Compiles the source on its thread, which then runs it at once. */
  compile(source: string): Promise<Compiled> {
    if (this.#settings === null) throw new Error('Cannot compile a source: expected a configured isolate')
    const program = {
      memoryMb: this.#memoryMb,
      catalogue: this.#catalogue,
      preloads: this.#preloads,
      settings: this.#settings,
      source,
    }
    this.#early.push({ type: 'start', cell: this.number, program })
    this.#pool.place(this)
    return this.#compiled.promise
  }

  run(): Promise<SliceEnd> {
    return this.#first.promise
  }

  receive(commands: readonly JournaledCommand[]): Promise<SliceEnd> {
    if (this.#isDisposed) return Promise.resolve(disposed)
    const slice = Promise.withResolvers<SliceEnd>()
    this.#slices.push(slice)
    this.#run({ type: 'receive', cell: this.number, commands })
    return slice.promise
  }

  snapshot(counters: SnapshotCounters): Promise<Uint8Array | null> {
    if (this.#isDisposed) return Promise.resolve(null)
    this.#snapshot = Promise.withResolvers()
    this.#slices.push(Promise.withResolvers())
    this.#run({ type: 'snapshot', cell: this.number, counters })
    return this.#snapshot.promise
  }

  restore(_start: StartCommand, snapshot: Uint8Array): Promise<SnapshotCounters> {
    this.#restored = Promise.withResolvers()
    const restored = { memoryMb: this.#memoryMb, catalogue: this.#catalogue, snapshot }
    this.#early.push({ type: 'restore', cell: this.number, restored })
    this.#pool.place(this)
    return this.#restored.promise
  }

  #run(slice: Slice): void {
    if (this.#thread === null) this.#early.push(slice)
    else this.#pool.run(this.#thread, this, slice)
  }

  onThread(thread: Thread): void {
    this.#thread = thread
    for (const slice of this.#early) this.#run(slice)
    this.#early = []
  }

  onCompiled(compiled: Compiled): void {
    this.#compiled.resolve(compiled)
  }

  onRestoreOutcome(outcome: RestoreOutcome): void {
    if (outcome.type === 'restored') this.#restored?.resolve(outcome.counters)
    else this.#restored?.reject(new Error(outcome.reason))
  }

  onSnapshot(bytes: Uint8Array): void {
    this.#snapshot?.resolve(bytes)
  }

  onCall(call: EmittedCall): void {
    const emission = emissionOfCall(call)
    if (emission !== null) this.#listener?.onEmissions([emission])
  }

  async onRequest(kind: number, id: number): Promise<string | undefined> {
    if (kind === waitKinds.retainedOutput) return await this.#listener?.retainedOutput(id)
    await this.#listener?.fence()
    return undefined
  }

  onEnd(end: VmEnd, { cpuMs, isLast }: EndedSlice): void {
    this.#usedMs += cpuMs
    if (!isLast) return
    const result = sliceEndOf(end)
    if (result.type === 'waiting' || result.type === 'rejected') this.#slices.shift()?.resolve(result)
    else this.#end(result)
  }

  onDisplaced(reason: string): void {
    this.#thread = null
    this.#listener?.onDisplaced(reason)
  }

  get cpuMs(): number {
    return this.#isDisposed ? 0 : this.#usedMs + (this.#thread?.cpuMsOf(this) ?? 0)
  }

  dispose(): void {
    if (this.#isDisposed) return
    this.#pool.withdraw(this)
    this.#thread?.remove(this)
    this.#end(disposed)
  }

  /** Ends all slices. */
  #end(end: SliceEnd): void {
    this.#isDisposed = true
    this.#thread = null
    // It has not been compiled when its thread was lost before.
    this.#compiled.resolve({ type: 'ready' })
    this.#restored?.reject(new Error('its thread ended'))
    this.#snapshot?.resolve(null)
    for (const slice of this.#slices) slice.resolve(end)
    this.#slices = []
  }
}

const disposed: SliceEnd = { type: 'disposed' }

function sliceEndOf(end: VmEnd): SliceEnd {
  if (end.type === 'stopped' || end.type === 'memory') return disposed
  return end.type === 'crashed' ? { type: 'crashed', reason: end.cause } : end
}
