import { longestIdle, type Host } from './host.ts'
import { isReady, type PlaceSeeker } from './host-group.ts'
import type { HostStarts } from './host-starts.ts'

/** How many hosts for one cell alone there are at a time. */
const maxLoneHosts = 8

export type LoneHostsParts = {
  /** Starts a host. Throws when that cannot be. */
  readonly start: () => Host
  /** How starts have gone lately. */
  readonly starts: HostStarts
  /** Ends a host. */
  readonly release: (host: Host) => unknown
}

/** Hosts for one cell alone each, for cells that may have broken a host, and those that wait for one, in order. */
export class LoneHosts {
  readonly #parts: LoneHostsParts
  readonly #hosts = new Set<Host>()
  readonly #seekers = new Set<PlaceSeeker>()
  #starting = 0
  /** Starts that will be made when a pause is over. */
  #pausing = 0

  constructor(parts: LoneHostsParts) {
    this.#parts = parts
  }

  get hosts(): ReadonlySet<Host> {
    return this.#hosts
  }

  place(seeker: PlaceSeeker): void {
    this.#seekers.add(seeker)
    this.changed()
    const { trouble } = this.#parts.starts
    if (trouble !== null && this.#seekers.has(seeker)) seeker.waits(trouble)
  }

  /** Starting hosts goes wrong, goes wrong in another way, or works again. */
  troubled(trouble: string | null): void {
    for (const seeker of this.#seekers) seeker.waits(trouble)
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
      if (this.#hosts.size + this.#pausing < maxLoneHosts) void this.#startOne()
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
    const host = await this.#nextReady()
    this.#starting--
    if (host === null) return this.#retry()
    const [seeker] = this.#seekers
    if (seeker === undefined) return void this.#parts.release(host)
    this.#seekers.delete(seeker)
    seeker.placed(host)
  }

  /** A host that is ready; null: it was not needed any more. */
  async #nextReady(): Promise<Host | null> {
    while (this.#seekers.size >= this.#starting && !this.#parts.starts.isClosed) {
      const host = this.#start()
      if (host === null) await this.#pause()
      else if (await isReady(host)) return host
    }
    return null
  }

  /** Several that come to their end together may all have thought that they are one too many. */
  #retry(): void {
    if (!this.#parts.starts.isClosed) this.changed()
  }

  /** Null: it cannot be started now. */
  #start(): Host | null {
    if (this.#parts.starts.isPausing) return null
    try {
      const host = this.#parts.start()
      this.#hosts.add(host)
      return host
    } catch {
      // Those that wait for it hear why.
      return null
    }
  }

  async #pause(): Promise<void> {
    this.#pausing++
    await this.#parts.starts.pause()
    this.#pausing--
  }
}
