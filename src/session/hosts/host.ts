import { CodecellError } from '../../errors.ts'
import { protocolVersion, type FromHost, type HostCell, type ToHost } from '../../protocol/message.ts'
import type { Transport, TransportEnd } from '../../protocol/transport.ts'
import { attributeCrash, endText, type KillReason } from './crash-attribution.ts'
import { cellEventOf } from './cell-event.ts'
import { HostMemory } from './host-memory.ts'
import type { HostedCell } from './hosted-cell.ts'
import type { HostedCatalogue } from './hosted-catalogue.ts'

export type HostOptions = {
  readonly warmIsolates: number
  readonly memoryMb: number
  /** Whether the host is for one cell, which is then the only suspect of a crash. */
  readonly isDedicated: boolean
  /** How long it may take to start, in milliseconds. Default: 30 s. */
  readonly startMs?: number
  readonly onGone: (host: Host) => void
  /** It is ready, has room for another cell, or has a cell that waits. */
  readonly onChange: () => void
  /** It has had no cell for a while, and keeps much of the memory of those it had. */
  readonly onGrown: (host: Host) => void
}

type Phase =
  | { readonly type: 'starting' }
  | { readonly type: 'ready' }
  /** About to be killed. */
  | { readonly type: 'killed'; readonly why: KillReason }
  | { readonly type: 'gone' }

/** An isolate that is being disposed: since when, and its memory limit in MiB. */
type Leaving = { readonly since: number; readonly memoryMb: number }

/** How long a host must be without cells before its retained memory is checked, in milliseconds. */
const restMs = 5000
const memoryWatchMs = 20
const heartbeatMs = 1000
/** How long a host may leave a ping unanswered: long, because a loaded machine is no reason to kill it. */
const silenceMs = 8000
const defaultStartMs = 30_000

/** One host from the session's side: its cells, its health, and the attribution of its crash. */
export class Host {
  readonly ready: Promise<void>
  readonly isDedicated: boolean
  readonly #options: HostOptions
  readonly #transport: Transport
  readonly #cells = new Map<HostCell, HostedCell>()
  /** Evicted cells whose isolates are not gone yet. */
  readonly #leaving = new Map<HostCell, Leaving>()
  readonly #catalogues = new Set<number>()
  readonly #memory: HostMemory
  readonly #started = Promise.withResolvers<void>()
  #startFailure: string | null = null
  #phase: Phase = { type: 'starting' }
  #nextCell = 1
  #memoryWatch: NodeJS.Timeout | null = null
  #heartbeat: NodeJS.Timeout | null = null
  #restAlarm: NodeJS.Timeout | null = null
  #lastPong = performance.now()

  constructor(transport: Transport, options: HostOptions) {
    this.#transport = transport
    this.#options = options
    this.#memory = new HostMemory(() => transport.residentBytes())
    this.isDedicated = options.isDedicated
    this.ready = this.#started.promise
    // A failure reaches the callers that await `ready`; there may be none.
    this.ready.catch(() => undefined)
    transport.listen((messages) => {
      for (const message of messages) this.#onMessage(message)
    })
    void transport.ended.then((end) => this.#onEnded(end))
    transport.send({
      type: 'hello',
      version: protocolVersion,
      spares: options.warmIsolates,
      memoryMb: options.memoryMb,
    })
    const timer = setTimeout(() => this.kill('it did not start in time', null), options.startMs ?? defaultStartMs)
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
    return this.#phase.type === 'killed' || this.#phase.type === 'gone'
  }

  /** Why the host did not start, without the output of its process; null when it did, or the start was cancelled. */
  get startFailure(): string | null {
    return this.#startFailure
  }

  /** Isolates of cells that are here. */
  get load(): number {
    return this.#cells.size + this.#leaving.size
  }

  /** Isolates that are about to be gone. */
  get leavingCount(): number {
    return this.#leaving.size
  }

  get cells(): Iterable<HostedCell> {
    return this.#cells.values()
  }

  /** Attaches a cell. Messages about the cell name it by the returned number. */
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

  /** Disposes the isolate of a cell. Its later messages are ignored, whatever happens to the host. */
  evict(cell: HostCell): void {
    const evicted = this.#cells.get(cell)
    if (!this.#cells.delete(cell) || evicted === undefined || this.isGone) return
    this.#leaving.set(cell, { since: performance.now(), memoryMb: evicted.memoryMb })
    this.#transport.send({ type: 'terminate', cell })
  }

  forgetCatalogue(catalogue: number): void {
    if (this.#catalogues.delete(catalogue)) this.#transport.send({ type: 'forget_catalogue', catalogue })
  }

  send(message: ToHost): void {
    if (!this.isGone) this.#transport.send(message)
  }

  #onMessage(message: FromHost): void {
    switch (message.type) {
      case 'ready':
        if (this.#phase.type === 'ready') return this.kill('it started twice', null)
        if (this.#phase.type !== 'starting') return
        if (message.version !== protocolVersion) return this.kill('it is of another version', null)
        this.#phase = { type: 'ready' }
        this.#memory.onStarted()
        this.#started.resolve()
        return this.#options.onChange()
      case 'pong':
        this.#lastPong = performance.now()
        return
      case 'stuck': {
        const culprit = this.#cells.get(message.cell)
        return this.kill(`a cell on it could not be stopped: ${message.body}`, culprit ?? null)
      }
      case 'stopped': {
        const cell = this.#cells.get(message.cell)
        this.#cells.delete(message.cell)
        this.#leaving.delete(message.cell)
        if (this.load === 0) this.#restUntilNextCell()
        cell?.onMessage(message)
        return this.#options.onChange()
      }
      case 'handled': {
        const cell = this.#cells.get(message.cell)
        cell?.onMessage(message)
        if (cell?.idleSince != null) this.#options.onChange()
        return
      }
      case 'remarks':
      case 'output_wanted':
        return this.#cells.get(message.cell)?.onMessage(message)
      default:
        this.#cells.get(message.cell)?.onEvent(cellEventOf(message))
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

  #stopWatching(): void {
    if (this.#memoryWatch !== null) clearInterval(this.#memoryWatch)
    if (this.#heartbeat !== null) clearInterval(this.#heartbeat)
    if (this.#restAlarm !== null) clearTimeout(this.#restAlarm)
    this.#restAlarm = null
    this.#memoryWatch = null
    this.#heartbeat = null
  }

  #restUntilNextCell(): void {
    this.#stopWatching()
    this.#restAlarm = setTimeout(() => this.#checkGrowth(), restMs)
    this.#restAlarm.unref()
  }

  #checkGrowth(): void {
    if (this.#memory.hasGrown) this.#options.onGrown(this)
  }

  /** Checks the memory of the process, because the limits of isolates are approximate. */
  #checkMemory(): void {
    const leavingCount = this.#leaving.values().map(({ memoryMb }) => memoryMb)
    const excess = this.#memory.excess(this.#cells.values(), leavingCount)
    if (excess !== null) this.kill('it used too much memory', excess.culprit, excess.usedMb)
  }

  #checkPulse(): void {
    const silent = performance.now() - this.#lastPong
    if (silent > silenceMs) return this.kill('it stopped answering', null)
    this.#transport.send({ type: 'ping', id: 1 })
    const [eldest] = this.#leaving.values()
    if (eldest !== undefined && performance.now() - eldest.since > silenceMs) {
      this.kill('an evicted cell on it could not be stopped', null)
    }
  }

  /** Kills the host. `onHostLost` of its cells is called once the process is gone, so that nothing of theirs runs twice. */
  kill(reason: string, culprit: HostedCell | null, memoryMb: number | null = null): void {
    if (this.isGone) return
    this.#phase = { type: 'killed', why: { reason, culprit, memoryMb } }
    this.#stopWatching()
    this.#transport.kill()
  }

  #onEnded(end: TransportEnd): void {
    const phase = this.#phase
    this.#phase = { type: 'gone' }
    this.#stopWatching()
    const killReason = phase.type === 'killed' ? phase.why : null
    const detail = end.type === 'lost' && end.detail !== '' ? `: ${end.detail}` : ''
    const reason = killReason?.reason ?? endText(end)
    if (phase.type !== 'gone') this.#startFailure = reason
    this.#started.reject(new CodecellError('HOST_START_FAILED', `Cannot start a host: ${reason}${detail}`))
    const cells = [...this.#cells.values()]
    this.#cells.clear()
    this.#leaving.clear()
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

/** Returns the cell on these hosts that has waited longest; null when none waits. */
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
