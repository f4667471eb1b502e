import { inNextTurn } from '../../platform/turns.ts'
import { isSameEngine, type EnginePrint } from '../../protocol/engine-print.ts'
import { FairQueue, SlotCounts, type Waiter } from './fair-queue.ts'
import type { Host } from './host.ts'
import type { HostStarts } from './host-starts.ts'
import type { HostedCell } from './hosted-cell.ts'

/** A request of a cell for a slot on a host. */
export interface SlotRequest extends Waiter {
  /** The engine that the cell began on, which its host must have; null for that of new cells of the pool. */
  readonly engine: EnginePrint | null
  /** Called when no host with its engine can start. `own` is the engine of this name that can; null when it is unknown. */
  waiveEngine(own: EnginePrint | null): Waived
  /** Called with the host of the slot, which the cell takes synchronously. */
  onSlot(host: Host): void
  /** Called with the reason when no host can be started, and with null when hosts start again. */
  onTrouble(reason: string | null): void
}

/**
 * The reaction of a cell without a host that has its engine. `wait`: it waits for one. `other`: its request names another engine. `end`:
 * it has ended, and needs no slot.
 */
export type Waived = 'wait' | 'other' | 'end'

export type HostGroupInit = {
  /** The engine of its hosts, as far as it is known before one is ready. */
  readonly engine: EnginePrint
  /** Number of hosts that start as soon as cells run at the same time. Idle hosts are released down to this number. */
  readonly min: number
  /** Maximum number of hosts, which run while cells wait for a slot. */
  readonly max: number
  /** Maximum number of cells on each host. */
  readonly maxCells: number
  /** Starts a host. Throws when no host can be started. */
  readonly start: () => Host
  /** The recent starts of all hosts of the pool. */
  readonly starts: HostStarts
  /** Disposes a host that has no cells. */
  readonly release: (host: Host) => unknown
  /** Called with a request that no host of the group can serve, because they have another engine. */
  readonly onMisfit: (request: SlotRequest) => void
}

/** Maximum number of attempts of `warm` to start a host. */
const maxWarmAttempts = 3
/** Maximum pause between these attempts, in milliseconds. */
const warmPauseMs = 250

/** One of this many slots is reserved for later sessions, because busy cells cannot be evicted. */
const slotsPerReserve = 8

/**
 * The hosts that cells share, and the queue of cells that wait for a slot. The session with the fewest slots is served first. When
 * all hosts are full, more hosts start. When no more can start, idle cells are evicted: first those of the session with the most
 * slots, and among them the longest idle ones.
 */
export class HostGroup {
  readonly #init: HostGroupInit
  /** Least recently chosen host first. */
  readonly #hosts = new Set<Host>()
  readonly #requests = new FairQueue<SlotRequest>()
  /** The engine of the host that was ready last; null when it is unknown. */
  #engine: EnginePrint | null = null
  #isStarting = false
  #isPausing = false
  #isEvictionScheduled = false

  constructor(init: HostGroupInit) {
    this.#init = init
  }

  get hosts(): ReadonlySet<Host> {
    return this.#hosts
  }

  /** The engine of the host that was ready last; null when none was, or when it does not report its engine. */
  get engine(): EnginePrint | null {
    return this.#engine
  }

  /** Returns whether a host of the group can serve a request, as far as the engines of its hosts are known. */
  mayServe({ engine }: SlotRequest): boolean {
    if (engine === null) return true
    const running = this.#running().toArray()
    if (running.length === 0) return isSameEngine(this.#engine ?? this.#init.engine, engine)
    return running.some((host) => (host.isReady ? canServe(host, engine) : isSameEngine(this.#init.engine, engine)))
  }

  /**
   * Resolves when a host is ready. Retries, because a host can be killed while it starts.
   *
   * @throws {CodecellError} `HOST_START_FAILED` when the last attempt fails
   */
  async warm(): Promise<void> {
    for (let attempt = 1; !this.#hasReadyHost; attempt++) {
      try {
        await (this.#running().next().value ?? this.#start()).ready
      } catch (error) {
        if (attempt === maxWarmAttempts || this.#init.starts.isClosed) throw error
        await this.#init.starts.pause(warmPauseMs)
      }
    }
  }

  /**
   * Requests a slot for a cell. `onSlot` is called synchronously when a slot is free, and otherwise when it is the turn of the
   * cell.
   */
  requestSlot(request: SlotRequest): void {
    this.#requests.add(request)
    this.#serve()
    const { trouble } = this.#init.starts
    if (trouble !== null && !this.#hasReadyHost && this.#requests.has(request)) request.onTrouble(trouble)
  }

  /** Called with the reason when starts fail for a new reason, and with null when they succeed again. */
  onTrouble(trouble: string | null): void {
    if (trouble === null || !this.#hasReadyHost) for (const request of this.#requests) request.onTrouble(trouble)
    if (this.#requests.size > 0 && this.#hasReadyHost) this.#scheduleEvictions()
  }

  /** The cells that wait for a slot. */
  get requests(): Iterable<SlotRequest> {
    return this.#requests
  }

  withdraw(request: SlotRequest): void {
    this.#requests.delete(request)
  }

  /** Called when a slot may be free, or a cell can be evicted. Serves the waiting cells. */
  onChange(): void {
    if (this.#requests.size > 0) this.#serve()
  }

  /** Removes a host that has ended. */
  remove(host: Host): void {
    // A failed start is recorded first, and delays the next one.
    if (this.#hosts.delete(host)) queueMicrotask(() => this.#onHosts())
  }

  /** Releases a host that has had no cells for a while, unless it is one of the last `min` hosts. */
  shrink(host: Host): void {
    if (host.load > 0 || this.#requests.size > 0 || !this.#hosts.has(host)) return
    if (this.#readyHosts().length > this.#init.min) this.#init.release(host)
  }

  /** Replaces a host that has no cells, as soon as another host is ready. */
  async replace(host: Host): Promise<void> {
    if (this.#init.min === 0) return this.shrink(host)
    const others = this.#running().filter((other) => other !== host)
    const successor = others.find((other) => other.isReady) ?? this.#startAnother()
    // Keep the old host until a new one can replace it.
    if (successor === null || !(await isReady(successor))) return
    if (host.load === 0 && this.#hosts.has(host)) this.#init.release(host)
  }

  #serve(): void {
    const shares = this.#shares()
    const hasSlot = this.#isMixed() ? (request: SlotRequest) => this.#slotFor(request) !== null : null
    for (;;) {
      const request = this.#requests.next(shares, (session) => this.#hasRoomFor(session, shares), hasSlot)
      const host = request === null ? null : this.#pick(request)
      if (request === null || host === null) break
      this.#requests.take(request)
      shares.add(request.session, 1)
      request.onSlot(host)
    }
    if (this.#requests.size === 0) return
    if (!this.#hasReadyHost) void this.#startUntilReady()
    else if (!this.#grow()) this.#scheduleEvictions()
  }

  /** Starts the hosts that the waiting cells need, up to the maximum. Returns whether a host is starting without trouble. */
  #grow(): boolean {
    const { max, maxCells, starts } = this.#init
    const running = this.#running().toArray()
    let starting = running.filter((host) => !host.isReady).length
    const needed = Math.min(Math.ceil(this.#requests.size / maxCells), max - running.length + starting)
    while (starting < needed && this.#startAnother() !== null) starting++
    if (starting < needed && starts.isPausing) void this.#growAfterPause()
    return starting > 0 && starts.trouble === null
  }

  async #growAfterPause(): Promise<void> {
    if (this.#isPausing) return
    this.#isPausing = true
    await this.#init.starts.pause()
    this.#isPausing = false
    this.onChange()
  }

  /** Whether a host is ready, even if it is full. */
  get #hasReadyHost(): boolean {
    return this.#running().some((host) => host.isReady)
  }

  #readyHosts(): readonly Host[] {
    return this.#running()
      .filter((host) => host.isReady)
      .toArray()
  }

  #shares(): SlotCounts {
    return new SlotCounts(() => this.#running().flatMap(({ cells }) => cells))
  }

  /** Returns whether a session may have one more slot. A single session cannot take all shared slots. */
  #hasRoomFor(session: object | null, shares: SlotCounts): boolean {
    if (session === null) return true
    const hosts = this.#running().toArray()
    const slots = Math.max(this.#init.min, hosts.length) * this.#init.maxCells
    const maxSlots = slots - Math.floor(slots / slotsPerReserve)
    // While slots outside the reserve are free, the count by session is not needed.
    return hosts.reduce((load, host) => load + host.load, 0) < maxSlots || shares.of(session) < maxSlots
  }

  /**
   * Returns the ready host with the fewest cells; null when all are full or congested. Among equals it is the least recently chosen
   * host, which had the most time to create warm isolates. Starts another host in the background while there are fewer than `min`.
   */
  #pick(request: SlotRequest): Host | null {
    const best = this.#leastLoaded(request)
    if (best === null) return null
    if (best.load > 0 && this.#running().toArray().length < this.#init.min) this.#startAnother()
    if (best.load >= this.#init.maxCells) return null
    this.#hosts.delete(best)
    this.#hosts.add(best)
    return best
  }

  /** Returns the ready host with the fewest cells, of those with the engine of a request. */
  #leastLoaded({ engine }: SlotRequest): Host | null {
    let best: Host | null = null
    for (const host of this.#running()) {
      if (!host.isReady || (best !== null && host.load >= best.load) || !canServe(host, engine)) continue
      if (!host.isCongested()) best = host
    }
    return best
  }

  /** Returns a host with a free slot for a request. */
  #slotFor(request: SlotRequest): Host | null {
    const best = this.#leastLoaded(request)
    return best === null || best.load >= this.#init.maxCells ? null : best
  }

  /** Returns whether the hosts that are ready have different engines. */
  #isMixed(): boolean {
    const [first, ...others] = this.#readyHosts()
    return others.some((host) => first?.engine != null && !canServe(host, first.engine))
  }

  /** Yields the hosts that take cells. */
  *#running(): Generator<Host> {
    for (const host of this.#hosts) if (!host.isGone && !host.isLeaving) yield host
  }

  #start(): Host {
    const host = this.#init.start()
    this.#hosts.add(host)
    void isReady(host).then((hasStarted) => {
      if (!hasStarted) return
      this.#engine = host.engine
      this.#onHosts()
    })
    return host
  }

  /** Called when the engines of the hosts may have changed. */
  #onHosts(): void {
    const misfits = [...this.#requests].filter((request) => !this.mayServe(request))
    for (const request of misfits) {
      this.#requests.delete(request)
      this.#init.onMisfit(request)
    }
    this.onChange()
  }

  /** Starts a host; returns null when no host can be started at the moment. */
  #startAnother(): Host | null {
    if (this.#init.starts.isPausing) return null
    try {
      return this.#start()
    } catch {
      // The waiting cells receive the reason by `onTrouble`.
      return null
    }
  }

  /** Starts hosts, with backoff, until one is ready or no cell waits. */
  async #startUntilReady(): Promise<void> {
    if (this.#isStarting) return
    this.#isStarting = true
    while (this.#requests.size > 0 && !this.#hasReadyHost && !this.#init.starts.isClosed) {
      const host = this.#running().next().value ?? this.#startAnother()
      if (host === null) await this.#init.starts.pause()
      else await isReady(host)
    }
    this.#isStarting = false
    if (this.#hasReadyHost) this.onChange()
  }

  /** Schedules evictions for the next turn of the event loop, because the calls of idle cells may return in this one. */
  #scheduleEvictions(): void {
    if (this.#isEvictionScheduled) return
    this.#isEvictionScheduled = true
    inNextTurn(() => {
      this.#isEvictionScheduled = false
      this.#evictIdleCells()
    })
  }

  #evictIdleCells(): void {
    // An eviction is of no use to cells that wait for a congested host.
    if (this.#running().some((host) => host.isReady && host.load < this.#init.maxCells && host.isCongested())) return
    const shares = this.#shares()
    // Count before the first eviction. Afterwards `add` keeps the expected numbers.
    shares.count()
    const leaving = this.#running().reduce((sum, host) => sum + host.leavingCount, 0)
    const canEvict = this.#isMixed() ? (each: SlotRequest) => this.#bestToEvict(each, shares) !== null : null
    for (let slot = 0; slot < this.#requests.size; slot++) {
      const request = this.#requests.next(shares, () => true, canEvict)
      if (request === null) return
      // The first requests get the slots of the isolates that are being disposed.
      const cell = slot < leaving ? null : this.#bestToEvict(request, shares)
      if (slot >= leaving && cell === null) return
      if (cell !== null) shares.add(cell.session, -1)
      shares.add(request.session, 1)
      cell?.evict()
    }
  }

  /**
   * Returns the idle cell to evict for a request: a cell of the session with the most slots. A session never loses a slot to
   * another session that has as many.
   */
  #bestToEvict({ session, engine }: SlotRequest, shares: SlotCounts): HostedCell | null {
    let best: HostedCell | null = null
    const fitting = this.#running().filter((host) => canServe(host, engine))
    for (const cell of fitting.flatMap(({ cells }) => cells)) {
      if (cell.idleSince === null) continue
      if (cell.session !== session && shares.of(cell.session) <= shares.of(session)) continue
      if (best === null || isBetterToEvict(cell, best, shares)) best = cell
    }
    return best
  }
}

/** Returns whether a host has the engine of a request. A host that does not report its engine has any V8. */
export function canServe(host: Host, engine: EnginePrint | null): boolean {
  if (engine === null) return true
  return host.engine === null ? engine.name === 'v8' : isSameEngine(host.engine, engine)
}

function isBetterToEvict(cell: HostedCell, other: HostedCell, shares: SlotCounts): boolean {
  const difference = shares.of(cell.session) - shares.of(other.session)
  return difference > 0 || (difference === 0 && (cell.idleSince ?? 0) < (other.idleSince ?? 0))
}

/** Resolves with whether the start of a host succeeded. */
export async function isReady(host: Host): Promise<boolean> {
  return await host.ready.then(
    () => true,
    () => false,
  )
}
