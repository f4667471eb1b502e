import { inNextTurn, unref } from '../platform/turns.ts'
import { messageOf } from '../errors.ts'
import { limitText, type CellLimitName, type CellLimits } from '../protocol/cell-limits.ts'
import type { JournaledCommand, StartCommand } from '../protocol/command.ts'
import type { CellEvent } from '../protocol/event.ts'
import { maxSnapshotBytes } from '../protocol/message.ts'
import type { HostRemarks } from '../protocol/remark.ts'
import type { CpuShares, MeteredCell } from './cpu-shares.ts'
import type { Emission, ProgramEnd, PromiseUses } from './engine/bridge.ts'
import type { Compiled, EngineIsolate, IsolateListener, SliceEnd } from './engine/engine.ts'

/** Receives what a cell does. */
export interface CellListener {
  onEvent(onEvent: CellEvent): void
  /** Called before the event that ends the cell, when there are remarks. */
  onRemarks(onRemarks: HostRemarks): void
  /** Called when commands have been handled with their micro-tasks; `count` includes all commands so far. */
  onHandled(count: number): void
  fence(): Promise<void>
  /** Called when the cell waits for the retained output of another cell of its session. */
  onOutputRequest(output: number): void
  /** Called with the state of an evicted cell after `commands` commands. */
  onSnapshot(commands: number, snapshot: Uint8Array): void
  /** Called when a snapshot cannot be used. Nothing of the cell has run. */
  onNotRestored(reason: string): void
  /** Called when the isolate is disposed. */
  onStopped(): void
  /** Called when the isolate does not stop. */
  onStuck(reason: string): void
  /** Called when the isolate is gone and the cell can resume in another one. Nothing follows. */
  onDisplaced(reason: string): void
}

type Phase =
  | { readonly type: 'running' }
  /** The isolate takes over a snapshot. Commands wait for it. */
  | { readonly type: 'restoring'; readonly commands: JournaledCommand[] }
  /** The program has ended; the command that ended it is still draining its micro-tasks. */
  | { readonly type: 'ending'; readonly result: CellEvent }
  | { readonly type: 'over' }

/** Grace period of a disposed isolate before it counts as stuck, in milliseconds. */
const stopMs = 250

/** A cell in the host: takes commands one after the other and emits events, until a result or a termination. */
export class Cell implements IsolateListener, MeteredCell {
  readonly limits: CellLimits
  readonly #isolate: EngineIsolate
  readonly #listener: CellListener
  #phase: Phase = { type: 'running' }
  #promiseUses: PromiseUses | null = null
  /** Callbacks that wait for the retained output of a cell. */
  readonly #outputRequests = new Map<number, (text: string | undefined) => void>()
  #inFlight = 0
  #handled = 0
  /** Time of the last visible activity of this cell, by `performance.now()`. */
  #lastActivityAt = performance.now()
  readonly #shares: CpuShares
  /** CPU time of all slices. The work that prepared the isolate is not charged to the cell. */
  #usedMs = 0
  /** CPU time before the snapshot that the program resumed from. */
  #restoredMs = 0

  constructor(isolate: EngineIsolate, limits: CellLimits, shares: CpuShares, listener: CellListener) {
    this.#isolate = isolate
    this.#shares = shares
    this.limits = limits
    this.#listener = listener
    isolate.attach(this)
  }

  start({ time, seed, places, body }: StartCommand): void {
    this.#isolate.configure({ time, seed, places, limits: this.limits })
    const compiled = this.#isolate.compile(body)
    if (compiled instanceof Promise) return this.#await(this.#runCompiled(compiled), 1)
    this.#onCompiled(compiled)
    if (compiled.type === 'ready') this.#await(this.#isolate.run(), 1)
  }

  async #runCompiled(compiling: Promise<Compiled>): Promise<SliceEnd> {
    const compiled = await compiling
    if (this.#phase.type === 'over') return { type: 'disposed' }
    this.#onCompiled(compiled)
    return compiled.type === 'ready' ? await this.#isolate.run() : { type: 'waiting' }
  }

  #onCompiled(compiled: Compiled): void {
    // Yield times start with this event, so it does not precede the compilation.
    this.#listener.onEvent({ type: 'started' })
    if (compiled.type !== 'ready') this.#end(resultOf(compiled))
  }

  /** Resumes the program from a snapshot, which can have been changed. */
  async restore(start: StartCommand, snapshot: Uint8Array): Promise<void> {
    const phase: Phase = { type: 'restoring', commands: [] }
    this.#phase = phase
    try {
      if (this.#isolate.restore === undefined) throw new Error('Cannot read a snapshot: its engine takes none')
      const { commands, cpuMs } = await this.#isolate.restore(start, snapshot)
      if (this.#phase !== phase) return
      this.#handled = commands
      this.#usedMs = cpuMs
      this.#restoredMs = cpuMs
    } catch (error) {
      if (this.#phase !== phase) return
      this.#phase = { type: 'over' }
      this.#listener.onNotRestored(messageOf(error))
      return this.#stop()
    }
    this.#phase = { type: 'running' }
    this.#listener.onEvent({ type: 'started' })
    this.#listener.onHandled(this.#handled)
    this.handle(phase.commands)
  }

  /** Disposes the isolate of a program that waits, with a snapshot if the engine takes any and the program has used enough CPU time. */
  async evict(minCpuMs: number): Promise<void> {
    if (this.#phase.type === 'running' && this.#inFlight === 0 && this.#usedMs - this.#restoredMs >= minCpuMs) {
      const commands = this.#handled
      // The session replays the journal of a cell without a snapshot.
      const snapshot = await this.#isolate.snapshot?.({ commands, cpuMs: this.#usedMs }).catch(() => null)
      const isUsable = snapshot != null && snapshot.length <= maxSnapshotBytes && !this.#isOver
      if (isUsable) this.#listener.onSnapshot(commands, snapshot)
    }
    this.terminate()
  }

  get #isOver(): boolean {
    return this.#phase.type === 'over'
  }

  terminate(): void {
    if (this.#phase.type === 'over') return
    this.#phase = { type: 'over' }
    this.#stop()
  }

  /** Passes commands to the isolate, one after the other; each is handled with its micro-tasks before the next. */
  handle(commands: readonly JournaledCommand[]): void {
    if (commands.length === 0 || this.#phase.type === 'over') return
    if (this.#phase.type === 'restoring') return void this.#phase.commands.push(...commands)
    this.#await(this.#isolate.receive(commands), commands.length)
  }

  #await(running: Promise<SliceEnd>, commands: number): void {
    if (this.#inFlight++ === 0) {
      this.#shares.begin(this)
      this.#lastActivityAt = performance.now()
    }
    void running.then((end) => this.#onReturn(commands, end))
  }

  #onReturn(commands: number, end: SliceEnd): void {
    if (--this.#inFlight === 0) this.#shares.end(this)
    this.#handled += commands
    this.#lastActivityAt = performance.now()
    if (this.#phase.type === 'over') {
      if (this.#inFlight === 0) this.#listener.onStopped()
      return
    }
    if (this.#phase.type === 'ending') return this.#endBySelf(this.#phase.result, end)
    if (end.type === 'exceeded') return this.fail(end.limit, this.#maxOf(end.limit), end.observed)
    if (end.type === 'crashed')
      return this.#end({ type: 'failed', limit: null, body: `exec runtime ended unexpectedly: ${end.reason}` })
    if (end.type === 'disposed') return this.fail('memory', this.limits.memoryMb, this.limits.memoryMb)
    this.#listener.onHandled(this.#handled)
  }

  onEmissions(emissions: readonly Emission[]): void {
    this.#lastActivityAt = performance.now()
    for (const emission of emissions) {
      if (this.#phase.type === 'over') return
      if (emission.type === 'program_ended') this.#onProgramEnd(emission)
      else this.#listener.onEvent(emission)
    }
  }

  #onProgramEnd({ result, isParked, promiseUses }: ProgramEnd): void {
    // A limit ends the cell, whatever the program did before.
    if (isParked && result.type === 'failed') return this.#end(result)
    this.#promiseUses = promiseUses
    if (isParked) this.#endBySelf(result, null)
    else this.#phase = { type: 'ending', result }
  }

  fence(): Promise<void> {
    return this.#listener.fence()
  }

  retainedOutput(output: number): Promise<string | undefined> {
    return new Promise((resolve) => {
      this.#outputRequests.set(output, resolve)
      this.#listener.onOutputRequest(output)
    })
  }

  deliverOutput(output: number, text: string | undefined): void {
    this.#lastActivityAt = performance.now()
    this.#outputRequests.get(output)?.(text)
    this.#outputRequests.delete(output)
  }

  onLost(message: string): void {
    if (this.#phase.type !== 'over')
      this.#listener.onEvent(this.#limitResult('memory', this.limits.memoryMb, this.limits.memoryMb))
    this.#phase = { type: 'over' }
    this.#listener.onStuck(message)
  }

  onDisplaced(reason: string): void {
    if (this.#phase.type === 'over') return
    this.#phase = { type: 'over' }
    this.#listener.onDisplaced(reason)
    this.#isolate.dispose()
  }

  #maxOf(limit: 'cpu_ms' | 'stall_ms'): number {
    return limit === 'cpu_ms' ? this.limits.cpuMs : this.limits.stallMs
  }

  /** Ends the cell because it exceeded a limit. */
  fail(limit: CellLimitName, max: number, observed: number): void {
    this.#end(this.#limitResult(limit, max, observed))
  }

  #limitResult(limit: CellLimitName, max: number, observed: number): CellEvent {
    return { type: 'failed', limit, body: limitText(limit === 'memory' ? 'memory_mb' : limit, max, observed) }
  }

  /**
   * Ends a cell whose program has ended, with all micro-tasks: nothing can handle a promise that rejected last. For a
   * program that failed, that rejection is the failure itself.
   */
  #endBySelf(result: CellEvent, end: SliceEnd | null): void {
    const rejection = end?.type === 'rejected' && result.type === 'completed' ? rejectionText(end.cause) : null
    if (rejection !== null || this.#promiseUses !== null) {
      this.#listener.onRemarks({ ...noUses, ...this.#promiseUses, rejection })
    }
    this.#end(result)
  }

  #end(result: CellEvent): void {
    this.#phase = { type: 'over' }
    this.#listener.onEvent(result)
    // Send the result first: disposing an isolate takes a third of a millisecond.
    if (this.#inFlight === 0) inNextTurn(() => this.#stop())
    else this.#stop()
  }

  #stop(): void {
    this.#isolate.dispose()
    if (this.#inFlight === 0) return this.#listener.onStopped()
    const timer = setTimeout(() => {
      if (this.#inFlight > 0) this.#listener.onStuck('the program cannot be interrupted')
    }, stopMs)
    unref(timer)
  }

  /** Ends the cell if it has used up its CPU time, or has emitted nothing for too long while it ran. */
  checkTime(): void {
    if (this.#inFlight === 0 || this.#phase.type === 'over') return
    const used = this.#usedMs
    if (used > this.limits.cpuMs) return this.fail('cpu_ms', this.limits.cpuMs, Math.round(used))
    const silent = performance.now() - this.#lastActivityAt
    if (silent > this.limits.stallMs) this.fail('stall_ms', this.limits.stallMs, Math.round(silent))
  }

  get isolateMs(): number {
    return this.#isolate.cpuMs
  }

  charge(ms: number): void {
    this.#usedMs += ms
  }

  get isBusy(): boolean {
    return this.#inFlight > 0
  }
}

const noUses = { printed: 0, notified: 0, stored: 0, passed: 0, spelled: 0 }

/** Maximum length of the message of a rejection, in characters. */
const maxRejection = 2000

function rejectionText(cause: unknown): string {
  const name = cause instanceof Error && cause.message !== '' ? `${cause.name}: ` : ''
  return `${name}${messageOf(cause)}`.slice(0, maxRejection)
}

/** Returns the end of a cell whose source does not run. */
function resultOf(compiled: Exclude<Compiled, { readonly type: 'ready' }>): CellEvent {
  if (compiled.type === 'import') {
    return { type: 'failed', limit: null, body: `Unsupported import in exec: ${compiled.specifier}` }
  }
  const { message, location } = compiled
  // The location has a line of its own.
  const at = location === null ? '' : `\n    at exec_main.mjs:${location.line}:${location.column}`
  return { type: 'rejected', body: `SyntaxError: ${message}${at}` }
}
