import { messageOf } from '../errors.ts'
import { limitText, type CellLimitName, type CellLimits } from '../protocol/cell-limits.ts'
import type { JournaledCommand, StartCommand } from '../protocol/command.ts'
import type { CellEvent } from '../protocol/event.ts'
import type { HostRemarks } from '../protocol/remark.ts'
import { commandKinds, emissionKinds, eventOf, limitNameOf, promiseUsesOf, type Emitted } from './bridge.ts'
import type { CpuShares, MeteredCell } from './cpu-shares.ts'
import type { Isolate, IsolateListener } from './isolate.ts'
import { loadSource } from './source.ts'
import { mark } from './text-ring.ts'

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
  /** Called when the isolate is disposed. */
  onStopped(): void
  /** Called when the isolate does not stop. */
  onStuck(reason: string): void
}

type Phase =
  | { readonly type: 'running' }
  /** The program has ended; the command that ended it is still draining its micro-tasks. */
  | { readonly type: 'ending'; readonly result: CellEvent }
  | { readonly type: 'over' }

/** Grace period of a disposed isolate before it counts as stuck, in milliseconds. */
const stopMs = 250

/** A cell in the host: takes commands one after the other and emits events, until a result or a termination. */
export class Cell implements IsolateListener, MeteredCell {
  readonly limits: CellLimits
  readonly #isolate: Isolate
  readonly #listener: CellListener
  #phase: Phase = { type: 'running' }
  /** Events that arrived by a call and whose marks have not been reached. */
  readonly #emissions: Emitted[] = []
  #promiseUses: ReturnType<typeof promiseUsesOf> = null
  /** Callbacks that wait for the retained output of a cell. */
  readonly #outputRequests = new Map<number, (text: string | undefined) => void>()
  #inFlight = 0
  #handled = 0
  /** Time of the last visible activity of this cell, by `performance.now()`. */
  #lastActivityAt = performance.now()
  readonly #shares: CpuShares
  /** CPU time of all slices. The work that prepared the isolate is not charged to the cell. */
  #usedMs = 0

  constructor(isolate: Isolate, limits: CellLimits, shares: CpuShares, listener: CellListener) {
    this.#isolate = isolate
    this.#shares = shares
    this.limits = limits
    this.#listener = listener
    isolate.attach(this)
  }

  start({ time, seed, places, body }: StartCommand): void {
    this.#isolate.configure({ time, seed, places, limits: this.limits })
    const isLocated = places === 'all' && !this.#isolate.isInspected
    const loaded = loadSource(this.#isolate, body, { isLocated })
    // Yield times start with this event, so it does not precede the compilation.
    this.#listener.onEvent({ type: 'started' })
    if (loaded.type === 'ready') return this.#await(this.#isolate.run(), 1)
    this.#end(
      loaded.type === 'rejected'
        ? { type: 'rejected', body: loaded.errorText }
        : { type: 'failed', limit: null, body: loaded.errorText },
    )
  }

  terminate(): void {
    if (this.#phase.type === 'over') return
    this.#phase = { type: 'over' }
    this.#stop()
  }

  /** Passes commands to the isolate, one after the other; each is handled with its micro-tasks before the next. */
  handle(commands: readonly JournaledCommand[]): void {
    const last = commands.at(-1)
    if (last === undefined || this.#phase.type === 'over') return
    for (const command of commands.slice(0, -1)) {
      this.#isolate.receiveSilently(kindOf(command), command.id, command.time, bodyOf(command))
    }
    this.#await(this.#isolate.receive(kindOf(last), last.id, last.time, bodyOf(last)), commands.length)
  }

  /** A rejection may belong to any promise of the cell, so only the return of the call counts. */
  #await(running: Promise<unknown>, commands: number): void {
    if (this.#inFlight++ === 0) {
      this.#shares.begin(this)
      this.#lastActivityAt = performance.now()
    }
    running.then(
      () => this.#onReturn(commands, null),
      (cause: unknown) => this.#onReturn(commands, { cause }),
    )
  }

  /** `rejected`: a promise rejected during these commands, and nothing has handled it. */
  #onReturn(commands: number, rejected: { readonly cause: unknown } | null): void {
    if (--this.#inFlight === 0) this.#shares.end(this)
    this.#handled += commands
    this.#lastActivityAt = performance.now()
    this.#readRing()
    if (this.#phase.type === 'over') {
      if (this.#inFlight === 0) this.#listener.onStopped()
      return
    }
    if (this.#phase.type === 'ending') return this.#endBySelf(this.#phase.result, rejected)
    if (this.#isolate.isDisposed) return this.fail('memory', this.limits.memoryMb, this.limits.memoryMb)
    this.#listener.onHandled(this.#handled)
  }

  onEmission(emission: Emitted): void {
    this.#lastActivityAt = performance.now()
    if (emission.kind === emissionKinds.bell) this.#isolate.ring.answerBell()
    else this.#emissions.push(emission)
    this.#readRing()
  }

  /** Delivers strings and events in the order in which the cell emitted them. */
  #readRing(): void {
    const { ring } = this.#isolate
    for (let entry = ring.peek(); entry !== null && this.#phase.type !== 'over'; entry = ring.peek()) {
      // The event of a mark may not have arrived yet.
      const emission = entry === mark ? this.#emissions.shift() : null
      if (emission === undefined) return
      ring.take(entry)
      if (typeof entry === 'string') this.#listener.onEvent({ type: 'text', body: entry })
      else if (entry !== mark) this.#listener.onEvent({ type: 'place', line: entry.line, column: entry.column })
      else if (emission !== null) this.#interpret(emission)
    }
  }

  #interpret(emission: Emitted): void {
    switch (emission.kind) {
      case emissionKinds.done:
        this.#promiseUses = promiseUsesOf(emission.a)
        this.#phase = { type: 'ending', result: { type: 'completed' } }
        return
      case emissionKinds.failed:
        this.#promiseUses = promiseUsesOf(emission.a)
        this.#phase = { type: 'ending', result: { type: 'failed', limit: null, body: emission.b } }
        return
      case emissionKinds.exit:
        this.#promiseUses = promiseUsesOf(emission.a)
        return this.#endBySelf({ type: 'completed' }, null)
      case emissionKinds.limit:
        return this.#end({ type: 'failed', limit: limitNameOf(emission.a), body: emission.b })
      default: {
        const event = eventOf(emission)
        if (event !== null) this.#listener.onEvent(event)
      }
    }
  }

  fence(): Promise<void> {
    this.#readRing()
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
  #endBySelf(result: CellEvent, rejected: { readonly cause: unknown } | null): void {
    const rejection =
      rejected === null || result.type !== 'completed' || this.#isolate.isDisposed
        ? null
        : rejectionText(rejected.cause)
    if (rejection !== null || this.#promiseUses !== null) {
      this.#listener.onRemarks({ ...noUses, ...this.#promiseUses, rejection })
    }
    this.#end(result)
  }

  #end(result: CellEvent): void {
    this.#phase = { type: 'over' }
    this.#listener.onEvent(result)
    // Send the result first: disposing an isolate takes a third of a millisecond.
    if (this.#inFlight === 0) setImmediate(() => this.#stop())
    else this.#stop()
  }

  #stop(): void {
    this.#isolate.dispose()
    if (this.#inFlight === 0) return this.#listener.onStopped()
    const timer = setTimeout(() => {
      if (this.#inFlight > 0) this.#listener.onStuck('the program cannot be interrupted')
    }, stopMs)
    timer.unref()
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

function kindOf(command: JournaledCommand): number {
  switch (command.type) {
    case 'tool_response':
      return commandKinds.toolResponse
    case 'tool_error':
      return commandKinds.toolError
    case 'timeout_fired':
      return commandKinds.timeoutFired
    default:
      return command satisfies never
  }
}

function bodyOf(command: JournaledCommand): string {
  return command.type === 'timeout_fired' ? '' : command.body
}
