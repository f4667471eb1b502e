import { FairQueue, Shares, type Waiting } from './fair-queue.ts'
import type { Host } from './host.ts'
import type { HostedCell } from './hosted-cell.ts'

/** A cell that wants a place on a host. It hears of one of the two, once, unless it withdraws before. */
export interface PlaceSeeker extends Waiting {
  /** Takes the place at once. */
  placed(host: Host): void
  /** No host can be started. */
  unplaced(): void
}

export type HostGroupParts = {
  /** How many hosts are kept. */
  readonly size: number
  /** How many isolates of cells each of them holds. */
  readonly maxCells: number
  /** Starts a host. Throws when that cannot be. */
  readonly start: () => Host
  /** Ends a host that has no cells. */
  readonly release: (host: Host) => unknown
}

const maxStartAttempts = 3

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

  /** Resolves when a host is running. Throws `HOST_START_FAILED`. */
  async warm(): Promise<void> {
    await whenReady(() => this.#running().next().value ?? this.#start())
  }

  /** Gives a place at once, or when those that came before have one. */
  place(seeker: PlaceSeeker): void {
    this.#seekers.add(seeker)
    this.#serve()
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
    if (this.#running().some((host) => host.isReady)) this.#makeRoomSoon()
    else void this.#bringUp()
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

  #startAnother(): Host | null {
    try {
      return this.#start()
    } catch {
      // One is running. Whoever needs another hears why there is none.
      return null
    }
  }

  async #bringUp(): Promise<void> {
    if (this.#isStarting) return
    this.#isStarting = true
    const isUp = await this.warm().then(
      () => true,
      () => false,
    )
    this.#isStarting = false
    if (isUp) return this.changed()
    for (const seeker of this.#seekers.clear()) seeker.unplaced()
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

async function isReady(host: Host): Promise<boolean> {
  return await host.ready.then(
    () => true,
    () => false,
  )
}

/** A host may be killed from outside while it starts, so one failure is not the last word. */
export async function whenReady(start: () => Host): Promise<Host> {
  for (let attempt = 1; ; attempt++) {
    const host = start()
    try {
      await host.ready
      return host
    } catch (error) {
      if (attempt === maxStartAttempts) throw error
    }
  }
}
