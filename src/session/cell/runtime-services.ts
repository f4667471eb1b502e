import type { Journal } from '../../storage/journal.ts'
import type { CellEvent } from '../../protocol/event.ts'
import type { HostRemarks } from '../../protocol/remark.ts'
import type { EventFeed } from '../event-feed.ts'
import type { HostedCatalogue } from '../hosts/hosted-catalogue.ts'
import type { LocalHostPool } from '../hosts/host-pool.ts'

/** Receives the events of a running program. */
export interface RuntimeListener {
  onEvent(event: CellEvent): void
  /** The program has handled `count` commands, its start included. */
  onHandled(count: number): void
  /** Called before the event that ends the program, with the remarks of its host. */
  onRemarks(remarks: HostRemarks): void
  /** The program has handled all commands: only a new one can wake it. */
  onIdle(): void
  /** The program waits for a host, because none can be started; null: it has a host. */
  onHostTrouble(reason: string | null): void
}

/** The parts of a session that run its cells. */
export type RuntimeServices = {
  readonly pool: LocalHostPool
  /** An object that stands for the session when no other session may share its hosts. */
  readonly owner: object | null
  /** An object that stands for the session when it shares a pool; null when it has a pool of its own. */
  readonly session: object | null
  /** Returns the retained output of a cell, or null when there is none. */
  readonly retainedOutput: (cell: number) => string | null
  /** Null when the session has no listeners. */
  readonly feed: EventFeed | null
  /** How long a cell waits before it is evicted, in milliseconds. */
  readonly evictAfterMs: number
}

/** A program to run. */
export type RuntimeInit = {
  readonly journal: Journal
  readonly catalogue: HostedCatalogue
  /** The number of the cell in its session. */
  readonly number: number
}
