import { unref } from '../../platform/turns.ts'
import { CodecellError } from '../../errors.ts'
import { missingEngineReason, type EnginePrint } from '../../protocol/engine-print.ts'
import {
  protocolVersion,
  snapshotProtocolVersion,
  type FromHost,
  type HostCell,
  type ToHost,
} from '../../protocol/message.ts'
import { maxUnsentBytes, type Transport, type TransportEnd } from '../../protocol/transport.ts'
import { attributeCrash, detailOf, endText, type KillReason } from './crash-attribution.ts'
import { cellEventOf } from './cell-event.ts'
import { Heartbeat } from './heartbeat.ts'
import { HostMemory } from './host-memory.ts'
import { hasEngine, versionProblem } from './ready-host.ts'
import type { SnapshotRequest } from './snapshot-request.ts'
import type { HostedCell } from './hosted-cell.ts'
import type { HostedCatalogue } from './hosted-catalogue.ts'

export type HostOptions = {
  readonly warmIsolates: number
  readonly memoryMb: number
  /** Whether the host runs a single cell, which is then the only suspect of a crash. */
  readonly isDedicated: boolean
  /**
   * Maximum duration of the start, in milliseconds.
   *
   * @default 30000; 10000 over a link
   */
  readonly startMs?: number
  /**
   * The engine that the host must have.
   *
   * @default null, for any
   */
  readonly engine?: EnginePrint | null
  /** Called with the engine that the host reports, also when it is not the one that it must have. */
  readonly onEngine?: (engine: EnginePrint) => void
  /** Time without cells after which `onIdle` is called, in milliseconds; null for never. */
  readonly idleMs: number | null
  readonly onGone: (host: Host) => void
  /** Called when the host is ready, has a free slot, has a cell that can be evicted, or is not congested any longer. */
  readonly onChange: () => void
  readonly onIdle: (host: Host) => void
  /** Called when the host has no cells and its machine ends, so it must be released. */
  readonly onLeft: (host: Host) => void
  /** Called when the host has had no cell for a while and retains much memory. */
  readonly onGrown: (host: Host) => void
}

type Phase =
  | { readonly type: 'starting' }
  | { readonly type: 'ready' }
  /** The kill signal was sent, and the process has not ended yet. */
  | { readonly type: 'killed'; readonly killReason: KillReason }
  | { readonly type: 'gone' }

/** An isolate that is being disposed. `since` is a `performance.now()` timestamp; `memoryMb` is its limit in MiB. */
type Leaving = {
  readonly since: number
  readonly memoryMb: number
  /** Null when no snapshot was requested. */
  readonly snapshot: SnapshotRequest | null
}

/** Time without cells after which the retained memory of a host is checked, in milliseconds. */
const growthCheckMs = 5000
const memoryWatchMs = 20
/** Maximum time for the disposal of an evicted isolate, in milliseconds. It is long, because the machine can be loaded. */
const maxLeavingMs = 8000
const startMsOf = { process: 30_000, link: 10_000 }
/** Maximum duration of the termination of a cell before its host is killed, in milliseconds. */
const terminationMsOf = { process: 300, link: 3000 }

/** A host from the perspective of the session: its cells, its health, and the attribution of its crash. */
export class Host {
  readonly ready: Promise<void>
  readonly isDedicated: boolean
  readonly #options: HostOptions
  readonly #transport: Transport
  readonly #cells = new Map<HostCell, HostedCell>()
  /** Evicted cells whose isolates are not disposed yet. */
  readonly #leaving = new Map<HostCell, Leaving>()
  readonly #catalogues = new Set<number>()
  readonly #memory: HostMemory
  readonly #started = Promise.withResolvers<void>()
  #startFailure: string | null = null
  #phase: Phase = { type: 'starting' }
  #nextCell = 1
  #engine: EnginePrint | null = null
  #version = 0
  readonly #heartbeat: Heartbeat
  #memoryWatch: NodeJS.Timeout | null = null
  #growthTimer: NodeJS.Timeout | null = null
  #idleTimer: NodeJS.Timeout | null = null
  #isLeaving = false
  /** Resolves when the host is not congested; null while it is not. */
  #draining: Promise<void> | null = null

  constructor(transport: Transport, options: HostOptions) {
    this.#transport = transport
    this.#options = options
    this.#memory = new HostMemory(() => transport.residentBytes())
    this.#heartbeat = new Heartbeat(
      transport,
      () => this.kill('it stopped responding', null),
      () => this.#checkLeaving(),
    )
    this.isDedicated = options.isDedicated
    this.ready = this.#started.promise
    // Prevents an unhandled rejection when no caller awaits `ready`.
    this.ready.catch(() => undefined)
    transport.listen((messages) => this.#onMessages(messages))
    void transport.ended.then((end) => this.#onEnded(end))
    void transport.leaving?.then(() => this.#leave())
    transport.send({
      type: 'hello',
      version: protocolVersion,
      spares: options.warmIsolates,
      memoryMb: options.memoryMb,
    })
    const { startMs = startMsOf[this.#kind] } = options
    const timer = setTimeout(() => this.kill('it did not start in time', null), startMs)
    unref(timer)
    void this.ready.then(
      () => clearTimeout(timer),
      () => clearTimeout(timer),
    )
  }

  get #kind(): 'link' | 'process' {
    return this.#transport.isLink ? 'link' : 'process'
  }

  /** Maximum duration of the termination of a cell, in milliseconds. */
  get maxTerminationMs(): number {
    return terminationMsOf[this.#kind]
  }

  get isReady(): boolean {
    return this.#phase.type === 'ready'
  }

  /** The engine of the host; null before it is ready, and for a host that does not report it. */
  get engine(): EnginePrint | null {
    return this.#engine
  }

  /** Whether the host understands the messages about snapshots. */
  get knowsSnapshots(): boolean {
    return this.#version >= snapshotProtocolVersion
  }

  get isGone(): boolean {
    const { type } = this.#phase
    return type === 'killed' || type === 'gone'
  }

  /** Whether the host takes no cells, because its machine ends. */
  get isLeaving(): boolean {
    return this.#isLeaving
  }

  /** Evicts the cells that wait. The others are evicted when they wait, and otherwise run until their end or that of the host. */
  #leave(): void {
    if (this.isGone) return
    this.#isLeaving = true
    for (const cell of this.#cells.values()) if (cell.idleSince !== null) cell.evict()
    if (this.load === 0) return this.#options.onLeft(this)
    this.#options.onChange()
  }

  /** The reason why the host did not start, without the output of its process; null after a successful or cancelled start. */
  get startFailure(): string | null {
    return this.#startFailure
  }

  /** Number of isolates, including those that are being disposed. */
  get load(): number {
    return this.#cells.size + this.#leaving.size
  }

  /** Number of isolates that are being disposed. */
  get leavingCount(): number {
    return this.#leaving.size
  }

  /** Returns whether too much for this host is unsent, until most of it has been sent. Then `onChange` is called. */
  isCongested(): boolean {
    if (this.isGone) return false
    if (this.#transport.unsentBytes > maxUnsentBytes) this.#draining ??= this.#drain()
    return this.#draining !== null
  }

  async #drain(): Promise<void> {
    await this.#transport.drained()
    this.#draining = null
    if (!this.isGone) this.#options.onChange()
  }

  /** Resolves when the host is not congested, or has ended. */
  async drained(): Promise<void> {
    await this.#draining
  }

  get cells(): Iterable<HostedCell> {
    return this.#cells.values()
  }

  /** Attaches a cell and returns its number, which identifies the cell in messages. */
  attach(cell: HostedCell, catalogue: HostedCatalogue): HostCell {
    this.#memory.onCell(this.load)
    if (!this.#catalogues.has(catalogue.id)) {
      this.#catalogues.add(catalogue.id)
      this.#transport.send({ type: 'catalogue', catalogue: catalogue.id, body: catalogue.body })
    }
    const id = this.#nextCell++
    this.#cells.set(id, cell)
    this.#watch()
    return id
  }

  /**
   * Disposes the isolate of a cell. Later messages of the cell are ignored, and it does not receive `onHostLost`. The snapshot
   * arrives later, if the host can take one.
   */
  evict(cell: HostCell, snapshot: SnapshotRequest | null = null): void {
    const evicted = this.#cells.get(cell)
    if (!this.#cells.delete(cell) || evicted === undefined || this.isGone) return
    this.#leaving.set(cell, { since: performance.now(), memoryMb: evicted.memoryMb, snapshot })
    if (snapshot === null || !this.knowsSnapshots) this.#transport.send({ type: 'terminate', cell })
    else this.#transport.send({ type: 'evict', cell, minCpuMs: snapshot.minCpuMs })
  }

  forgetCatalogue(catalogue: number): void {
    if (this.#catalogues.delete(catalogue)) this.#transport.send({ type: 'forget_catalogue', catalogue })
  }

  send(message: ToHost): void {
    if (!this.isGone) this.#transport.send(message)
  }

  #onMessages(messages: readonly FromHost[]): void {
    for (const message of messages) {
      if (this.#phase.type === 'gone') return
      this.#onMessage(message)
    }
  }

  #onMessage(message: FromHost): void {
    switch (message.type) {
      case 'ready':
        return this.#onReady(message)
      case 'pong':
        return this.#heartbeat.onPong()
      case 'stuck': {
        const culprit = this.#cells.get(message.cell)
        return this.kill(`a cell on it could not be stopped: ${message.body}`, culprit ?? null)
      }
      case 'stopped':
        this.#remove(message.cell)?.onMessage(message)
        return this.#options.onChange()
      case 'displaced': {
        // Its only cell gets another dedicated host.
        if (this.isDedicated) return this.kill(message.body, null)
        const cell = this.#remove(message.cell)
        cell?.onHostLost({ role: 'bystander', crashed: true, reason: message.body, memoryMb: null })
        return this.#options.onChange()
      }
      case 'handled': {
        const cell = this.#cells.get(message.cell)
        cell?.onMessage(message)
        if (cell?.idleSince == null) return
        if (this.#isLeaving) return cell.evict()
        return this.#options.onChange()
      }
      case 'snapshot':
        return this.#leaving.get(message.cell)?.snapshot?.onSnapshot(message.commands, message.body)
      case 'remarks':
      case 'output_wanted':
      case 'not_restored':
        return this.#cells.get(message.cell)?.onMessage(message)
      default:
        this.#cells.get(message.cell)?.onEvent(cellEventOf(message))
    }
  }

  #onReady({ version, engine }: Extract<FromHost, { readonly type: 'ready' }>): void {
    if (this.#phase.type === 'ready') return this.kill('it started twice', null)
    if (this.#phase.type !== 'starting') return
    const problem = versionProblem(version)
    if (problem !== null) return this.kill(problem, null)
    if (engine !== null) this.#options.onEngine?.(engine)
    const { engine: needed = null } = this.#options
    if (needed !== null && !hasEngine(engine, needed)) return this.kill(missingEngineReason(needed), null)
    this.#phase = { type: 'ready' }
    this.#engine = engine
    this.#version = version
    this.#memory.onStarted(engine?.name)
    this.#started.resolve()
    this.#scheduleIdle()
    this.#options.onChange()
  }

  /** Removes a cell whose isolate is gone, and returns it unless it left before. */
  #remove(cell: HostCell): HostedCell | undefined {
    const removed = this.#cells.get(cell)
    const leaving = this.#leaving.get(cell)
    this.#cells.delete(cell)
    this.#leaving.delete(cell)
    leaving?.snapshot?.onGone?.()
    if (this.load === 0) this.#onEmpty()
    return removed
  }

  #watch(): void {
    this.#clearIdleTimers()
    this.#memoryWatch ??= setInterval(() => this.#checkMemory(), memoryWatchMs)
    unref(this.#memoryWatch)
    this.#heartbeat.start()
  }

  #stopWatching(): void {
    if (this.#memoryWatch !== null) clearInterval(this.#memoryWatch)
    this.#memoryWatch = null
    this.#heartbeat.stop()
    this.#clearIdleTimers()
  }

  #clearIdleTimers(): void {
    if (this.#growthTimer !== null) clearTimeout(this.#growthTimer)
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer)
    this.#growthTimer = null
    this.#idleTimer = null
  }

  /** Handles the end of the last cell. */
  #onEmpty(): void {
    this.#stopWatching()
    this.#growthTimer = setTimeout(() => this.#checkGrowth(), growthCheckMs)
    unref(this.#growthTimer)
    this.#scheduleIdle()
  }

  #scheduleIdle(): void {
    const { idleMs, onIdle } = this.#options
    if (this.#isLeaving && this.load === 0) return this.#options.onLeft(this)
    if (idleMs === null || this.load > 0) return
    this.#idleTimer = setTimeout(() => onIdle(this), idleMs)
    unref(this.#idleTimer)
  }

  #checkGrowth(): void {
    if (this.#memory.hasGrown) this.#options.onGrown(this)
  }

  /** Checks the memory of the process, because V8 enforces the limits of isolates only approximately. */
  #checkMemory(): void {
    const leavingMb = this.#leaving.values().map(({ memoryMb }) => memoryMb)
    const excess = this.#memory.excess(this.#cells.values(), leavingMb)
    if (excess !== null) this.kill('it used too much memory', excess.culprit, excess.usedMb)
  }

  /** Kills a host that isolates cannot leave. */
  #checkLeaving(): void {
    const [oldest] = this.#leaving.values()
    if (oldest === undefined || performance.now() - oldest.since <= maxLeavingMs) return
    this.kill('an evicted cell on it could not be stopped', null)
  }

  /** Kills the host. Its cells receive `onHostLost` only after the process has ended, so that no code of theirs runs twice. */
  kill(reason: string, culprit: HostedCell | null, memoryMb: number | null = null): void {
    if (this.isGone) return
    this.#phase = { type: 'killed', killReason: { reason, culprit, memoryMb } }
    this.#stopWatching()
    this.#transport.kill()
  }

  #onEnded(end: TransportEnd): void {
    const phase = this.#phase
    this.#phase = { type: 'gone' }
    this.#stopWatching()
    const killReason = phase.type === 'killed' ? phase.killReason : null
    const detail = detailOf(end)
    const reason = killReason?.reason ?? endText(end)
    if (phase.type !== 'gone') this.#startFailure = reason
    this.#started.reject(new CodecellError('HOST_START_FAILED', `Cannot start a host: ${reason}${detail}`))
    const cells = [...this.#cells.values()]
    const leaving = [...this.#leaving.values()]
    this.#cells.clear()
    this.#leaving.clear()
    for (const { snapshot } of leaving) snapshot?.onGone?.()
    this.#options.onGone(this)
    const lossOf = attributeCrash(killReason, end, cells)
    for (const cell of cells) cell.onHostLost(lossOf(cell))
  }

  async dispose(): Promise<void> {
    this.#phase = { type: 'gone' }
    this.#stopWatching()
    await this.#transport[Symbol.asyncDispose]()
  }
}
