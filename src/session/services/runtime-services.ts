import type { Journal } from '../../storage/journal.ts'
import type { SnapshotSlot } from '../../storage/snapshot-slot.ts'
import type { SnapshotKeeper } from '../../storage/snapshots/snapshot-keeper.ts'
import type { EnginePrint } from '../../protocol/engine-print.ts'
import type { CellEvent } from '../../protocol/event.ts'
import type { HostRemarks } from '../../protocol/remark.ts'
import type { EventFeed } from '../common/event-feed.ts'
import type { HostedCatalogue } from '../hosts/hosted-catalogue.ts'
import type { LocalHostPool } from '../hosts/host-pool.ts'

/** A listener for the events of a running program. */
export interface RuntimeListener {
  onEvent(event: CellEvent): void
  /** Called when the program has handled `count` commands, including its start. */
  onHandled(count: number): void
  /** Called before the event that ends the program, with the remarks of its host. */
  onRemarks(remarks: HostRemarks): void
  /** Called when the program has handled all commands. Only a new command can wake it. */
  onIdle(): void
  /** Called with the reason that no host can be started; null when the program has a host. */
  onHostTrouble(reason: string | null): void
  /** Returns the state of the cell for later processes, as JSON; null for none. */
  state?(): string | null
}

/** The engines of the earlier and the next host of a cell. */
type EngineChange = { readonly cellId: string; readonly from: EnginePrint; readonly to: EnginePrint }

/** The parts of a session that run its cells. */
export type RuntimeServices = {
  readonly pool: LocalHostPool
  /** The identity of a session with dedicated hosts; null for other sessions. */
  readonly owner: object | null
  /** The identity of a session that shares its hosts; null for other sessions. */
  readonly session: object | null
  /** The engine of cells that have not begun; null for that of new cells of the pool. */
  readonly newCellEngine: EnginePrint | null
  /** Returns the retained output of a cell; null when it has none. */
  readonly retainedOutput: (cell: number) => string | null
  /**
   * Called when a cell resumes on another engine than it began on, because no host has that engine. Null: the cell waits for such a
   * host instead.
   */
  readonly onEngineChanged: ((change: EngineChange) => void) | null
  /** Keeps the snapshots of evicted cells; null when none are taken. */
  readonly snapshots: SnapshotKeeper | null
  /** Null when the session has no listeners. */
  readonly feed: EventFeed | null
  /** Idle time after which a cell is evicted, in milliseconds. */
  readonly evictAfterMs: number
}

/** A program to run. */
export type RuntimeInit = {
  readonly journal: Journal
  readonly catalogue: HostedCatalogue
  /** The place for snapshots in the store of the session; missing for none. */
  readonly snapshot?: SnapshotSlot | undefined
  /** The number of the cell in its session. */
  readonly number: number
}
