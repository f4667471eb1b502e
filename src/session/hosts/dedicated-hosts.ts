import { missingEngineReason, type EnginePrint } from '../../protocol/engine-print.ts'
import type { Host } from './host.ts'
import { longestIdle } from './longest-idle.ts'
import { canServe, isReady, type SlotRequest } from './host-group.ts'
import type { HostStarts } from './host-starts.ts'

/** Maximum number of concurrent dedicated hosts. */
const maxDedicatedHosts = 8

export type DedicatedHostsInit = {
  /** Starts a host with an engine; null for any. Throws when no host can be started. */
  readonly start: (engine: EnginePrint | null) => Host
  /** Returns the recent starts of hosts with an engine. */
  readonly startsFor: (engine: EnginePrint | null) => HostStarts
  /** Returns the engine of this name that the pool can start; null when it is unknown. */
  readonly ownEngine: (name: string) => EnginePrint | null
  /** Disposes a host. */
  readonly release: (host: Host) => unknown
}

/** Hosts that each run a single cell, one that is suspected of a crash, and the queue of cells that wait for such a host. */
export class DedicatedHosts {
  readonly #init: DedicatedHostsInit
  readonly #hosts = new Set<Host>()
  readonly #requests = new Set<SlotRequest>()
  /** The requests for which a host starts. */
  readonly #starting = new Set<SlotRequest>()
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
    const { trouble } = this.#init.startsFor(request.engine)
    if (trouble !== null && this.#requests.has(request)) this.#inform(request, trouble)
  }

  /** Called when these starts fail for a new reason, or succeed again. */
  onTrouble(starts: HostStarts): void {
    const { trouble } = starts
    for (const request of this.#requests) {
      if (this.#init.startsFor(request.engine) === starts) this.#inform(request, trouble)
    }
  }

  #inform(request: SlotRequest, trouble: string | null): void {
    const { engine } = request
    const isMissing = engine !== null && trouble === missingEngineReason(engine)
    const waived = isMissing ? request.waiveEngine(this.#init.ownEngine(engine.name)) : 'wait'
    // Otherwise the next attempt starts a host with another engine, or the cell withdraws its request.
    if (waived === 'wait') request.onTrouble(trouble)
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
    for (let request = this.#next(); request !== null; request = this.#next()) {
      if (this.#hosts.size + this.#pausing < maxDedicatedHosts) void this.#startFor(request)
      else {
        const cell = longestIdle(this.#hosts)
        if (cell === null) return
        // The eviction also releases the dedicated host of the cell.
        cell.evict()
      }
    }
  }

  /** Returns the oldest request for which no host starts. */
  #next(): SlotRequest | null {
    return this.#requests.values().find((request) => !this.#starting.has(request)) ?? null
  }

  async #startFor(request: SlotRequest): Promise<void> {
    this.#starting.add(request)
    const host = await this.#nextReady(request)
    this.#starting.delete(request)
    if (host === null) return this.#retry()
    const served = this.#requests.has(request) ? request : this.#otherFor(host)
    if (served === null) return void this.#init.release(host)
    this.#requests.delete(served)
    served.onSlot(host)
  }

  /** Returns a request for a host whose own request was withdrawn. */
  #otherFor(host: Host): SlotRequest | null {
    const next = this.#next()
    return next !== null && canServe(host, next.engine) ? next : null
  }

  /** Starts hosts until one is ready. Resolves with null when the request is withdrawn. */
  async #nextReady(request: SlotRequest): Promise<Host | null> {
    while (this.#requests.has(request) && !this.#init.startsFor(request.engine).isClosed) {
      const host = this.#start(request)
      if (host === null) await this.#pause(request)
      else if (await isReady(host)) {
        if (canServe(host, request.engine)) return host
        this.#init.release(host)
      }
    }
    return null
  }

  /** Checks the queue again. */
  #retry(): void {
    if (!this.#init.startsFor(null).isClosed) this.onChange()
  }

  /** Starts a host; returns null when no host can be started at the moment. */
  #start({ engine }: SlotRequest): Host | null {
    if (this.#init.startsFor(engine).isPausing) return null
    try {
      const host = this.#init.start(engine)
      this.#hosts.add(host)
      return host
    } catch {
      // The waiting cells receive the reason by `onTrouble`.
      return null
    }
  }

  async #pause({ engine }: SlotRequest): Promise<void> {
    this.#pausing++
    await this.#init.startsFor(engine).pause()
    this.#pausing--
  }
}
