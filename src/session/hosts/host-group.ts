import { FairQueue, SlotCounts, type Waiter } from './fair-queue.ts'
import type { Host } from './host.ts'
import type { HostStarts } from './host-starts.ts'
import type { HostedCell } from './hosted-cell.ts'

/** A cell that requests a slot on a host, until it has one or withdraws. */
export interface SlotRequest extends Waiter {
  /** Takes the slot at once. */
  onSlot(host: Host): void
  /** Called when no host can be started, with the reason; null when hosts start again. */
  onTrouble(reason: string | null): void
}

export type HostGroupInit = {
  /** How many hosts are kept. */
  readonly size: number
  /** How many isolates of cells each of them holds. */
  readonly maxCells: number
  /** Starts a host. Throws when that cannot be. */
  readonly start: () => Host
  /** How starts have gone lately. */
  readonly starts: HostStarts
  /** Ends a host that has no cells. */
  readonly release: (host: Host) => unknown
}

/** How often `warm` tries to start a host, and the pause between attempts, in milliseconds. */
const maxWarmAttempts = 3
const warmPauseMs = 250

/** Of so many slots one is kept for sessions that come later: those with busy cells cannot be taken back. */
const slotsPerReserve = 8

/**
 * The hosts that cells share, and the cells that wait for a place on them. The session with the fewest slots is served first. When all hosts are full, cells that
 * wait for something outside give theirs up, those of the session with the most first, and of these those that have waited longest.
 */
export class HostGroup {
  readonly #init: HostGroupInit
  /** In the order in which they were chosen last. */
  readonly #hosts = new Set<Host>()
  readonly #requests = new FairQueue<SlotRequest>()
  #isStarting = false
  #isMakingRoom = false

  constructor(parts: HostGroupInit) {
    this.#init = parts
  }

  get hosts(): ReadonlySet<Host> {
    return this.#hosts
  }

  /** Resolves when a host is running. Throws `HOST_START_FAILED`: a host may be killed while it starts, so not at once. */
  async warm(): Promise<void> {
    for (let attempt = 1; !this.#isUp; attempt++) {
      try {
        await (this.#running().next().value ?? this.#start()).ready
      } catch (error) {
        if (attempt === maxWarmAttempts || this.#init.starts.isClosed) throw error
        await this.#init.starts.pause(warmPauseMs)
      }
    }
  }

  /** Gives a cell a slot, at once or after the cells that requested one before. */
  requestSlot(request: SlotRequest): void {
    this.#requests.add(request)
    this.#serve()
    const { trouble } = this.#init.starts
    if (trouble !== null && !this.#isUp && this.#requests.has(request)) request.onTrouble(trouble)
  }

  /** Called when starts of hosts fail for a new reason, or succeed again. */
  onTrouble(trouble: string | null): void {
    if (trouble === null || !this.#isUp) for (const request of this.#requests) request.onTrouble(trouble)
  }

  withdraw(request: SlotRequest): void {
    this.#requests.delete(request)
  }

  /** Serves the waiting cells: a slot may be free, or a cell can be evicted. */
  onChange(): void {
    if (this.#requests.size > 0) this.#serve()
  }

  /** Removes a host that is gone. */
  remove(host: Host): void {
    if (this.#hosts.delete(host)) this.onChange()
  }

  /** Replaces a host without cells, as soon as another one is ready. */
  async replace(host: Host): Promise<void> {
    const others = this.#running().filter((other) => other !== host)
    const successor = others.find((other) => other.isReady) ?? this.#startAnother()
    // Without another it is better than none.
    if (successor === null || !(await isReady(successor))) return
    if (host.load === 0 && this.#hosts.has(host)) this.#init.release(host)
  }

  #serve(): void {
    const shares = this.#shares()
    for (;;) {
      const request = this.#requests.next(shares, (session) => this.#hasRoomFor(session, shares))
      const host = request === null ? null : this.#pick()
      if (request === null || host === null) break
      this.#requests.take(request)
      shares.add(request.session, 1)
      request.onSlot(host)
    }
    if (this.#requests.size === 0) return
    if (this.#isUp) this.#makeRoomSoon()
    else void this.#bringUp()
  }

  /** Whether a host is there that takes cells, when it has room. */
  get #isUp(): boolean {
    return this.#running().some((host) => host.isReady)
  }

  #shares(): SlotCounts {
    return new SlotCounts(() => this.#running().flatMap(({ cells }) => cells))
  }

  /** One session cannot take every place that several share. */
  #hasRoomFor(session: object | null, shares: SlotCounts): boolean {
    if (session === null) return true
    const slots = this.#init.size * this.#init.maxCells
    const most = slots - Math.floor(slots / slotsPerReserve)
    // Usually there is room for all cells.
    return this.#running().reduce((load, host) => load + host.load, 0) < most || shares.of(session) < most
  }

  /**
   * The host with the fewest cells, of equals the one that was chosen least recently, so that it had time to make spare
   * isolates. Starts another in the background while there are too few.
   */
  #pick(): Host | null {
    let best: Host | null = null
    let count = 0
    for (const host of this.#running()) {
      count++
      if (host.isReady && (best === null || host.load < best.load)) best = host
    }
    if (best === null) return null
    if (best.load > 0 && count < this.#init.size) this.#startAnother()
    if (best.load >= this.#init.maxCells) return null
    this.#hosts.delete(best)
    this.#hosts.add(best)
    return best
  }

  *#running(): Generator<Host> {
    for (const host of this.#hosts) if (!host.isGone) yield host
  }

  #start(): Host {
    const host = this.#init.start()
    this.#hosts.add(host)
    return host
  }

  /** Null: it cannot be started now. */
  #startAnother(): Host | null {
    if (this.#init.starts.isPausing) return null
    try {
      return this.#start()
    } catch {
      // Those that wait for it hear why.
      return null
    }
  }

  /** Starts a host, again and again, as long as one is needed. */
  async #bringUp(): Promise<void> {
    if (this.#isStarting) return
    this.#isStarting = true
    while (this.#requests.size > 0 && !this.#isUp && !this.#init.starts.isClosed) {
      const host = this.#running().next().value ?? this.#startAnother()
      if (host === null) await this.#init.starts.pause()
      else await isReady(host)
    }
    this.#isStarting = false
    if (this.#isUp) this.onChange()
  }

  /** Not now: the call that a cell waits for may be answered before anything else happens. */
  #makeRoomSoon(): void {
    if (this.#isMakingRoom) return
    this.#isMakingRoom = true
    setImmediate(() => {
      this.#isMakingRoom = false
      this.#makeRoom()
    })
  }

  #makeRoom(): void {
    const shares = this.#shares()
    // Counted now: from here on cells go, and what is added is what will be.
    shares.count()
    const coming = this.#running().reduce((sum, host) => sum + host.leavingCount, 0)
    for (let slot = 0; slot < this.#requests.size; slot++) {
      const request = this.#requests.next(shares, () => true)
      if (request === null) return
      // Those whose turn it is first get the slots that are about to be free.
      const cell = slot < coming ? null : this.#bestToEvict(request, shares)
      if (slot >= coming && cell === null) return
      if (cell !== null) shares.add(cell.session, -1)
      shares.add(request.session, 1)
      cell?.evict()
    }
  }

  /**
   * The cell that gives its place up for one that has none: of the session with the most slots that has one that waits,
   * and no session gives one to a session that has as many.
   */
  #bestToEvict({ session }: SlotRequest, shares: SlotCounts): HostedCell | null {
    let best: HostedCell | null = null
    for (const cell of this.#running().flatMap(({ cells }) => cells)) {
      if (cell.idleSince === null) continue
      if (cell.session !== session && shares.of(cell.session) <= shares.of(session)) continue
      if (best === null || isBetterToEvict(cell, best, shares)) best = cell
    }
    return best
  }
}

function isBetterToEvict(cell: HostedCell, than: HostedCell, shares: SlotCounts): boolean {
  const more = shares.of(cell.session) - shares.of(than.session)
  return more > 0 || (more === 0 && (cell.idleSince ?? 0) < (than.idleSince ?? 0))
}

/** Whether the start of a host succeeded. */
export async function isReady(host: Host): Promise<boolean> {
  return await host.ready.then(
    () => true,
    () => false,
  )
}
