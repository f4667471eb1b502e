import { messageOf } from '../../errors.ts'
import type { JournaledCommand, StartCommand } from '../../protocol/command.ts'
import { bodyOf, commandKinds, kindOf, locationScopes, waitKinds, type EmittedCall } from '../engine/bridge.ts'
import type { Compiled } from '../engine/engine.ts'
import { hostFunctions, type Baseline } from './baseline.ts'
import { GuestMemoryError, QuickJsInstance, type GuestValue, type InstanceHost, type Registers } from './instance.ts'
import { isDeeperThan } from './json-depth.ts'
import { quickJsKinds } from './kinds.ts'
import { syntaxErrorOf } from './syntax-errors.ts'

export type VmOptions = {
  readonly baseline: Baseline
  readonly memoryMb: number
  /** Called for each emission, in order, while a slice runs. `emissionOfCall` reads it. Exceptions end the slice like `shouldStop`. */
  onCall(call: EmittedCall): void
  /** Blocks until the answer is there: to `fence`, `retainedOutput` and `toolNames` of `waitKinds`. */
  wait(kind: number, id: number): string | undefined
  /** Read after some thousand steps of the program; true stops the slice by an exception through the instance. */
  shouldStop(): boolean
}

/** How a slice ended. After the last three the machine cannot be used. */
export type VmEnd =
  | { readonly type: 'waiting' }
  /** A promise rejected, and nothing has handled it. The cause is a description. */
  | { readonly type: 'rejected'; readonly cause: string }
  /** The program waits to be disposed, or `shouldStop` stopped it. */
  | { readonly type: 'stopped' }
  /** The memory is larger than the limit. */
  | { readonly type: 'memory' }
  /** The instance failed; the cause is a fault of the engine. */
  | { readonly type: 'crashed'; readonly cause: string }

/** The name of the source of a cell. */
const moduleName = 'exec_main.mjs'

/**
 * Memory that a program may allocate above its limit, so that the size of the linear memory shows a refused allocation: in an
 * async function it would otherwise disappear, and the cell would wait forever.
 */
const graceBytes = 16 * 1024 * 1024
const mebibyte = 1024 * 1024

/** Everything of a machine but its baseline and its options, between slices. */
export type VmState = {
  readonly memory: Uint8Array
  readonly registers: Registers
  /** The promise of the end of the program; null before it runs and after its end. */
  readonly program: GuestValue | null
}

/** A virtual machine of QuickJS for one cell. It runs on the thread that calls it, and blocks it. */
export class QuickJsVm implements InstanceHost {
  readonly #options: VmOptions
  readonly #instance: QuickJsInstance
  readonly #maxBytes: number
  #module: GuestValue | null = null
  #program: GuestValue | null = null
  /** The specifier of the import that was refused last. */
  #refusedImport: string | null = null
  #isCompiling = false
  /** Promises that rejected in this slice without a handler, by identity, each with its reason. Copies keep identities unique. */
  readonly #rejections = new Map<number, readonly GuestValue[]>()
  /** The end after which the machine cannot be used. */
  #end: VmEnd | null = null

  constructor(options: VmOptions, state?: VmState) {
    this.#options = options
    const { wasm, memory, registers } = options.baseline
    this.#maxBytes = options.memoryMb * mebibyte
    const copied = { ...(state ?? { memory, registers }), isReused: state === undefined }
    this.#instance = QuickJsInstance.copyOf(wasm, copied, this)
    this.#program = state?.program ?? null
    if (state === undefined) this.#instance.memoryLimit = this.#maxBytes + graceBytes
  }

  /** Installs the catalogue: the JSON of `ALL_TOOLS`, or the names of many tools, each after a line feed. */
  installCatalogue(body: string): void {
    const isNames = body.startsWith('\n')
    this.#send(commandKinds.catalogue, isNames ? 1 : 0, 0, isNames ? '' : body, '')
  }

  preload(key: string, json: string): void {
    this.#send(commandKinds.preload, 0, 0, key, json)
  }

  configure({ time, seed, limits, places }: Pick<StartCommand, 'time' | 'seed' | 'limits' | 'places'>): void {
    // In one order, because a replay has the same memory as the first run only if it has the same string.
    const settings = Object.entries({ ...limits, locationScope: locationScopes[places] })
    const json = JSON.stringify(Object.fromEntries(settings.toSorted(([left], [right]) => (left < right ? -1 : 1))))
    this.#send(commandKinds.configure, seed, time, json, '')
  }

  /** Compiles the source as a module. Afterwards the machine cannot be used unless the source is ready to run. */
  compile(text: string): Compiled {
    try {
      return this.#compile(text)
    } catch (error) {
      this.#end = endOf(error)
      // Only where the thread has less stack than QuickJS may use.
      return { type: 'syntax_error', message: messageOf(error), location: null }
    }
  }

  #compile(text: string): Compiled {
    const source = text.startsWith('#!') ? `//${text.slice(2)}` : text
    const instance = this.#instance
    this.#isCompiling = true
    const module = instance.compileModule(source, moduleName)
    this.#isCompiling = false
    if (!instance.isException(module)) {
      this.#module = module
      instance.free(instance.call(this.#options.baseline.functions.setSource, [instance.newString(source)]))
      return { type: 'ready' }
    }
    const thrown = instance.takeException()
    if (this.#refusedImport !== null) return { type: 'import', specifier: this.#refusedImport }
    const [message, stack] = ['message', 'stack'].map((name) => instance.stringOf(instance.propertyOf(thrown, name)))
    return syntaxErrorOf(message ?? '', stack ?? '', source)
  }

  /** Runs the compiled source until it waits, micro-tasks included. */
  run(): VmEnd {
    return this.#slice(() => {
      if (this.#module === null) return
      const module = this.#module
      this.#module = null
      this.#program = this.#instance.runModule(module)
    })
  }

  /** Passes a command in and handles it with its micro-tasks. */
  receive(command: JournaledCommand): VmEnd {
    return this.#slice(() => this.#send(kindOf(command), command.id, command.time, '', bodyOf(command)))
  }

  /** The size of the linear memory, which never shrinks. */
  get memoryBytes(): number {
    return this.#instance.memoryBytes
  }

  /** The state, between slices. The memory is a view of that of the machine, which changes. */
  get state(): VmState {
    return { memory: this.#instance.bytes, registers: this.#instance.registers, program: this.#program }
  }

  #send(kind: number, id: number, time: number, a: string, b: string): void {
    const instance = this.#instance
    const numbers = [kind, id, time].map((value) => instance.newNumber(value))
    const strings = [instance.newString(a), instance.newString(b)]
    const result = instance.call(this.#options.baseline.functions.receive, [...numbers, ...strings])
    if (instance.isException(result)) this.#onUncaught()
    instance.free(result)
  }

  #slice(work: () => void): VmEnd {
    if (this.#end !== null) return this.#end
    try {
      work()
      this.#drain()
      this.#settleProgram()
      this.#checkMemory()
      return this.#endOfSlice()
    } catch (error) {
      this.#end = endOf(error)
      return this.#end
    }
  }

  #drain(): void {
    while (this.#instance.runJob());
  }

  /** Reports the end of the program. The host looks at its promise, so nothing that a program replaces can hide it. */
  #settleProgram(): void {
    const program = this.#program
    if (program === null) return
    const instance = this.#instance
    const state = instance.promiseState(program)
    if (state === 0) return
    const { complete, fail } = this.#options.baseline.functions
    const reason = state === 1 ? null : instance.promiseResult(program)
    const result = reason === null ? instance.call(complete, []) : instance.call(fail, [reason])
    if (instance.isException(result)) this.#onUncaught()
    instance.free(result)
    this.#forgetRejection(instance.identityOf(program))
    instance.free(program)
    this.#program = null
    this.#drain()
  }

  /** Describes the first rejection that nothing has handled, and frees all. */
  #endOfSlice(): VmEnd {
    const [first] = this.#rejections.values()
    if (first === undefined) return waiting
    const [reason] = first
    const cause = reason === undefined ? '' : this.#describe(reason)
    for (const promise of this.#rejections.keys()) this.#forgetRejection(promise)
    return { type: 'rejected', cause }
  }

  /** An exception of the prelude itself: its memory or its stack was exhausted. */
  #onUncaught(): void {
    this.#forgetRejection(0)
    this.#rejections.set(0, [this.#instance.takeException()])
  }

  #forgetRejection(promise: number): void {
    for (const value of this.#rejections.get(promise) ?? []) this.#instance.free(value)
    this.#rejections.delete(promise)
  }

  #describe(value: GuestValue): string {
    const instance = this.#instance
    const described = instance.call(this.#options.baseline.functions.describe, [instance.copyOf(value)])
    const text = instance.isException(described) ? '' : instance.stringOf(described)
    instance.free(described)
    return text
  }

  #checkMemory(): void {
    if (this.#instance.memoryBytes > this.#maxBytes) throw new EndOfSlice({ type: 'memory' })
  }

  onInterruptCheck(): void {
    this.#checkMemory()
    if (this.#options.shouldStop()) throw new EndOfSlice({ type: 'stopped' })
  }

  onHostCall(name: string, [first = 0, second = 0, third = 0, fourth = 0]: readonly GuestValue[]): GuestValue {
    const instance = this.#instance
    const [kind, id] = [instance.numberOf(first), instance.numberOf(second)]
    if (name === hostFunctions.emit) {
      this.#options.onCall({ kind, id, a: instance.stringOf(third), b: instance.stringOf(fourth) })
      return instance.newUndefined()
    }
    if (kind === waitKinds.park) throw new EndOfSlice({ type: 'stopped' })
    if (kind === quickJsKinds.outOfMemory) throw new EndOfSlice({ type: 'memory' })
    if (kind === quickJsKinds.jsonDepth) {
      return isDeeperThan(instance.stringOf(third), id) ? instance.newString('') : instance.newUndefined()
    }
    const answer = this.#options.wait(kind, id)
    return answer === undefined ? instance.newUndefined() : instance.newString(answer)
  }

  onRejection(promise: GuestValue, reason: GuestValue, isHandled: boolean): void {
    const instance = this.#instance
    const identity = instance.identityOf(promise)
    this.#forgetRejection(identity)
    if (!isHandled) this.#rejections.set(identity, [instance.copyOf(reason), instance.copyOf(promise)])
  }

  onImport(specifier: string): string {
    if (this.#isCompiling) this.#refusedImport ??= specifier
    return 'unsupported import in exec'
  }
}

const waiting: VmEnd = { type: 'waiting' }

/** Passes through the instance, past every `catch` of the program. */
class EndOfSlice extends Error {
  readonly end: VmEnd

  constructor(end: VmEnd) {
    super('The slice has ended')
    this.end = end
  }
}

function endOf(error: unknown): VmEnd {
  if (error instanceof EndOfSlice) return error.end
  if (error instanceof GuestMemoryError) return { type: 'memory' }
  return { type: 'crashed', cause: messageOf(error) }
}
