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
  /** Whether the host runs a single cell, which is then the only suspect of a crash. */
  readonly isDedicated: boolean
  /**
   * Maximum duration of the start, in milliseconds.
   *
   * @default 30000
   */
  readonly startMs?: number
  readonly onGone: (host: Host) => void
  /** Called when the host is ready, has a free slot, or has a cell that can be evicted. */
  readonly onChange: () => void
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
type Leaving = { readonly since: number; readonly memoryMb: number }

/** Time without cells after which the retained memory of a host is checked, in milliseconds. */
const growthCheckMs = 5000
const memoryWatchMs = 20
const heartbeatMs = 1000
/** Maximum time without a pong, in milliseconds. It is long, because a slow host on a loaded machine must not be killed. */
const maxSilenceMs = 8000
const defaultStartMs = 30_000

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
  #memoryWatch: NodeJS.Timeout | null = null
  #heartbeat: NodeJS.Timeout | null = null
  #growthTimer: NodeJS.Timeout | null = null
  #lastPong = performance.now()

  constructor(transport: Transport, options: HostOptions) {
    this.#transport = transport
    this.#options = options
    this.#memory = new HostMemory(() => transport.residentBytes())
    this.isDedicated = options.isDedicated
    this.ready = this.#started.promise
    // Prevents an unhandled rejection when no caller awaits `ready`.
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

  /** Disposes the isolate of a cell. Later messages of the cell are ignored, and it does not receive `onHostLost`. */
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
        if (message.version !== protocolVersion) return this.kill('its protocol version does not match', null)
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
        if (this.load === 0) this.#scheduleGrowthCheck()
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
    if (this.#growthTimer !== null) clearTimeout(this.#growthTimer)
    this.#growthTimer = null
    this.#memoryWatch ??= setInterval(() => this.#checkMemory(), memoryWatchMs)
    this.#memoryWatch.unref()
    if (this.#heartbeat !== null) return
    this.#lastPong = performance.now()
    this.#transport.send({ type: 'ping', id: 1 })
    this.#heartbeat = setInterval(() => this.#checkHeartbeat(), heartbeatMs)
    this.#heartbeat.unref()
  }

  #stopWatching(): void {
    if (this.#memoryWatch !== null) clearInterval(this.#memoryWatch)
    if (this.#heartbeat !== null) clearInterval(this.#heartbeat)
    if (this.#growthTimer !== null) clearTimeout(this.#growthTimer)
    this.#growthTimer = null
    this.#memoryWatch = null
    this.#heartbeat = null
  }

  #scheduleGrowthCheck(): void {
    this.#stopWatching()
    this.#growthTimer = setTimeout(() => this.#checkGrowth(), growthCheckMs)
    this.#growthTimer.unref()
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

  #checkHeartbeat(): void {
    const silentMs = performance.now() - this.#lastPong
    if (silentMs > maxSilenceMs) return this.kill('it stopped responding', null)
    this.#transport.send({ type: 'ping', id: 1 })
    const [oldest] = this.#leaving.values()
    if (oldest !== undefined && performance.now() - oldest.since > maxSilenceMs) {
      this.kill('an evicted cell on it could not be stopped', null)
    }
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

/** Returns the cell on these hosts that has been idle longest; null when no cell is idle. */
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
