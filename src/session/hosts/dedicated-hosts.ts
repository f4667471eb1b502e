import { longestIdle, type Host } from './host.ts'
import { isReady, type SlotRequest } from './host-group.ts'
import type { HostStarts } from './host-starts.ts'

/** Maximum number of dedicated hosts at a time. */
const maxDedicatedHosts = 8

export type DedicatedHostsInit = {
  /** Starts a host. Throws when that cannot be. */
  readonly start: () => Host
  /** How starts have gone lately. */
  readonly starts: HostStarts
  /** Ends a host. */
  readonly release: (host: Host) => unknown
}

/** Hosts for one cell each, for cells that may have broken a host, and the cells that wait for such a host, in order. */
export class DedicatedHosts {
  readonly #init: DedicatedHostsInit
  readonly #hosts = new Set<Host>()
  readonly #requests = new Set<SlotRequest>()
  #starting = 0
  /** Starts that will be made when a pause is over. */
  #pausing = 0

  constructor(parts: DedicatedHostsInit) {
    this.#init = parts
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

  /** Starting hosts goes wrong, goes wrong in another way, or works again. */
  onTrouble(trouble: string | null): void {
    for (const request of this.#requests) request.onTrouble(trouble)
  }

  withdraw(request: SlotRequest): void {
    this.#requests.delete(request)
  }

  /** Removes a host that is gone. */
  remove(host: Host): void {
    if (this.#hosts.delete(host)) this.onChange()
  }

  /** Serves the waiting cells: a slot may be free, or a cell can be evicted. */
  onChange(): void {
    while (this.#requests.size > this.#starting) {
      if (this.#hosts.size + this.#pausing < maxDedicatedHosts) void this.#startOne()
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
    const [request] = this.#requests
    if (request === undefined) return void this.#init.release(host)
    this.#requests.delete(request)
    request.onSlot(host)
  }

  /** Returns a host that is ready; null when none is needed. */
  async #nextReady(): Promise<Host | null> {
    while (this.#requests.size >= this.#starting && !this.#init.starts.isClosed) {
      const host = this.#start()
      if (host === null) await this.#pause()
      else if (await isReady(host)) return host
    }
    return null
  }

  /** Starts that end together may each have assumed that another one is enough. */
  #retry(): void {
    if (!this.#init.starts.isClosed) this.onChange()
  }

  /** Null: it cannot be started now. */
  #start(): Host | null {
    if (this.#init.starts.isPausing) return null
    try {
      const host = this.#init.start()
      this.#hosts.add(host)
      return host
    } catch {
      // Those that wait for it hear why.
      return null
    }
  }

  async #pause(): Promise<void> {
    this.#pausing++
    await this.#init.starts.pause()
    this.#pausing--
  }
}
