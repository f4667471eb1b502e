import { MessageChannel, Worker } from 'node:worker_threads'
import { messageOf } from '../../errors.ts'
import { threadFlags } from '../../package/thread-flags.ts'
import type { EmittedCall } from '../engine/bridge.ts'
import type { Compiled } from '../engine/engine.ts'
import type { Baseline } from '../quickjs/baseline.ts'
import type { VmEnd } from '../quickjs/vm.ts'
import { announceReply, createSharedWords, readTime, requestStop, resetWords, sharedNow } from './shared-words.ts'
import type { FromThread, Reply, RestoreOutcome, Slice, ThreadData, ToThread } from './thread-messages.ts'

/** A slice that has ended, with its CPU time in milliseconds. */
export type EndedSlice = {
  readonly cpuMs: number
  /** False when other commands of the slice follow, after those of other cells. */
  readonly isLast: boolean
}

/** A cell from the perspective of its thread. */
export interface ThreadCell {
  readonly number: number
  onCompiled(compiled: Compiled): void
  onRestoreOutcome(outcome: RestoreOutcome): void
  onSnapshot(bytes: Uint8Array): void
  onCall(call: EmittedCall): void
  /** Resolves with the reply to a request of the program. */
  onRequest(kind: number, id: number): Promise<string | undefined>
  /** Called with the end of a slice. */
  onEnd(end: VmEnd, slice: EndedSlice): void
  /** Called with the thread on which the cell runs from then on. */
  onThread(thread: Thread): void
  /** Called when the thread is lost through another cell. */
  onDisplaced(reason: string): void
}

/** Receives what a thread does. */
export interface ThreadListener {
  /** Called when the thread has ended a slice, and when it has started. */
  onFree(thread: Thread): void
  /** Called when the thread has ended. No cell is left on it. */
  onGone(thread: Thread): void
  /** Called when the thread does not end although it was terminated. It computes on. */
  onStuck(reason: string): void
}

/** The slice that runs, with the time of its start on the shared clock. */
type Running = {
  readonly cell: ThreadCell
  readonly since: number
  /** Whether it is the rest of a slice that was divided, or has no other part. */
  readonly isLast: boolean
}

/**
 * CPU time of a slice after which other cells need not wait for it, in milliseconds, and the same for its duration: on a loaded machine
 * a slice takes longer, and a builtin without checks reports no CPU time.
 */
const longCpuMs = 100
const longWallMs = 1000

/** Time since a report in which a slice may wait for a core instead of running a builtin without checks, in milliseconds. */
const unreportedMs = 100

/** Maximum number of commands that are handled at one go while other cells wait. */
const maxCommands = 32

/** The size of the stack of a thread in MiB. QuickJS must reach its own limit before the stack of WebAssembly ends. */
const stackSizeMb = 32
/** The size of the memory for compiled JavaScript, of which a thread has little. The default is 512 MiB, which a kernel limit counts. */
const codeRangeSizeMb = 16
/** Maximum time between a request to stop a slice and its end, in milliseconds. Then the thread is terminated. */
const stopMs = 100
/** Time after which a terminated thread that has not ended never will, in milliseconds. */
const terminateMs = 5000

/** A worker thread with the machines of some cells. It gets one slice after the other. */
export class Thread {
  readonly cells: Map<number, ThreadCell> = new Map<number, ThreadCell>()
  readonly #listener: ThreadListener
  readonly #words = createSharedWords()
  readonly #worker: Worker
  readonly #replies: MessageChannel['port1']
  #running: Running | null = null
  #waiting: { readonly cell: ThreadCell; readonly slice: Slice }[] = []
  #stopTimer: NodeJS.Timeout | null = null
  #isReady = false
  #isGone = false

  constructor(baseline: Baseline, program: URL | string, listener: ThreadListener) {
    this.#listener = listener
    const { port1, port2 } = new MessageChannel()
    this.#replies = port1
    this.#worker = new Worker(program, {
      eval: typeof program === 'string',
      env: {},
      execArgv: threadFlags,
      resourceLimits: { stackSizeMb, codeRangeSizeMb },
      workerData: { baseline, words: this.#words, replies: port2 } satisfies ThreadData,
      transferList: [port2],
    })
    this.#worker.on('message', (message: FromThread) => this.#onMessage(message))
    this.#worker.on('error', (error) => this.#lose(`its thread failed: ${messageOf(error)}`))
    this.#worker.on('exit', () => this.#lose('its thread ended'))
    // After the listeners: adding them refs the worker again.
    this.#worker.unref()
    port1.unref()
  }

  /** Whether the thread runs nothing. One that starts counts as running. */
  get isFree(): boolean {
    return this.#isReady && !this.#isGone && this.#running === null && this.#waiting.length === 0
  }

  get hasStarted(): boolean {
    return this.#isReady
  }

  get isStarting(): boolean {
    return !this.#isReady && !this.#isGone
  }

  /** The number of cells that wait for the slice of another one. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** Whether the current slice computes for long: by its CPU time, or by its duration when it reports none. */
  get isLong(): boolean {
    if (this.#running === null) return false
    return readTime(this.#words).cpuMs > longCpuMs || sharedNow() - this.#running.since > longWallMs
  }

  /** CPU time of the running slice of a cell in milliseconds; a while after the last report of the thread, wall time. */
  cpuMsOf(cell: ThreadCell): number {
    if (this.#running?.cell !== cell) return 0
    const { cpuMs, at } = readTime(this.#words)
    return cpuMs + Math.max(sharedNow() - at - unreportedMs, 0)
  }

  /** Runs a slice after those that wait. */
  run(cell: ThreadCell, slice: Slice): void {
    this.cells.set(cell.number, cell)
    this.#waiting.push({ cell, slice })
    this.#next()
  }

  #next(): void {
    if (!this.#isReady || this.#running !== null) return
    const next = this.#waiting.shift()
    if (next === undefined) return this.#listener.onFree(this)
    const [part, rest] = divided(next.slice)
    if (rest !== null) this.#waitBefore(next.cell, rest)
    resetWords(this.#words)
    this.#running = { cell: next.cell, since: sharedNow(), isLast: rest === null }
    this.#post(part)
  }

  /** Adds a slice after those of other cells, but before those of the same cell. */
  #waitBefore(cell: ThreadCell, slice: Slice): void {
    const at = this.#waiting.findIndex((waiting) => waiting.cell === cell)
    this.#waiting.splice(at === -1 ? this.#waiting.length : at, 0, { cell, slice })
  }

  /** Stops the slices of a cell, and releases its machine. Nothing of the cell is called back. */
  remove(cell: ThreadCell): void {
    if (this.#isGone || !this.cells.delete(cell.number)) return
    this.#waiting = this.#waiting.filter((waiting) => waiting.cell !== cell)
    this.#post({ type: 'drop', cell: cell.number })
    if (this.#running?.cell !== cell) return
    requestStop(this.#words)
    this.#stopTimer ??= setTimeout(() => this.#lose('another cell on its thread could not be stopped'), stopMs)
  }

  /** Displaces the cells that wait for the slice of another one. */
  displaceWaiting(reason: string): void {
    const waiting = new Set(this.#waiting.map(({ cell }) => cell))
    for (const cell of waiting) {
      this.remove(cell)
      cell.onDisplaced(reason)
    }
  }

  #post(message: ToThread): void {
    this.#worker.postMessage(message)
  }

  #onMessage(message: FromThread): void {
    if (this.#isGone) return
    if (message.type === 'ready') {
      this.#isReady = true
      return this.#next()
    }
    if (message.type === 'end') return this.#onEnd(message.end)
    const cell = this.#running?.cell
    // A cell that was removed is not called back.
    if (cell === undefined || !this.cells.has(cell.number)) return
    if (message.type === 'call') cell.onCall(message.call)
    else if (message.type === 'compiled') cell.onCompiled(message.compiled)
    else if (message.type === 'restore_outcome') cell.onRestoreOutcome(message.outcome)
    else if (message.type === 'snapshot') cell.onSnapshot(message.bytes)
    else void this.#reply(cell, message)
  }

  async #reply(cell: ThreadCell, { request, kind, id }: Extract<FromThread, { type: 'request' }>): Promise<void> {
    const text = await cell.onRequest(kind, id)
    if (this.#running?.cell !== cell) return
    this.#replies.postMessage({ request, text } satisfies Reply)
    announceReply(this.#words)
  }

  #onEnd(end: VmEnd): void {
    const running = this.#running
    this.#running = null
    if (this.#stopTimer !== null) clearTimeout(this.#stopTimer)
    this.#stopTimer = null
    if (running !== null && this.cells.has(running.cell.number)) this.#endSlice(running, end)
    this.#next()
  }

  #endSlice({ cell, isLast }: Running, end: VmEnd): void {
    const isUsable = end.type === 'waiting' || end.type === 'rejected'
    if (!isUsable) {
      this.cells.delete(cell.number)
      this.#waiting = this.#waiting.filter((waiting) => waiting.cell !== cell)
    }
    const { cpuMs } = readTime(this.#words)
    cell.onEnd(end, { cpuMs, isLast: isLast || !isUsable })
  }

  /** Terminates the thread. Its cells are displaced, except for the one that runs. */
  #lose(reason: string): void {
    if (this.#isGone) return
    const culprit = this.#running?.cell
    const cells = [...this.cells.values()]
    this.dispose()
    for (const cell of cells) {
      if (cell === culprit) cell.onEnd({ type: 'crashed', cause: reason }, { cpuMs: 0, isLast: true })
      else cell.onDisplaced(reason)
    }
    this.#listener.onGone(this)
  }

  /** Terminates the thread. Nothing is called back. */
  dispose(): void {
    this.#isGone = true
    this.cells.clear()
    this.#waiting = []
    this.#running = null
    if (this.#stopTimer !== null) clearTimeout(this.#stopTimer)
    this.#replies.close()
    const late = setTimeout(() => this.#listener.onStuck('a thread could not be ended'), terminateMs).unref()
    this.#worker.once('exit', () => clearTimeout(late))
    void this.#worker.terminate()
    // Adding a listener refs the worker again.
    this.#worker.unref()
  }
}

/** Divides a slice with many commands. */
function divided(slice: Slice): [part: Slice, rest: Slice | null] {
  if (slice.type !== 'receive' || slice.commands.length <= maxCommands) return [slice, null]
  const { commands } = slice
  return [
    { ...slice, commands: commands.slice(0, maxCommands) },
    { ...slice, commands: commands.slice(maxCommands) },
  ]
}
