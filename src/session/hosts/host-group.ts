import { FairQueue, Shares, type Waiting } from './fair-queue.ts'
import type { Host } from './host.ts'
import type { HostStarts } from './host-starts.ts'
import type { HostedCell } from './hosted-cell.ts'

/** A cell that wants a place on a host. It waits until it has one, or withdraws. */
export interface PlaceSeeker extends Waiting {
  /** Takes the place at once. */
  placed(host: Host): void
  /** It has to wait, because no host can be started for this reason; null: it can be again. */
  waits(reason: string | null): void
}

export type HostGroupParts = {
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

/** How often somebody who wants to hear of a failure tries, and how long the pauses between are, in milliseconds. */
const maxWarmAttempts = 3
const warmPauseMs = 250

/** Of so many places one is kept for sessions that come later: those with busy cells cannot be taken back. */
const placesPerReserve = 8

/**
 * The hosts that cells share, and the cells that wait for a place on them. The session with the fewest places is served first. When all hosts are full, cells that
 * wait for something outside give theirs up, those of the session with the most first, and of these those that have waited longest.
 */
export class HostGroup {
  readonly #parts: HostGroupParts
  /** In the order in which they were chosen last. */
  readonly #hosts = new Set<Host>()
  readonly #seekers = new FairQueue<PlaceSeeker>()
  #isStarting = false
  #isMakingRoom = false

  constructor(parts: HostGroupParts) {
    this.#parts = parts
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
        if (attempt === maxWarmAttempts || this.#parts.starts.isClosed) throw error
        await this.#parts.starts.pause(warmPauseMs)
      }
    }
  }

  /** Gives a place at once, or when those that came before have one, and there is a host. */
  place(seeker: PlaceSeeker): void {
    this.#seekers.add(seeker)
    this.#serve()
    const { trouble } = this.#parts.starts
    if (trouble !== null && !this.#isUp && this.#seekers.has(seeker)) seeker.waits(trouble)
  }

  /** Starting hosts goes wrong, goes wrong in another way, or works again. */
  troubled(trouble: string | null): void {
    if (trouble === null || !this.#isUp) for (const seeker of this.#seekers) seeker.waits(trouble)
  }

  withdraw(seeker: PlaceSeeker): void {
    this.#seekers.delete(seeker)
  }

  /** There may be room, or somebody who can make some. */
  changed(): void {
    if (this.#seekers.size > 0) this.#serve()
  }

  /** A host is not there any more. */
  remove(host: Host): void {
    if (this.#hosts.delete(host)) this.changed()
  }

  /** Puts a new host in the place of one without cells, as soon as that one is not the only one that is ready. */
  async replace(host: Host): Promise<void> {
    const others = this.#running().filter((other) => other !== host)
    const successor = others.find((other) => other.isReady) ?? this.#startAnother()
    // Without another it is better than none.
    if (successor === null || !(await isReady(successor))) return
    if (host.load === 0 && this.#hosts.has(host)) this.#parts.release(host)
  }

  #serve(): void {
    const shares = this.#shares()
    for (;;) {
      const seeker = this.#seekers.next(shares, (session) => this.#hasRoomFor(session, shares))
      const host = seeker === null ? null : this.#pick()
      if (seeker === null || host === null) break
      this.#seekers.take(seeker)
      shares.add(seeker.session, 1)
      seeker.placed(host)
    }
    if (this.#seekers.size === 0) return
    if (this.#isUp) this.#makeRoomSoon()
    else void this.#bringUp()
  }

  /** Whether a host is there that takes cells, when it has room. */
  get #isUp(): boolean {
    return this.#running().some((host) => host.isReady)
  }

  #shares(): Shares {
    return new Shares(() => this.#running().flatMap(({ cells }) => cells))
  }

  /** One session cannot take every place that several share. */
  #hasRoomFor(session: object | null, shares: Shares): boolean {
    if (session === null) return true
    const places = this.#parts.size * this.#parts.maxCells
    const most = places - Math.floor(places / placesPerReserve)
    // Most of the time there is room for everybody.
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
    if (best.load > 0 && count < this.#parts.size) this.#startAnother()
    if (best.load >= this.#parts.maxCells) return null
    this.#hosts.delete(best)
    this.#hosts.add(best)
    return best
  }

  *#running(): Generator<Host> {
    for (const host of this.#hosts) if (!host.isGone) yield host
  }

  #start(): Host {
    const host = this.#parts.start()
    this.#hosts.add(host)
    return host
  }

  /** Null: it cannot be started now. */
  #startAnother(): Host | null {
    if (this.#parts.starts.isPausing) return null
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
    while (this.#seekers.size > 0 && !this.#isUp && !this.#parts.starts.isClosed) {
      const host = this.#running().next().value ?? this.#startAnother()
      if (host === null) await this.#parts.starts.pause()
      else await isReady(host)
    }
    this.#isStarting = false
    if (this.#isUp) this.changed()
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
    const coming = this.#running().reduce((sum, host) => sum + host.leaving, 0)
    for (let place = 0; place < this.#seekers.size; place++) {
      const seeker = this.#seekers.next(shares, () => true)
      if (seeker === null) return
      // Those whose turn it is first get the places that are about to be free.
      const cell = place < coming ? null : this.#mostDispensable(seeker, shares)
      if (place >= coming && cell === null) return
      if (cell !== null) shares.add(cell.session, -1)
      shares.add(seeker.session, 1)
      cell?.evict()
    }
  }

  /**
   * The cell that gives its place up for one that has none: of the session with the most places that has one that waits,
   * and no session gives one to a session that has as many.
   */
  #mostDispensable({ session }: PlaceSeeker, shares: Shares): HostedCell | null {
    let best: HostedCell | null = null
    for (const cell of this.#running().flatMap(({ cells }) => cells)) {
      if (cell.idleSince === null) continue
      if (cell.session !== session && shares.of(cell.session) <= shares.of(session)) continue
      if (best === null || isMoreDispensable(cell, best, shares)) best = cell
    }
    return best
  }
}

function isMoreDispensable(cell: HostedCell, than: HostedCell, shares: Shares): boolean {
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
