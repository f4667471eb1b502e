import type { Decision } from './approvals.ts'
import type { LongText } from './cells.ts'
import type { ConsoleCallState, Location, Page, Paging } from './sessions.ts'

/** A nested call on the ledger. */
export type CallItem = {
  readonly sessionId: string
  readonly cellId: string
  readonly callId: string
  readonly key: string
  readonly identifier: string
  readonly state: ConsoleCallState
  readonly isReadOnly: boolean
  readonly location: Location | null
  readonly startedAt: number | null
  readonly endedAt: number | null
  readonly durationMs: number | null
  /** The beginning of the input as JSON, at most 200 characters. */
  readonly inputStart: string
  /** The reason why it failed, was denied, or is unknown. */
  readonly note: string | null
  readonly deferral: { readonly note: string | null; readonly expiresAt: number | null } | null
  readonly settled: Settlement | null
  readonly reverted: {
    readonly type: 'reverted' | 'failed' | 'unknown'
    readonly at: number
    readonly note: string | null
  } | null
}

/** The statement of a user about an unknown call. */
export type Settlement = {
  readonly type: 'happened' | 'did_not_happen'
  readonly by: string | null
  readonly at: number
  readonly note: string | null
}

/** `state` is one or several, joined by commas; `unsettled`: unknown calls without a settlement. `search` finds parts of keys and tools. */
export type CallQuery = Paging & {
  readonly session?: string
  readonly cell?: string
  readonly state?: string
  readonly search?: string
  /** @default 'newest' */
  readonly order?: 'newest' | 'oldest'
}
export type CallPage = Page<CallItem>

export type CallDetail = CallItem & {
  /** JSON; empty for no input. The ledger has at most the first 4,096 characters of some inputs. */
  readonly input: LongText
  /** `json`: the result. `error`: the message of the rejection. Null when it is not stored, or there is none. */
  readonly result: (LongText & { readonly type: 'json' | 'error' }) | null
  readonly decision: Decision | null
  /** The source of the program. */
  readonly source: string
}
