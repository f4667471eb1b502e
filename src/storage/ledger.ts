import type { SourceLocation } from '../events/session-event.ts'

/**
 * The known effect of a nested call. `not_started`: the tool was not called; if the call has ended, it never was.
 * `started`: the tool was called and has not responded. `applied` and `failed`: the tool responded. `unknown`: the tool
 * was called, and its effect cannot be determined.
 */
export type CallState = 'not_started' | 'started' | 'applied' | 'failed' | 'unknown'

/** The states that can precede each state: a state never goes back. A call without a response may still get one. */
export const previousStates: { readonly [state in CallState]: readonly CallState[] } = {
  not_started: ['not_started'],
  started: ['not_started'],
  // A call that failed, and whose response was lost, may be retried.
  applied: ['started', 'unknown', 'failed'],
  failed: ['started', 'unknown'],
  unknown: ['started'],
}

/** A nested call in the ledger of a session. Times are in milliseconds since 1970. */
export type LedgerEntry = {
  readonly cellId: string
  /** `tool-1`, `tool-2`, … within the cell. */
  readonly callId: string
  /** Never changes, across crashes and restarts; tools receive it to distinguish a retry from a new call. */
  readonly key: string
  /** The name under which the program calls the tool. */
  readonly identifier: string
  /** JSON of the input, truncated after 4,096 characters. */
  readonly input: string
  readonly location: SourceLocation | null
  /** Whether the tool declares that it changes nothing. */
  readonly isReadOnly: boolean
  readonly state: CallState
  readonly startedAt: number | null
  /** When the cell received the result; null while it waits. */
  readonly endedAt: number | null
  /** The reason why it failed, was denied, or is unknown. */
  readonly note: string | null
  /** The outcome of a revert; null: none was attempted. */
  readonly reverted: RevertState | null
}

export type RevertState = {
  readonly type: 'reverted' | 'failed' | 'unknown'
  readonly at: number
  /** The reason why the revert failed. */
  readonly note: string | null
}

/** A nested call before its start. */
export type LedgerCall = {
  readonly call: number
  readonly identifier: string
  /** JSON of the whole input, empty when the cell passed nothing. */
  readonly input: string
  readonly location: SourceLocation | null
  /** Whether the call can be reverted, so that input and result must be stored. */
  readonly isRevertible: boolean
  /** Whether the tool declares that it changes nothing. */
  readonly isReadOnly: boolean
}

/** The data for reverting an applied call; both are JSON. */
export type RevertibleCall = { readonly input: string; readonly result: string }

/** The ledger of one cell. */
export interface CellLedger {
  /** Returns the key of a call. */
  keyOf(call: number): string
  find(call: number): LedgerEntry | null
  /** Returns whether a recorded call has this input. */
  isSameInput(call: number, input: string): boolean
  /**
   * Records a call that waits for a decision.
   *
   * @throws {CodecellError} `STORAGE_FAILED`
   */
  recordPending(call: LedgerCall): void
  /**
   * Records that the tool is about to be called.
   *
   * @throws {CodecellError} `STORAGE_FAILED`; then the tool must not be called
   */
  recordStart(call: LedgerCall): void
  /** Records the outcome of a call. `result` is JSON. Never throws: a write that fails is retried. */
  recordEnd(call: number, end: { state: CallState; note: string | null; result: string | null }): void
  /** Returns all calls, in order. */
  list(): readonly LedgerEntry[]
  /** Returns the data for reverting a call, or null. */
  revertible(call: number): RevertibleCall | null
  /**
   * Records the outcome of a revert.
   *
   * @throws {CodecellError} `STORAGE_FAILED`
   */
  recordRevert(call: number, state: RevertState): void
}
