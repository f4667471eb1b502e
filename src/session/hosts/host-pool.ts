import { CodecellError } from '../../errors.ts'
import { defaultEngine } from '../../protocol/default-engine.ts'
import { engineNamed, engineNames, type EngineName } from '../../protocol/engine-name.ts'
import {
  anyPrintOf,
  engineNeedOf,
  isSameEngine,
  missingEngineReason,
  type EnginePrint,
} from '../../protocol/engine-print.ts'
import type { Transport } from '../../protocol/transport.ts'
import { EngineHosts, type EngineHostsInit, type Owner } from './engine-hosts.ts'
import { HostGroup, isReady, type SlotRequest } from './host-group.ts'
import { Host } from './host.ts'
import { HostStarts } from './host-starts.ts'
import { keepingAlive } from '../common/timing.ts'
import { DedicatedHosts } from './dedicated-hosts.ts'
import type { HostPool } from '../api/host-pool.ts'

/** The parts of a pool. */
export type HostPoolInit = {
  /**
   * Starts a host, or connects to one, and returns a transport to it. `engine` is the engine that it must have; null for that of new
   * cells.
   *
   * @throws when no host can be started
   */
  readonly place: (engine: EnginePrint | null) => Transport
  /**
   * The engine of new cells.
   *
   * @default 'v8'
   */
  readonly engine?: EngineName
  /**
   * The engines that its hosts can have. `own`: that of new cells. `regions`: those of this installation, with any time zone and locale.
   * `remote`: those of other machines.
   *
   * @default 'own'
   */
  readonly engines?: 'own' | 'regions' | 'remote'
  /** Number of hosts of all sessions that are not released when they are idle. */
  readonly min: number
  /** Maximum number of hosts of all sessions. */
  readonly max: number
  /**
   * Idle time after which a host is released, in milliseconds.
   *
   * @default 60000
   */
  readonly releaseAfterMs?: number
  readonly warmIsolates: number
  /** Expected memory of a cell, in MiB. */
  readonly memoryMb: number
  readonly maxCells?: number
  /**
   * Maximum duration of the start of a host, in milliseconds.
   *
   * @default 30000
   */
  readonly startMs?: number
  /**
   * Maximum memory limit of a cell on these hosts, in MiB.
   *
   * @default Infinity
   */
  readonly maxMemoryMb?: number
}

export const defaultMaxCells = 128
export const defaultReleaseAfterMs = 60_000

/** A pool that decides which cell runs on which host: host processes, one host in this process, or hosts behind links. */
export class LocalHostPool implements HostPool {
  readonly #init: HostPoolInit
  readonly #groups = new Map<Owner, HostGroup>()
  readonly #engineHosts: EngineHosts
  /** The engine of the latest host that was started for new cells; null before it is ready. */
  #ownEngine: EnginePrint | null = null
  /** The engines of this installation that are known, by name. */
  readonly #installed = new Map<string, EnginePrint>()
  readonly #dedicated: DedicatedHosts
  readonly #starts = new HostStarts(() => this.#onTrouble())
  /** Releases in progress. The disposal of the pool waits for them. */
  readonly #releases = new Set<Promise<void>>()
  #nextCatalogue = 1
  #learned: Promise<void> | null = null

  constructor(init: HostPoolInit) {
    this.#init = init
    this.#dedicated = new DedicatedHosts({
      start: (engine) => {
        const needed = this.#startsFor(engine) === this.#starts ? null : engine
        return this.#start({ engine: needed, isDedicated: true }, () => this.#dedicated)
      },
      startsFor: (engine) => this.#startsFor(engine),
      ownEngine: (name) => this.installedEngine(name),
      release: (host) => this.release(host),
    })
    this.#engineHosts = new EngineHosts({
      group: this.#groupInit(),
      start: (engine, group) => this.#start({ engine, isDedicated: false }, group),
      onTrouble: (starts) => this.#dedicated.onTrouble(starts),
      ownEngine: (name) => this.installedEngine(name),
      onWaived: (owner, request) => this.requestSlot(owner, request),
    })
  }

  get isDisposed(): boolean {
    return this.#starts.isClosed
  }

  get failedStarts(): readonly string[] {
    return this.#starts.failed
  }

  /** The engine of the host that was started last for new cells; null before one is ready, and when it does not report its engine. */
  get engine(): EnginePrint | null {
    return this.#ownEngine
  }

  /** The engine of new cells. */
  get engineName(): EngineName {
    return this.#init.engine ?? defaultEngine
  }

  /** Returns the engine of this name of its latest host; null before one is ready, and when it does not report its engine. */
  installedEngine(name: string): EnginePrint | null {
    return this.#installed.get(name) ?? null
  }

  /** Returns whether cells of a session can have an engine that new cells of the pool do not have. */
  canHave(name: EngineName): boolean {
    return name === this.engineName || (this.#init.engines ?? 'own') !== 'own'
  }

  /** The names of the engines of its hosts among the needs of sessions; null when other machines can have any, or none is known. */
  get engineNeeds(): readonly string[] | null {
    if (this.isRemote || !this.#installed.has(this.engineName)) return null
    return [...this.#installed.values()].map(engineNeedOf)
  }

  /** Starts a host of each engine of this installation that is not known, and releases it. A node can then have sessions on both. */
  async learnEngines(): Promise<void> {
    if (this.#init.engines !== 'regions') return
    this.#learned ??= this.#learnEngines()
    await this.#learned
  }

  async #learnEngines(): Promise<void> {
    for (const name of engineNames) {
      if (this.#installed.has(name)) continue
      // An engine that is missing here stays unknown.
      await this.#engineHosts.warmFor(null, anyPrintOf(name)).catch(() => undefined)
      const hosts = [...this.#engineHosts.groups].flatMap((group) => [...group.hosts])
      const idle = hosts.filter((host) => host.isReady && host.load === 0 && host.engine?.name === name)
      await Promise.all(idle.map((host) => this.release(host)))
    }
  }

  /** Whether other machines can have an engine that no host of this pool has. */
  get isRemote(): boolean {
    return this.#init.engines === 'remote'
  }

  async warm(): Promise<void> {
    await this.warmFor(null)
  }

  /**
   * Resolves when a host for `owner` is ready. `engine` is the engine that it must have; null for that of new cells.
   *
   * @throws {CodecellError} `HOST_START_FAILED` when no host starts.
   */
  async warmFor(owner: Owner, engine: EnginePrint | null = null): Promise<void> {
    await (engine === null ? this.#groupOf(owner).warm() : this.#engineHosts.warmFor(owner, engine))
  }

  /**
   * Checks a memory limit of a cell, in MiB.
   *
   * @throws {CodecellError} `INVALID_OPTION` when these hosts cannot provide it
   */
  checkMemory(memoryMb: number): void {
    const { maxMemoryMb = Infinity } = this.#init
    if (memoryMb <= maxMemoryMb) return
    throw new CodecellError(
      'INVALID_OPTION',
      `Cannot set limit "maxMemoryMbPerCell" to ${memoryMb} on this pool: expected at most ${maxMemoryMb} MiB, the memory of its strict hosts; create the pool with createHostPool({ profile: 'strict', memoryMb: ${memoryMb} })`,
      { details: { option: 'limits.maxMemoryMbPerCell', value: memoryMb, expected: `at most ${maxMemoryMb}` } },
    )
  }

  /** Returns a new number for a catalogue. */
  nameCatalogue(): number {
    return this.#nextCatalogue++
  }

  forgetCatalogue(catalogue: number): void {
    for (const host of this.#hosts()) host.forgetCatalogue(catalogue)
  }

  /** Requests a slot on a host of `owner`. `onSlot` is called when it is the turn of the cell, possibly synchronously. */
  requestSlot(owner: Owner, request: SlotRequest): void {
    const group = this.#groupOf(owner)
    const { engine } = request
    if (engine === null || group.mayServe(request)) group.requestSlot(request)
    else this.#engineHosts.requestSlot(owner, engine, request)
  }

  /** Requests a dedicated host, which the cell must release with `release`. */
  requestDedicatedHost(request: SlotRequest): void {
    this.#dedicated.requestSlot(request)
  }

  /** Withdraws a request for a slot. */
  withdraw(request: SlotRequest): void {
    this.#dedicated.withdraw(request)
    for (const group of this.#allGroups()) group.withdraw(request)
  }

  /** Disposes a host. */
  async release(host: Host): Promise<void> {
    const released = host.dispose()
    this.#releases.add(released)
    this.#dedicated.remove(host)
    for (const group of this.#allGroups()) group.remove(host)
    await released
    this.#releases.delete(released)
  }

  /** Disposes the hosts of an owner. */
  async releaseOwner(owner: object): Promise<void> {
    const owned = [...(this.#groups.get(owner)?.hosts ?? []), ...this.#engineHosts.removeOwner(owner)]
    this.#groups.delete(owner)
    await Promise.all(owned.map((host) => this.release(host)))
  }

  #groupOf(owner: Owner): HostGroup {
    const existing = this.#groups.get(owner)
    if (existing !== undefined) return existing
    const group: HostGroup = new HostGroup({
      ...this.#groupInit(),
      ...this.#sizeFor(owner),
      engine: anyPrintOf(this.engineName),
      start: () => this.#start({ engine: null, isDedicated: false }, () => group),
      starts: this.#starts,
      onMisfit: (request) => this.requestSlot(owner, request),
    })
    this.#groups.set(owner, group)
    return group
  }

  #groupInit(): EngineHostsInit['group'] {
    const { maxCells = defaultMaxCells } = this.#init
    return { maxCells, release: (host) => this.release(host) }
  }

  /** Returns the starts of hosts with an engine: those of all hosts when these have it, as far as is known. */
  #startsFor(engine: EnginePrint | null): HostStarts {
    const isOwn = engine === null || isSameEngine(this.#ownEngine ?? anyPrintOf(this.engineName), engine)
    return isOwn ? this.#starts : this.#engineHosts.startsFor(engine)
  }

  /** Returns whether a host with the engine can start. */
  #mayHave(engine: EnginePrint): boolean {
    const { engines = 'own' } = this.#init
    if (engines === 'remote') return true
    if (engines === 'own') return isSameEngine(this.#ownEngine ?? anyPrintOf(this.engineName), engine)
    const installed = this.#installed.get(engine.name)
    if (installed === undefined) return engineNamed(engine.name) !== null
    const { timeZone, locale } = engine
    return isSameEngine({ ...installed, timeZone, locale }, engine)
  }

  /** Returns the number of hosts of a group. A session with its own hosts has one. */
  #sizeFor(owner: Owner): { readonly min: number; readonly max: number } {
    const { min, max } = this.#init
    return owner === null ? { min, max } : { min: Math.min(min, 1), max: 1 }
  }

  #groupWith(host: Host): HostGroup | null {
    return this.#allGroups().find(({ hosts }) => hosts.has(host)) ?? null
  }

  *#allGroups(): Generator<HostGroup> {
    yield* this.#groups.values()
    yield* this.#engineHosts.groups
  }

  *#hosts(): Generator<Host> {
    for (const group of this.#allGroups()) yield* group.hosts
    yield* this.#dedicated.hosts
  }

  #start(
    { engine, isDedicated }: { readonly engine: EnginePrint | null; readonly isDedicated: boolean },
    hostsOf: () => HostGroup | DedicatedHosts,
  ): Host {
    const starts = engine === null ? this.#starts : this.#engineHosts.startsFor(engine)
    const host = starts.begin(() => this.#createHost({ engine, isDedicated }, hostsOf))
    void isReady(host).then((hasStarted) => {
      if (hasStarted && engine === null) this.#ownEngine = host.engine
    })
    return host
  }

  #createHost(
    { engine, isDedicated }: { readonly engine: EnginePrint | null; readonly isDedicated: boolean },
    hostsOf: () => HostGroup | DedicatedHosts,
  ): Host {
    const { min, max, releaseAfterMs = defaultReleaseAfterMs, warmIsolates, memoryMb, startMs } = this.#init
    if (engine !== null && !this.#mayHave(engine)) throw new Error(missingEngineReason(engine))
    return new Host(this.#init.place(engine), {
      warmIsolates: isDedicated || engine !== null ? 1 : warmIsolates,
      memoryMb,
      isDedicated,
      engine: engine ?? anyPrintOf(this.engineName),
      onEngine: (reported) => this.#onEngine(engine, reported),
      ...(startMs === undefined ? {} : { startMs }),
      onGone: (gone) => hostsOf().remove(gone),
      onChange: () => hostsOf().onChange(),
      idleMs: isDedicated || (min === max && engine === null) ? null : releaseAfterMs,
      onIdle: (idle) => this.#groupWith(idle)?.shrink(idle),
      onLeft: (left) => void this.release(left),
      onGrown: (grown) => void this.#groupWith(grown)?.replace(grown),
    })
  }

  /** Other machines can have an earlier version in addition, for cells that began on it. */
  #onEngine(needed: EnginePrint | null, reported: EnginePrint): void {
    const isForNewCells = needed === null || needed.version === ''
    if (isForNewCells || !this.isRemote) this.#installed.set(reported.name, reported)
  }

  #onTrouble(): void {
    const { trouble } = this.#starts
    this.#dedicated.onTrouble(this.#starts)
    for (const group of this.#groups.values()) group.onTrouble(trouble)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#starts.close()
    this.#engineHosts.close()
    const released = [...this.#hosts()].map((host) => this.release(host))
    await keepingAlive(Promise.all([...released, ...this.#releases]))
  }
}

/**
 * Returns the local pool behind `hosts`.
 *
 * @throws {CodecellError} `INVALID_OPTION` when `hosts` is not a pool of this package.
 */
export function localPoolOf(hosts: HostPool): LocalHostPool {
  if (hosts instanceof LocalHostPool) return hosts
  throw new CodecellError('INVALID_OPTION', 'Cannot use option "hosts": expected a pool from createHostPool()', {
    details: { option: 'hosts', expected: 'a pool from createHostPool()' },
  })
}
