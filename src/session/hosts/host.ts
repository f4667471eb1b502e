import { CodecellError } from '../../errors.ts'
import { protocolVersion, type FromHost, type HostCell, type ToHost } from '../../protocol/message.ts'
import type { Transport, TransportEnd } from '../../protocol/transport.ts'
import { blame, endText, type Condemnation } from './crash-attribution.ts'
import { cellEventOf } from './cell-event.ts'
import { HostMemory } from './host-memory.ts'
import type { HostedCell } from './hosted-cell.ts'
import type { HostedCatalogue } from './hosted-catalogue.ts'

export type HostOptions = {
  readonly spares: number
  readonly memoryMb: number
  /** A host for one cell alone, whose fault everything is. */
  readonly solo: boolean
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
  | { readonly type: 'condemned'; readonly why: Condemnation }
  | { readonly type: 'gone' }

/** An isolate that was told to go: when, and what memory it may have until then, in MiB. */
type Leaving = { readonly since: number; readonly memoryMb: number }

/** How long a host has to have been without cells before what it keeps is looked at. */
const restMs = 5000
const memoryWatchMs = 20
const heartbeatMs = 1000
/** How long a host may leave a ping unanswered: long, because a loaded machine is no reason to kill it. */
const silenceMs = 8000
const defaultStartMs = 30_000

/** One host from the session's side: its cells, its health, and who is to blame when it dies. */
export class Host {
  readonly ready: Promise<void>
  readonly solo: boolean
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
    this.solo = options.solo
    this.ready = this.#started.promise
    // Whoever waits for `ready` hears of a failure; nobody has to.
    this.ready.catch(() => undefined)
    transport.listen((messages) => {
      for (const message of messages) this.#onMessage(message)
    })
    void transport.ended.then((end) => this.#ended(end))
    transport.send({ type: 'hello', version: protocolVersion, spares: options.spares, memoryMb: options.memoryMb })
    const timer = setTimeout(() => this.condemn('it did not start in time', null), options.startMs ?? defaultStartMs)
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

  /** Why it did not start, without what its process said; null when it did, or was not wanted any more. */
  get startFailure(): string | null {
    return this.#startFailure
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
    this.#memory.comes(this.load)
    if (!this.#catalogues.has(catalogue.id)) {
      this.#catalogues.add(catalogue.id)
      this.#transport.send({ type: 'catalogue', catalogue: catalogue.id, body: catalogue.body })
    }
    const id = this.#nextCell++
    this.#cells.set(id, cell)
    this.#watch()
    return id
  }

  /** Throws the isolate of a cell away. Nothing that it still says is heard, whatever becomes of the host. */
  expel(cell: HostCell): void {
    const expelled = this.#cells.get(cell)
    if (!this.#cells.delete(cell) || expelled === undefined || this.isGone) return
    this.#leaving.set(cell, { since: performance.now(), memoryMb: expelled.memoryMb })
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
        if (this.#phase.type === 'ready') return this.condemn('it started twice', null)
        if (this.#phase.type !== 'starting') return
        if (message.version !== protocolVersion) return this.condemn('it is of another version', null)
        this.#phase = { type: 'ready' }
        this.#memory.fresh()
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

  #checkGrowth(): void {
    if (this.#memory.hasGrown) this.#options.onGrown(this)
  }

  /** What the process occupies is the truth. */
  #checkMemory(): void {
    const leaving = this.#leaving.values().map(({ memoryMb }) => memoryMb)
    const excess = this.#memory.excess(this.#cells.values(), leaving)
    if (excess !== null) this.condemn('it used too much memory', excess.culprit, excess.usedMb)
  }

  #checkPulse(): void {
    const silent = performance.now() - this.#lastPong
    if (silent > silenceMs) return this.condemn('it stopped answering', null)
    this.#transport.send({ type: 'ping', id: 1 })
    const [eldest] = this.#leaving.values()
    if (eldest !== undefined && performance.now() - eldest.since > silenceMs) {
      this.condemn('an evicted cell on it could not be stopped', null)
    }
  }

  /** Kills the host. Its cells hear `lost` once the process is gone, so nothing of theirs runs twice. */
  condemn(reason: string, culprit: HostedCell | null, memoryMb: number | null = null): void {
    if (this.isGone) return
    this.#phase = { type: 'condemned', why: { reason, culprit, memoryMb } }
    this.#rest()
    this.#transport.kill()
  }

  #ended(end: TransportEnd): void {
    const phase = this.#phase
    this.#phase = { type: 'gone' }
    this.#rest()
    const condemnation = phase.type === 'condemned' ? phase.why : null
    const detail = end.type === 'lost' && end.detail !== '' ? `: ${end.detail}` : ''
    const reason = condemnation?.reason ?? endText(end)
    if (phase.type !== 'gone') this.#startFailure = reason
    this.#started.reject(new CodecellError('HOST_START_FAILED', `Cannot start a host: ${reason}${detail}`))
    const cells = [...this.#cells.values()]
    this.#cells.clear()
    this.#leaving.clear()
    this.#options.onGone(this)
    const lossOf = blame(condemnation, end, cells)
    for (const cell of cells) cell.lost(lossOf(cell))
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
