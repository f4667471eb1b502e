import { longestIdle, type Host } from './host.ts'
import { isReady, type SlotRequest } from './host-group.ts'
import type { HostStarts } from './host-starts.ts'

/** Maximum number of concurrent dedicated hosts. */
const maxDedicatedHosts = 8

export type DedicatedHostsInit = {
  /** Starts a host. Throws when no host can be started. */
  readonly start: () => Host
  /** The recent starts of all hosts of the pool. */
  readonly starts: HostStarts
  /** Disposes a host. */
  readonly release: (host: Host) => unknown
}

/** Hosts that each run a single cell, one that is suspected of a crash, and the queue of cells that wait for such a host. */
export class DedicatedHosts {
  readonly #init: DedicatedHostsInit
  readonly #hosts = new Set<Host>()
  readonly #requests = new Set<SlotRequest>()
  #starting = 0
  /** Number of starts that wait for the end of a backoff pause. */
  #pausing = 0

  constructor(init: DedicatedHostsInit) {
    this.#init = init
  }

  get hosts(): ReadonlySet<Host> {
    return this.#hosts
  }

  requestSlot(request: SlotRequest): void {
    this.#requests.add(request)
    this.onChange()
    const { trouble } = this.#init.starts
    if (trouble !== null && this.#requests.has(request)) request.onTrouble(trouble)
  }

  /** Called with the reason when starts fail for a new reason, and with null when they succeed again. */
  onTrouble(trouble: string | null): void {
    for (const request of this.#requests) request.onTrouble(trouble)
  }

  withdraw(request: SlotRequest): void {
    this.#requests.delete(request)
  }

  /** Removes a host that has ended. */
  remove(host: Host): void {
    if (this.#hosts.delete(host)) this.onChange()
  }

  /** Called when a slot may be free, or a cell can be evicted. Serves the waiting cells. */
  onChange(): void {
    while (this.#requests.size > this.#starting) {
      if (this.#hosts.size + this.#pausing < maxDedicatedHosts) void this.#startOne()
      else {
        const cell = longestIdle(this.#hosts)
        if (cell === null) return
        // The eviction also releases the dedicated host of the cell.
        cell.evict()
      }
    }
  }

  async #startOne(): Promise<void> {
    this.#starting++
    const host = await this.#nextReady()
    this.#starting--
    if (host === null) return this.#retry()
    const [request] = this.#requests
    if (request === undefined) return void this.#init.release(host)
    this.#requests.delete(request)
    request.onSlot(host)
  }

  /** Starts hosts until one is ready. Resolves with null when no cell needs one. */
  async #nextReady(): Promise<Host | null> {
    while (this.#requests.size >= this.#starting && !this.#init.starts.isClosed) {
      const host = this.#start()
      if (host === null) await this.#pause()
      else if (await isReady(host)) return host
    }
    return null
  }

  /** Checks the queue again, because concurrent starts may each have relied on another one. */
  #retry(): void {
    if (!this.#init.starts.isClosed) this.onChange()
  }

  /** Starts a host; returns null when no host can be started at the moment. */
  #start(): Host | null {
    if (this.#init.starts.isPausing) return null
    try {
      const host = this.#init.start()
      this.#hosts.add(host)
      return host
    } catch {
      // The waiting cells receive the reason by `onTrouble`.
      return null
    }
  }

  async #pause(): Promise<void> {
    this.#pausing++
    await this.#init.starts.pause()
    this.#pausing--
  }
}
