import { messageOf } from '../../../errors.ts'
import type { LogDatabase } from '../log-database.ts'
import { StoreClock } from './store-clock.ts'
import type { Deadline, NodeAddress } from '../session-logs.ts'

/** The clocks of a machine, in milliseconds. */
export type Clocks = { readonly wall: () => number; readonly monotonic: () => number }

const machineClocks: Clocks = { wall: () => Date.now(), monotonic: () => performance.now() }

/** The part of an engine that has leases. */
type LeaseStore = Pick<LogDatabase, 'renew' | 'endLease'>

export type LeaseOptions = {
  readonly node: NodeAddress
  /** The version of codecell; null: unknown. */
  readonly build: string | null
  readonly ttlMs: number
  readonly clocks?: Clocks
  /** Called after a renewal that came too late, before the deadline moves. */
  readonly onLapse: () => Promise<void>
}

/**
 * The lease of a node, renewed every third of its duration. The clock of the store decides when it ends. The deadline
 * counts from before a renewal was sent, so it ends earlier than the lease.
 */
export class NodeLease {
  readonly #database: LeaseStore
  readonly #options: LeaseOptions
  readonly #clocks: Clocks
  #renewedAt: { readonly wall: number; readonly monotonic: number } | null = null
  /** Since when the lease has not run out, by the clock of the store; null: unknown. */
  #aliveSince: number | null = null
  #timer: NodeJS.Timeout | null = null
  #renewal: Promise<void> | null = null
  #isDraining = false
  #isClosed = false
  #trouble: string | null = null

  constructor(database: LeaseStore, options: LeaseOptions) {
    this.#database = database
    this.#options = options
    this.#clocks = options.clocks ?? machineClocks
  }

  /** The clock of the store, as of the last renewals. */
  readonly clock: StoreClock = new StoreClock()

  /** The end of the lease by the clocks of this machine. */
  readonly deadline: Deadline = { remainingMs: () => this.#remainingMs() }

  /** The reason why the last renewal failed; null: it succeeded. */
  get trouble(): string | null {
    return this.#trouble
  }

  /**
   * Renews the lease, or waits for the renewal under way.
   *
   * @throws {CodecellError} `STORE_UNREACHABLE`
   */
  renew(): Promise<void> {
    this.#renewal ??= this.#renewOnce().finally(() => {
      this.#renewal = null
    })
    return this.#renewal
  }

  /**
   * Records that the node takes no new work.
   *
   * @throws {CodecellError} `STORE_UNREACHABLE`; the next renewal records it
   */
  async drain(): Promise<void> {
    this.#isDraining = true
    // A renewal under way does not record it.
    await this.#renewal?.catch(() => undefined)
    await this.renew()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    await this.#renewal?.catch(() => undefined)
    if (this.#renewedAt !== null) await this.#database.endLease(this.#options.node.node).catch(() => undefined)
    this.#renewedAt = null
  }

  async #renewOnce(): Promise<void> {
    const { node, build, ttlMs, onLapse } = this.#options
    const { monotonic } = this.#clocks
    const sentAt = { wall: this.#clocks.wall(), monotonic: monotonic() }
    try {
      const { aliveSince, now } = await this.#database.renew({ ...node, build, isDraining: this.#isDraining }, ttlMs)
      this.clock.set(now, sentAt.monotonic, monotonic())
      if (this.#aliveSince !== null && this.#aliveSince !== aliveSince) await onLapse()
      this.#aliveSince = aliveSince
      this.#renewedAt = sentAt
      this.#trouble = null
      this.#schedule(ttlMs / 3)
    } catch (error) {
      this.#trouble = messageOf(error)
      this.#schedule(ttlMs / 12)
      throw error
    }
  }

  #schedule(ms: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    if (this.#isClosed) return
    this.#timer = setTimeout(() => void this.renew().catch(() => undefined), ms)
    this.#timer.unref()
  }

  #remainingMs(): number {
    if (this.#renewedAt === null) return -1
    const wall = this.#clocks.wall() - this.#renewedAt.wall
    const monotonic = this.#clocks.monotonic() - this.#renewedAt.monotonic
    return this.#options.ttlMs - Math.max(wall, monotonic)
  }
}
