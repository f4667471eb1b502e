import type { RecordedDecision } from '../approval-store.ts'
import type { CallState, LedgerEntry } from '../ledger.ts'
import type { CellEnding } from '../session-store.ts'
import type { EnginePrint } from '../../protocol/engine-print.ts'
import type { SourceLocation } from '../../events/session-event.ts'

/**
 * The process that has a session open; `pid` is null when it is unknown. In a shared store, `node` identifies its opening of the store,
 * and `address` is the address that it gave.
 */
export type SessionUser = { readonly pid: number | null; readonly node?: string; readonly address?: string | null }

/** A summary of a stored session. Times are in milliseconds since 1970. */
export type SessionSummary = {
  readonly type: 'session'
  readonly id: string
  /** Null: the session is not open, so nothing in it runs. */
  readonly openedBy: SessionUser | null
  readonly createdAt: number
  readonly lastActivityAt: number
  readonly cells: { readonly [State in CellReport['state']['type']]: number }
  /** Nested calls by their state. */
  readonly calls: { readonly [State in CallState]: number }
  /** Calls that wait for a decision. */
  readonly approvals: number
  /** The engines of the running cells. */
  readonly engines: readonly EngineCount[]
}

/**
 * The number of running cells of one engine. `id` is a short name of it. Both are null for cells that have had no host, or whose engine
 * is not on record.
 */
export type EngineCount = { readonly id: string | null; readonly engine: EnginePrint | null; readonly cells: number }

/** A session with unreadable files, and the reason. */
export type UnreadableSession = { readonly type: 'unreadable'; readonly id: string; readonly message: string }

/** The reason why a running cell waits. */
export type CellWait =
  | { readonly type: 'tool'; readonly callId: string; readonly identifier: string; readonly since: number | null }
  /** The result of a deferred call, which is provided by its key. */
  | {
      readonly type: 'result'
      readonly callId: string
      readonly key: string
      readonly identifier: string
      readonly since: number | null
      readonly expiresAt: number | null
      readonly note: string | null
    }
  | { readonly type: 'person'; readonly callId: string; readonly identifier: string; readonly since: number }
  /** A timer that has not fired. A cleared timer is listed until it would have fired. */
  | { readonly type: 'timer'; readonly due: number }
  /** No host can start, for this reason; the session keeps retrying. */
  | { readonly type: 'host'; readonly reason: string }

export type CellReport = {
  readonly cellId: string
  /** The id that the model gave to the `exec` call. */
  readonly execCallId: string | null
  readonly state:
    /** The program is running. Without a wait it computes, or its session is not open. */
    | { readonly type: 'running'; readonly waits: readonly CellWait[] }
    /** The program has ended, and its last response has not been delivered. */
    | { readonly type: 'finished'; readonly ending: CellEnding; readonly errorText: string | null }
    | { readonly type: 'closed'; readonly ending: CellEnding; readonly errorText: string | null }
  /** The engine that a running cell had last; null before its first host, in older journals, and for a cell that has ended. */
  readonly engine: EnginePrint | null
  readonly startedAt: number
  readonly endedAt: number | null
  readonly source: string
}

/** A call that waits for a decision. */
export type ApprovalReport = {
  readonly key: string
  readonly cellId: string
  readonly callId: string
  readonly identifier: string
  /** JSON, truncated after 4,096 characters. */
  readonly input: string
  /** JSON; empty for a call without an input, and null in a record of an older format. */
  readonly wholeInput: string | null
  /** Identifies the input; a decision can name it. */
  readonly inputHash: string
  /** Identifies the tool as it was when the call became pending; null in a record of an older format. A decision can name it. */
  readonly toolDigest: string | null
  readonly location: SourceLocation | null
  readonly askedAt: number
}

/** A decision about a call. */
export type DecisionReport = RecordedDecision & {
  readonly key: string
  readonly cellId: string
  readonly callId: string
  readonly identifier: string
  readonly inputHash: string
  readonly state: 'allowed' | 'denied'
  /** The reason of a denial. */
  readonly reason: string | null
  readonly askedAt: number
  readonly decidedAt: number
}

/** Everything that is stored of one session. */
export type SessionReport = SessionSummary & {
  readonly cellList: readonly CellReport[]
  readonly ledger: readonly LedgerEntry[]
  readonly pendingApprovals: readonly ApprovalReport[]
  /** The decisions about calls, also of grants and of cells that ended first. */
  readonly decisions: readonly DecisionReport[]
}
