import { longestIdle, type Host } from './host.ts'

/** A cell that wants a place on a host. It hears of one of the two, once, unless it withdraws before. */
export interface PlaceSeeker {
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

/**
 * The hosts that cells share, and the cells that wait for a place on them, in order. When all hosts are full, cells that
 * wait for something outside give theirs up, those first that have waited longest.
 */
export class HostGroup {
  readonly #parts: HostGroupParts
  /** In the order in which they were chosen last. */
  readonly #hosts = new Set<Host>()
  readonly #seekers = new Set<PlaceSeeker>()
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
    for (const seeker of this.#seekers) {
      const host = this.#pick()
      if (host === null) break
      this.#seekers.delete(seeker)
      seeker.placed(host)
    }
    if (this.#seekers.size === 0) return
    if (this.#running().some((host) => host.isReady)) this.#makeRoomSoon()
    else void this.#bringUp()
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
    const seekers = [...this.#seekers]
    this.#seekers.clear()
    for (const seeker of seekers) seeker.unplaced()
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
    let coming = this.#running().reduce((sum, host) => sum + host.leaving, 0)
    for (; coming < this.#seekers.size; coming++) {
      const cell = longestIdle(this.#running())
      if (cell === null) return
      cell.evict()
    }
  }
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
