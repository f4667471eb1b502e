import type { CallState, LedgerEntry } from '../ledger.ts'
import type { CellEnding } from '../session-store.ts'
import type { SourceLocation } from '../../events/session-event.ts'

/** Who has a session open; `pid` is null when the process cannot be told. */
export type SessionUser = { readonly pid: number | null }

/** A session in a folder, at a glance. Times are in milliseconds since 1970. */
export type SessionSummary = {
  readonly type: 'session'
  readonly id: string
  /** Null: nobody, so that nothing in it goes on. */
  readonly openedBy: SessionUser | null
  readonly createdAt: number
  readonly lastActivityAt: number
  readonly cells: { readonly [State in CellReport['state']['type']]: number }
  /** Nested calls by what is known of their effect. */
  readonly calls: { readonly [State in CallState]: number }
  /** Calls that wait for a person. */
  readonly approvals: number
}

/** A session whose files cannot be read, and why. */
export type UnreadableSession = { readonly type: 'unreadable'; readonly id: string; readonly message: string }

/** What a running cell waits for. */
export type CellWait =
  | { readonly type: 'tool'; readonly callId: string; readonly identifier: string; readonly since: number | null }
  | { readonly type: 'person'; readonly callId: string; readonly identifier: string; readonly since: number }
  /** Set and not fired. A timer that the program cleared is among them until it would have fired. */
  | { readonly type: 'timer'; readonly due: number }
  /** No host can be started, for this reason: starting one is tried again until it works. */
  | { readonly type: 'host'; readonly reason: string }

export type CellReport = {
  readonly cellId: string
  /** The model's id of the call of `exec` that started it. */
  readonly execCallId: string | null
  readonly state:
    /** The program is not over. Without a wait it computes, or its session is not open. */
    | { readonly type: 'running'; readonly waits: readonly CellWait[] }
    /** The program is over, and nobody has taken its end. */
    | { readonly type: 'finished'; readonly ending: CellEnding; readonly errorText: string | null }
    | { readonly type: 'closed'; readonly ending: CellEnding; readonly errorText: string | null }
  readonly startedAt: number
  readonly endedAt: number | null
  readonly source: string
}

/** A call that waits for a person. */
export type ApprovalReport = {
  readonly key: string
  readonly cellId: string
  readonly callId: string
  readonly identifier: string
  /** JSON text, cut after 4,096 characters. */
  readonly input: string
  readonly location: SourceLocation | null
  readonly askedAt: number
}

/** All that is on record of a session. */
export type SessionReport = SessionSummary & {
  readonly cellList: readonly CellReport[]
  readonly ledger: readonly LedgerEntry[]
  readonly pendingApprovals: readonly ApprovalReport[]
}
