import type { SessionReport } from '../../storage/disk/session-report.ts'
import type { ConsoleEvent, NodeItem } from '../api.ts'
import { nodeItemsOf } from '../data/nodes.ts'
import { EventStreams } from '../http/event-streams.ts'
import { Lists } from '../index/lists.ts'
import { SessionIndex } from '../index/session-index.ts'
import type { LiveSessions } from '../live/live-sessions.ts'
import type { ConsoleSource } from '../sources/console-source.ts'

/** The time between two looks at the sessions, in milliseconds, and as a multiple of the duration of a look. */
const minLookMs = 500
const lookFactor = 10
const nodesMs = 2000

/** Reports of sessions that are retained for further requests. */
const maxReports = 8

export type WorkspaceInit = {
  readonly source: ConsoleSource | null
  readonly live: LiveSessions
}

/** The sessions that one tenant sees, with the pages that watch them. One look at the source serves all pages. */
export class Workspace implements AsyncDisposable {
  readonly source: ConsoleSource | null
  readonly live: LiveSessions
  readonly index: SessionIndex
  readonly lists: Lists
  readonly streams: EventStreams
  readonly #reports = new Map<string, { readonly stamp: string; readonly report: SessionReport }>()
  #lookedAt = -Infinity
  #nodesAt = -Infinity
  #nodes: readonly NodeItem[] = []
  #timer: NodeJS.Timeout | null = null
  #isClosed = false

  constructor({ source, live }: WorkspaceInit) {
    this.source = source
    this.live = live
    this.index = new SessionIndex({
      list: async () => [...live.list(), ...((await source?.list()) ?? [])],
      read: async (id) => await this.#read(id),
      originOf: (id) => ({ tenant: source?.tenant ?? null, isInMemory: live.isInMemory(id) }),
    })
    this.lists = new Lists(this.index)
    this.streams = new EventStreams(() => this.#hello())
    this.streams.onUse = () => this.#watch()
    this.index.onChange = (change) => {
      this.#send({ type: 'changed', overview: this.lists.overview(), ...change })
    }
    this.index.onHealth = (health) => this.#send({ type: 'health', health })
  }

  /** Looks at the source unless that was done a moment ago. */
  async refresh(): Promise<void> {
    if (performance.now() - this.#lookedAt < this.#intervalMs) return
    await this.look()
  }

  /** Looks at the source, after a request of a user has changed something. */
  async look(): Promise<void> {
    await this.index.look()
    this.#lookedAt = performance.now()
  }

  /**
   * Returns everything that is known of one session, from the last reading of it if nothing has changed.
   *
   * @throws {CodecellError} the errors of `readSession`
   */
  async report(id: string): Promise<SessionReport> {
    await this.refresh()
    const stamp = this.index.stampOf(id)
    const known = this.#reports.get(id)
    if (known !== undefined && known.stamp === stamp) return known.report
    const report = await this.#read(id)
    this.#reports.delete(id)
    if (stamp !== null) this.#reports.set(id, { stamp, report })
    const [oldest] = this.#reports.keys()
    if (this.#reports.size > maxReports && oldest !== undefined) this.#reports.delete(oldest)
    return report
  }

  async #read(id: string): Promise<SessionReport> {
    if (this.source === null || this.live.isInMemory(id)) return this.live.read(id)
    return await this.source.read(id)
  }

  get #intervalMs(): number {
    return Math.max(minLookMs, lookFactor * this.index.lookMs)
  }

  #hello(): ConsoleEvent {
    return { type: 'hello', overview: this.lists.overview() }
  }

  #send(event: ConsoleEvent): void {
    this.streams.send(event)
  }

  /** Looks at intervals, as long as pages are connected. */
  #watch(): void {
    if (this.#timer !== null || this.#isClosed) return
    this.#timer = setTimeout(() => void this.#tick(), this.#intervalMs)
    this.#timer.unref()
  }

  async #tick(): Promise<void> {
    await this.look()
    await this.#lookAtNodes()
    this.#timer = null
    if (this.streams.count > 0) this.#watch()
  }

  async #lookAtNodes(): Promise<void> {
    if (this.source === null || performance.now() - this.#nodesAt < nodesMs) return
    this.#nodesAt = performance.now()
    // A store that is away is in the health of the index.
    const report = await this.source.nodes().catch(() => null)
    if (report === null) return
    const nodes = nodeItemsOf(report)
    if (JSON.stringify(nodes.map(stableNode)) === JSON.stringify(this.#nodes.map(stableNode))) return
    this.#nodes = nodes
    this.#send({ type: 'nodes', nodes })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.streams[Symbol.dispose]()
  }
}

/** Returns a node without the end of its lease, which moves all the time. */
function stableNode({ leaseUntil: _until, ...node }: NodeItem): object {
  return node
}
