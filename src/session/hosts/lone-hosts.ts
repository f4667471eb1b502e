import { longestIdle, type Host } from './host.ts'
import { whenReady, type PlaceSeeker } from './host-group.ts'

/** How many hosts for one cell alone there are at a time. */
const maxLoneHosts = 8

export type LoneHostsParts = {
  /** Starts a host. Throws when that cannot be. */
  readonly start: () => Host
  /** Ends a host. */
  readonly release: (host: Host) => unknown
}

/** Hosts for one cell alone each, for cells that may have broken a host, and those that wait for one, in order. */
export class LoneHosts {
  readonly #parts: LoneHostsParts
  readonly #hosts = new Set<Host>()
  readonly #seekers = new Set<PlaceSeeker>()
  #starting = 0

  constructor(parts: LoneHostsParts) {
    this.#parts = parts
  }

  get hosts(): ReadonlySet<Host> {
    return this.#hosts
  }

  place(seeker: PlaceSeeker): void {
    this.#seekers.add(seeker)
    this.changed()
  }

  withdraw(seeker: PlaceSeeker): void {
    this.#seekers.delete(seeker)
  }

  /** A host is not there any more. */
  remove(host: Host): void {
    if (this.#hosts.delete(host)) this.changed()
  }

  /** There may be room, or somebody who can make some. */
  changed(): void {
    while (this.#seekers.size > this.#starting) {
      if (this.#hosts.size < maxLoneHosts) void this.#startOne()
      else {
        const cell = longestIdle(this.#hosts)
        if (cell === null) return
        // Its host goes with it.
        cell.evict()
      }
    }
  }

  async #startOne(): Promise<void> {
    this.#starting++
    const host = await whenReady(() => this.#start()).catch(() => null)
    this.#starting--
    const [seeker] = this.#seekers
    if (seeker !== undefined) this.#seekers.delete(seeker)
    if (host === null) return seeker?.unplaced()
    if (seeker === undefined) this.#parts.release(host)
    else seeker.placed(host)
  }

  #start(): Host {
    const host = this.#parts.start()
    this.#hosts.add(host)
    return host
  }
}
