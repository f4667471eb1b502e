import type { CellEnding, CellStore } from '../journal/session-store.ts'
import type { Catalogue } from '../tools/catalogue.ts'
import type { ActivityFeed } from './activity-feed.ts'
import type { SessionApprovals } from './approvals/session-approvals.ts'
import type { CellRuntime, RuntimeListener } from './cell-runtime.ts'
import type { InputChecks } from './input-checks.ts'
import type { Limits } from './limits.ts'
import type { OutputBuffer } from './output-buffer.ts'
import type { Notification } from './session-options.ts'
import type { StrippedSource } from './type-stripper.ts'

/** What a cell is given by its session. */
export interface CellContext {
  readonly execCallId: string | null
  readonly store: CellStore
  readonly startedAt: number
  readonly catalogue: Catalogue
  readonly limits: Limits
  readonly deadlock: 'report' | 'fail' | 'wait'
  readonly maxYieldTimeMs: number | null
  readonly approvals: SessionApprovals
  readonly source: string
  readonly inputChecks: InputChecks
  /** Null: nobody listens. */
  readonly feed: ActivityFeed | null
  makeOutput(): OutputBuffer
  /** The program as it was given, or, when a source is passed, another one in its place. */
  makeRuntime(listener: RuntimeListener, source?: string): CellRuntime
  /** The program without TypeScript's types, for when it is no JavaScript. */
  stripTypes(): Promise<StrippedSource>
  notify(notification: Notification, options: { signal: AbortSignal }): unknown
  /** The cell ended by itself: what it wrote is the session's now. */
  commit(writes: ReadonlyMap<string, string>): void
  /** The last response has been handed over. */
  closed(cellId: string, ending: CellEnding): void
}
