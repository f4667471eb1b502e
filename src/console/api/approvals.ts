import type { LongText } from './cells.ts'
import type { Location, Page, Paging } from './sessions.ts'
import type { ApiError } from './user.ts'

/** A call that waits for a decision. `shown` is its input as approvers read it in a terminal: with its whole structure. */
export type PendingCall = {
  readonly key: string
  readonly callId: string
  readonly identifier: string
  readonly location: Location | null
  readonly askedAt: number
  /** These go back with the decision, so that it counts for what was shown only. */
  readonly inputHash: string
  readonly toolDigest: string | null
  readonly shown: string
  /** The whole input as JSON when it has at most 64 KiB; null for a longer one, and for a call without input. */
  readonly input: string | null
}

/** Calls of one tool from one line of a program. */
export type PendingGroup = {
  readonly identifier: string
  readonly line: number | null
  /** For example `20 calls of tools.send_mail from line 4`. */
  readonly title: string
  /** A claim of the author of the tool; null for none. */
  readonly hint: 'destructive' | 'read-only' | null
  readonly calls: readonly PendingCall[]
}

/** The pending calls of one cell, oldest first. */
export type PendingCell = {
  readonly sessionId: string
  readonly tenant: string | null
  readonly cellId: string
  readonly execCallId: string | null
  readonly oldestAt: number
  readonly source: LongText
  /** The calls that a decision can cover. They are those that one request of a terminal shows. */
  readonly groups: readonly PendingGroup[]
  /** The number of calls that are shown when those above are decided. */
  readonly later: number
  /** Calls with an input that is too long to show: they can be denied only. */
  readonly tooLong: readonly Omit<PendingCall, 'shown' | 'input'>[]
  /** The same as a card for terminals. */
  readonly card: string
}

export type ApprovalQuery = Paging & { readonly session?: string; readonly cell?: string; readonly search?: string }
export type ApprovalPage = Page<PendingCell>

export type ConsoleDecision =
  | { readonly type: 'allow' }
  /** Allows this number of calls of the tool in the cell, including those of the request. */
  | { readonly type: 'allow_in_cell'; readonly calls: number }
  | { readonly type: 'allow_in_session' }
  | { readonly type: 'deny'; readonly reason?: string }

/** A decision about calls of one tool in one cell, as they were shown. `requestId` makes a repeated request harmless. */
export type DecideRequest = {
  readonly sessionId: string
  readonly calls: readonly { readonly key: string; readonly inputHash: string; readonly toolDigest: string | null }[]
  readonly decision: ConsoleDecision
  readonly requestId: string
}

/** `refused`: the call has another decision, its cell has ended, or it is not as it was shown. */
export type DecideResult =
  | { readonly type: 'decided'; readonly key: string }
  | { readonly type: 'refused'; readonly key: string; readonly error: ApiError; readonly first: Decision | null }

export type DecideResponse = { readonly results: readonly DecideResult[]; readonly error: ApiError | null }

/** A decision of the past. */
export type Decision = {
  readonly sessionId: string
  readonly cellId: string
  readonly callId: string
  readonly key: string
  readonly identifier: string
  readonly state: 'allowed' | 'denied'
  readonly decision: ConsoleDecision['type'] | null
  readonly grantedCalls: number | null
  readonly reason: string | null
  readonly decidedBy: string | null
  readonly askedAt: number
  readonly decidedAt: number
}

/** Newest first. `search` finds parts of keys, tools and approvers. */
export type DecisionQuery = Paging & { readonly session?: string; readonly search?: string }
export type DecisionPage = Page<Decision>
