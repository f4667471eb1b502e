import { inNextTurn } from '../platform/turns.ts'
import type { JournaledCommand } from '../protocol/command.ts'
import { fromBase64, toBase64 } from '../protocol/base64.ts'
import {
  displacedVersion,
  oldestProtocolVersion,
  protocolVersion,
  type FromHost,
  type HostCell,
  type ToHost,
} from '../protocol/message.ts'
import { processId } from '../platform/process.ts'
import { Cell } from './cell.ts'
import { CpuShares } from './cpu-shares.ts'
import type { Engine } from './engine/engine.ts'
import type { Inspection } from './engine/inspection.ts'
import { WarmIsolates } from './warm-isolates.ts'

/** Receives the messages of a runtime. */
export interface MessageSink {
  deliver(messages: readonly FromHost[]): void
  /** Resolves when the other end has read everything: at once when nothing is queued. */
  drained(): Promise<void>
}

/** Interval at which running cells are measured, in milliseconds. */
const watchMs = 10

/** The number of no cell. */
const noCell = 0

/** The host: creates isolates and runs cells in them. There is one per process. */
export class HostRuntime {
  readonly #engine: Engine
  readonly #sink: MessageSink
  readonly #inspection: Inspection | null
  readonly #cells = new Map<HostCell, Cell>()
  readonly #preloads = new Map<HostCell, [key: string, json: string][]>()
  readonly #shares = new CpuShares()
  /** The version of the messages to the session. */
  #version: number = protocolVersion
  /** Snapshots of cells that have not started, in base64. */
  readonly #snapshots = new Map<HostCell, string>()
  #warmIsolates: WarmIsolates | null = null
  #pending: FromHost[] = []
  #handled = new Map<HostCell, number>()
  /** Messages that arrived after the start of a cell in this turn; null if there are none. */
  #waiting: ToHost[] | null = null
  #flushing = false
  #watch: NodeJS.Timeout | null = null

  /** With an inspection, every isolate is for a debugger. */
  constructor(engine: Engine, sink: MessageSink, inspection: Inspection | null = null) {
    this.#engine = engine
    this.#sink = sink
    this.#inspection = inspection
    engine.listen?.((reason) => this.#post({ type: 'stuck', cell: noCell, body: reason }))
  }

  /**
   * Takes messages that arrived together. At most one cell starts in each turn: of many short cells, the first ones end before the isolates
   * of the last ones exist.
   */
  receive(messages: readonly ToHost[]): void {
    if (this.#waiting !== null) {
      for (const message of messages) this.#waiting.push(message)
      return
    }
    const start = messages.findIndex(({ type }) => type === 'start')
    if (start === -1 || start === messages.length - 1) return this.#handle(messages)
    this.#handle(messages.slice(0, start + 1))
    this.#waiting = messages.slice(start + 1)
    inNextTurn(() => {
      const waiting = this.#waiting
      this.#waiting = null
      if (waiting !== null) this.receive(waiting)
    })
  }

  /** Passes consecutive commands of one cell in together. */
  #handle(messages: readonly ToHost[]): void {
    let cell: HostCell | null = null
    let commands: JournaledCommand[] = []
    for (const message of messages) {
      const isCommand = isJournaled(message)
      if (cell !== null && (!isCommand || message.cell !== cell)) {
        this.#cells.get(cell)?.handle(commands)
        cell = null
      }
      if (!isCommand) {
        this.#receiveOne(message)
        continue
      }
      if (cell === null) commands = []
      cell = message.cell
      commands.push(message)
    }
    if (cell !== null) this.#cells.get(cell)?.handle(commands)
    this.#watchCells()
  }

  #receiveOne(message: Exclude<ToHost, JournaledCommand>): void {
    switch (message.type) {
      case 'hello':
        this.#warmIsolates = new WarmIsolates({
          engine: this.#engine,
          size: message.spares,
          memoryMb: message.memoryMb,
          inspection: this.#inspection,
        })
        this.#version = commonVersion(message.version)
        return this.#post({
          type: 'ready',
          version: this.#version,
          pid: processId(),
          engine: this.#engine.print(),
        })
      case 'ping':
        return this.#post({ type: 'pong', id: message.id })
      case 'catalogue':
        return this.#warmIsolates?.addCatalogue(message.catalogue, message.body)
      case 'forget_catalogue':
        return this.#warmIsolates?.forgetCatalogue(message.catalogue)
      case 'preload': {
        const preloads = this.#preloads.get(message.cell)
        if (preloads === undefined) this.#preloads.set(message.cell, [[message.key, message.body]])
        else preloads.push([message.key, message.body])
        return
      }
      case 'kept_output':
        return this.#cells.get(message.cell)?.deliverOutput(message.output, message.found ? message.body : undefined)
      case 'restore':
        return void this.#snapshots.set(message.cell, message.body)
      case 'start':
        return this.#start(message)
      case 'evict':
        return void this.#cells.get(message.cell)?.evict(message.minCpuMs)
      case 'terminate':
        return this.#cells.get(message.cell)?.terminate()
      default:
        return message satisfies never
    }
  }

  #start(message: Extract<ToHost, { readonly type: 'start' }>): void {
    const id = message.cell
    const isolate = this.#warmIsolates?.take(message.catalogue, message.limits.memoryMb)
    if (isolate === undefined) return
    for (const [key, json] of this.#preloads.get(id) ?? []) isolate.preload(key, json)
    this.#preloads.delete(id)
    const cell = new Cell(isolate, message.limits, this.#shares, {
      onEvent: (event) => this.#post({ ...event, cell: id }),
      onRemarks: ({ rejection, ...uses }) =>
        this.#post({ type: 'remarks', cell: id, ...uses, isRejected: rejection !== null, body: rejection ?? '' }),
      onHandled: (count) => this.#postHandled(id, count),
      fence: () => this.#fence(),
      onOutputRequest: (output) => this.#post({ type: 'output_wanted', cell: id, output }),
      onSnapshot: (commands, snapshot) =>
        this.#post({ type: 'snapshot', cell: id, commands, body: toBase64(snapshot) }),
      onNotRestored: (reason) => this.#post({ type: 'not_restored', cell: id, body: reason }),
      onStopped: () => {
        // A displaced cell is gone before its isolate stops.
        if (this.#cells.delete(id)) this.#post({ type: 'stopped', cell: id })
        if (this.#cells.size === 0) this.#warmIsolates?.refillWhenIdle()
      },
      onStuck: (reason) => this.#post({ type: 'stuck', cell: id, body: reason }),
      onDisplaced: (reason) => {
        this.#cells.delete(id)
        this.#post({ type: this.#version < displacedVersion ? 'stuck' : 'displaced', cell: id, body: reason })
      },
    })
    this.#cells.set(id, cell)
    const snapshot = this.#snapshots.get(id)
    this.#snapshots.delete(id)
    if (snapshot === undefined) cell.start(message)
    else void cell.restore(message, fromBase64(snapshot))
  }

  #post(message: FromHost): void {
    this.#pending.push(message)
    this.#flushSoon()
  }

  /** Only the latest count of a cell matters, and it may follow the events that it covers. */
  #postHandled(cell: HostCell, count: number): void {
    this.#handled.set(cell, count)
    this.#flushSoon()
  }

  #flushSoon(): void {
    if (this.#flushing) return
    this.#flushing = true
    // Not `nextTick`: isolated-vm calls back outside of the scopes of Node, where it does not run.
    inNextTurn(() => this.flush())
  }

  /** Delivers what the cells have emitted. It is called in the next turn, and by hosts whose thread runs a program for long. */
  flush(): void {
    this.#flushing = false
    for (const [cell, count] of this.#handled) {
      if (this.#cells.has(cell)) this.#pending.push({ type: 'handled', cell, count })
    }
    this.#handled.clear()
    const messages = this.#pending
    this.#pending = []
    if (messages.length > 0) this.#sink.deliver(messages)
  }

  /** Backpressure: holds a cell that emits much until its events have been sent. */
  async #fence(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    inNextTurn(resolve)
    await promise
    await this.#sink.drained()
  }

  #watchCells(): void {
    this.#watch ??= setInterval(() => {
      this.#shares.settle()
      let busy = false
      for (const cell of this.#cells.values()) {
        cell.checkTime()
        busy ||= cell.isBusy
      }
      if (busy || this.#watch === null) return
      clearInterval(this.#watch)
      this.#watch = null
    }, watchMs)
  }

  /** Disposes everything; used by a host inside another process. */
  dispose(): void {
    this.#waiting = null
    if (this.#watch !== null) clearInterval(this.#watch)
    for (const cell of this.#cells.values()) cell.terminate()
    this.#warmIsolates?.dispose()
    this.#engine.dispose()
  }
}

function isJournaled(message: ToHost): message is JournaledCommand & { readonly cell: HostCell } {
  return message.type === 'tool_response' || message.type === 'tool_error' || message.type === 'timeout_fired'
}

/** Returns the version of the messages to a session that supports versions up to this one. */
function commonVersion(version: number): number {
  return version < oldestProtocolVersion ? protocolVersion : Math.min(version, protocolVersion)
}
