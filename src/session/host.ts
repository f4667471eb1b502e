import { CodecellError } from '../errors.ts'
import { protocolVersion, type FromHost, type HostCell, type ToHost } from '../protocol/message.ts'
import type { Transport, TransportEnd } from '../protocol/transport.ts'
import type { HostedCatalogue } from './session-tools.ts'

/** A cell as a host carries it. */
export interface HostedCell {
  /** Memory the cell may use, in MiB. */
  readonly memoryMb: number
  /** True while commands are on their way that have not been handled. */
  readonly isBusy: boolean
  /** When it began to wait for something outside, by `performance.now()`; null when it does not, and may not be evicted. */
  readonly idleSince: number | null
  /** Gives its isolate back; it will be run again when it is given a command. */
  evict(): void
  /** Something the cell's runtime said. */
  heard(message: FromHost): void
  /** The host is gone. */
  lost(loss: HostLoss): void
}

/**
 * Why a host is gone, from the point of view of one of its cells. `guilty`: this cell did it. `suspect`: it may have.
 * `innocent`: it was waiting, or somebody else did it.
 */
export type HostLoss = {
  readonly role: 'guilty' | 'suspect' | 'innocent'
  /** True when the host broke down by itself, false when something outside killed it. */
  readonly crashed: boolean
  readonly reason: string
  /** The memory that was measured, in MiB, when that is why the host was killed. */
  readonly memoryMb: number | null
}

export type HostOptions = {
  readonly spares: number
  readonly memoryMb: number
  /** A host for one cell alone, whose fault everything is. */
  readonly solo: boolean
  readonly onGone: (host: Host) => void
  /** It is ready, has room for another cell, or has a cell that waits. */
  readonly onChange: () => void
  /** It has had no cell for a while, and keeps much of the memory of those it had. */
  readonly onGrown: (host: Host) => void
}

type Phase =
  | { readonly type: 'starting' }
  | { readonly type: 'ready' }
  /** About to be killed: `culprit` is known, or null. */
  | {
      readonly type: 'condemned'
      readonly reason: string
      readonly culprit: HostedCell | null
      readonly memoryMb: number | null
    }
  | { readonly type: 'gone' }

/** What a host keeps of the memory of an isolate that is gone, in MiB: measured 4, and as much again. */
const leftBehindMb = 8
/** What a host may keep beyond what it had when it was new, in MiB, and how long it has to have been without cells by then. */
const keptMb = 128
const restMs = 5000
const memoryWatchMs = 20
const heartbeatMs = 1000
/** How long a host may leave a ping unanswered: long, because a loaded machine is no reason to kill it. */
const silenceMs = 8000
const startMs = 30_000
/** Signals by which V8 ends a process that it cannot carry on with. */
const crashSignals = new Set<unknown>(['SIGTRAP', 'SIGSEGV', 'SIGABRT', 'SIGILL', 'SIGBUS', 'SIGFPE', 'SIGSYS'])

/** One host from the session's side: its cells, its health, and who is to blame when it dies. */
export class Host {
  readonly ready: Promise<void>
  readonly solo: boolean
  readonly #options: HostOptions
  readonly #transport: Transport
  readonly #cells = new Map<HostCell, HostedCell>()
  /** Evicted cells whose isolates are not gone yet, with when they were told to go. */
  readonly #leaving = new Map<HostCell, number>()
  readonly #catalogues = new Set<number>()
  readonly #started = Promise.withResolvers<void>()
  #phase: Phase = { type: 'starting' }
  #nextCell = 1
  #freshBytes = 0
  #idleBytes = 0
  /** Whether cells that are gone may have left memory behind since the host was last empty. */
  #hadOthers = false
  /** The most isolates that were here since the host was last empty. */
  #peak = 0
  #memoryWatch: NodeJS.Timeout | null = null
  #heartbeat: NodeJS.Timeout | null = null
  #restAlarm: NodeJS.Timeout | null = null
  #lastPong = performance.now()

  constructor(transport: Transport, options: HostOptions) {
    this.#transport = transport
    this.#options = options
    this.solo = options.solo
    this.ready = this.#started.promise
    // Whoever waits for `ready` hears of a failure; nobody has to.
    this.ready.catch(() => undefined)
    transport.listen((messages) => {
      for (const message of messages) this.#heard(message)
    })
    void transport.ended.then((end) => this.#ended(end))
    transport.send({ type: 'hello', version: protocolVersion, spares: options.spares, memoryMb: options.memoryMb })
    const timer = setTimeout(() => this.condemn('it did not start in time', null), startMs)
    timer.unref()
    void this.ready.then(
      () => clearTimeout(timer),
      () => clearTimeout(timer),
    )
  }

  get isReady(): boolean {
    return this.#phase.type === 'ready'
  }

  get isGone(): boolean {
    return this.#phase.type === 'condemned' || this.#phase.type === 'gone'
  }

  /** Isolates of cells that are here. */
  get load(): number {
    return this.#cells.size + this.#leaving.size
  }

  /** Isolates that are about to be gone. */
  get leaving(): number {
    return this.#leaving.size
  }

  get cells(): Iterable<HostedCell> {
    return this.#cells.values()
  }

  /** Takes a cell in; what the cell sends from now on names it by the returned number. */
  adopt(cell: HostedCell, catalogue: HostedCatalogue): HostCell {
    if (this.load === 0) {
      this.#idleBytes = this.#transport.residentBytes() ?? 0
      this.#peak = 0
    }
    this.#hadOthers = this.load > 0
    if (!this.#catalogues.has(catalogue.id)) {
      this.#catalogues.add(catalogue.id)
      this.#transport.send({ type: 'catalogue', catalogue: catalogue.id, body: catalogue.body })
    }
    const id = this.#nextCell++
    this.#cells.set(id, cell)
    this.#peak = Math.max(this.#peak, this.load)
    this.#watch()
    return id
  }

  /** Throws the isolate of a cell away. Nothing that it still says is heard, whatever becomes of the host. */
  expel(cell: HostCell): void {
    if (!this.#cells.delete(cell) || this.isGone) return
    this.#leaving.set(cell, performance.now())
    this.#transport.send({ type: 'terminate', cell })
  }

  forgetCatalogue(catalogue: number): void {
    if (this.#catalogues.delete(catalogue)) this.#transport.send({ type: 'forget_catalogue', catalogue })
  }

  send(message: ToHost): void {
    if (!this.isGone) this.#transport.send(message)
  }

  #heard(message: FromHost): void {
    switch (message.type) {
      case 'ready':
        if (this.#phase.type === 'ready') return this.condemn('it started twice', null)
        if (this.#phase.type !== 'starting') return
        if (message.version !== protocolVersion) return this.condemn('it is of another version', null)
        this.#phase = { type: 'ready' }
        this.#idleBytes = this.#transport.residentBytes() ?? 0
        this.#freshBytes = this.#idleBytes
        this.#started.resolve()
        return this.#options.onChange()
      case 'pong':
        this.#lastPong = performance.now()
        return
      case 'stuck': {
        const culprit = this.#cells.get(message.cell)
        return this.condemn(`a cell on it could not be stopped: ${message.body}`, culprit ?? null)
      }
      case 'stopped': {
        const cell = this.#cells.get(message.cell)
        this.#cells.delete(message.cell)
        this.#leaving.delete(message.cell)
        if (this.load === 0) this.#restForNow()
        cell?.heard(message)
        return this.#options.onChange()
      }
      default: {
        const cell = this.#cells.get(message.cell)
        cell?.heard(message)
        if (message.type === 'handled' && cell?.idleSince != null) this.#options.onChange()
      }
    }
  }

  #watch(): void {
    if (this.#restAlarm !== null) clearTimeout(this.#restAlarm)
    this.#restAlarm = null
    this.#memoryWatch ??= setInterval(() => this.#checkMemory(), memoryWatchMs)
    this.#memoryWatch.unref()
    if (this.#heartbeat !== null) return
    this.#lastPong = performance.now()
    this.#transport.send({ type: 'ping', id: 1 })
    this.#heartbeat = setInterval(() => this.#checkPulse(), heartbeatMs)
    this.#heartbeat.unref()
  }

  #rest(): void {
    if (this.#memoryWatch !== null) clearInterval(this.#memoryWatch)
    if (this.#heartbeat !== null) clearInterval(this.#heartbeat)
    if (this.#restAlarm !== null) clearTimeout(this.#restAlarm)
    this.#restAlarm = null
    this.#memoryWatch = null
    this.#heartbeat = null
  }

  #restForNow(): void {
    this.#rest()
    this.#restAlarm = setTimeout(() => this.#checkGrowth(), restMs)
    this.#restAlarm.unref()
  }

  /** Memory of isolates comes back late, and much of it never. */
  #checkGrowth(): void {
    const kept = ((this.#transport.residentBytes() ?? 0) - this.#freshBytes) / 1024 / 1024
    if (kept > keptMb) this.#options.onGrown(this)
  }

  /** isolated-vm's own limit is a guideline; what the process occupies is the truth. */
  #checkMemory(): void {
    const resident = this.#transport.residentBytes()
    if (resident === null) return
    const used = (resident - this.#idleBytes) / 1024 / 1024
    if (used <= this.#memoryAllowance()) return
    // Memory comes back late: what a cell left behind is not the fault of the one beside it.
    const [only] = this.#hadOthers ? [] : this.#cells.values()
    this.condemn('it used too much memory', only ?? null, Math.round(used))
  }

  /**
   * Half again what the greediest cell may use, and a share for each further one; a cell alone is judged exactly. Isolates that are
   * gone leave some behind: the process keeps it for the next ones.
   */
  #memoryAllowance(): number {
    let largest = 0
    for (const cell of this.#cells.values()) largest = Math.max(largest, cell.memoryMb)
    return largest * 1.5 + 48 * (this.load - 1) + leftBehindMb * (this.#peak - this.load)
  }

  #checkPulse(): void {
    const silent = performance.now() - this.#lastPong
    if (silent > silenceMs) return this.condemn('it stopped answering', null)
    this.#transport.send({ type: 'ping', id: 1 })
    const [eldest] = this.#leaving.values()
    if (eldest !== undefined && performance.now() - eldest > silenceMs) {
      this.condemn('an evicted cell on it could not be stopped', null)
    }
  }

  /** Kills the host. Its cells hear `lost` once the process is gone, so nothing of theirs runs twice. */
  condemn(reason: string, culprit: HostedCell | null, memoryMb: number | null = null): void {
    if (this.isGone) return
    this.#phase = { type: 'condemned', reason, culprit, memoryMb }
    this.#rest()
    this.#transport.kill()
  }

  #ended(end: TransportEnd): void {
    const phase = this.#phase
    this.#phase = { type: 'gone' }
    this.#rest()
    const reason = phase.type === 'condemned' ? phase.reason : end.type === 'lost' ? end.reason : 'it was closed'
    const detail = end.type === 'lost' && end.detail !== '' ? `: ${end.detail}` : ''
    this.#started.reject(new CodecellError('HOST_START_FAILED', `Cannot start a host: ${reason}${detail}`))
    const cells = [...this.#cells.values()]
    this.#cells.clear()
    this.#leaving.clear()
    this.#options.onGone(this)
    const judge = phase.type === 'condemned' ? judgeCondemned(phase, cells) : judgeLoss(end, cells)
    const memoryMb = phase.type === 'condemned' ? phase.memoryMb : null
    const crashed = phase.type === 'condemned' || hasCrashed(end)
    for (const cell of cells) cell.lost({ role: judge(cell), crashed, reason, memoryMb })
  }

  async dispose(): Promise<void> {
    this.#phase = { type: 'gone' }
    this.#rest()
    await this.#transport[Symbol.asyncDispose]()
  }
}

/** The cell on these hosts that has waited longest; null when none waits. */
export function longestIdle(hosts: Iterable<Host>): HostedCell | null {
  let longest: HostedCell | null = null
  for (const host of hosts) {
    for (const cell of host.cells) {
      if (cell.idleSince === null) continue
      if (longest === null || cell.idleSince < (longest.idleSince ?? 0)) longest = cell
    }
  }
  return longest
}

type Judge = (cell: HostedCell) => HostLoss['role']

/** We killed it: the culprit is known, or it is one of those that were running. */
function judgeCondemned(phase: Extract<Phase, { readonly type: 'condemned' }>, cells: readonly HostedCell[]): Judge {
  if (phase.culprit !== null) return (cell) => (cell === phase.culprit ? 'guilty' : 'innocent')
  return suspects(cells)
}

/**
 * It died. Where V8 said that it could not go on and one cell was running, that cell did it. Otherwise those that were
 * running may have: a cell whose answer was on its way looks the same as one that ran.
 */
function judgeLoss(end: TransportEnd, cells: readonly HostedCell[]): Judge {
  const busy = cells.filter((cell) => cell.isBusy)
  const [only] = busy
  const isFatal = end.type === 'lost' && hasCrashed(end) && /fatal/i.test(end.detail)
  if (isFatal && busy.length === 1) return (cell) => (cell === only ? 'guilty' : 'innocent')
  return suspects(cells)
}

/** By one of V8's own signals, by an exit, or by breaking the protocol; any other signal came from outside. */
function hasCrashed(end: TransportEnd): boolean {
  return end.type === 'lost' && (crashSignals.has(end.cause) || typeof end.cause !== 'string')
}

function suspects(cells: readonly HostedCell[]): Judge {
  const anyBusy = cells.some((cell) => cell.isBusy)
  return (cell) => (cell.isBusy || !anyBusy ? 'suspect' : 'innocent')
}
