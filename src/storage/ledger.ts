import type { SourceLocation } from '../events/session-event.ts'

/**
 * What is known about the effect of a nested call. `not_started`: the tool has not been reached, and if the call is over, never
 * was. `started`: the tool was called and has not answered. `applied` and `failed`: it answered. `unknown`: it was called, and
 * nobody can say what came of it.
 */
export type CallState = 'not_started' | 'started' | 'applied' | 'failed' | 'unknown'

/** From which states a call comes to each of them: a state never goes back. Who had no answer may still get it. */
export const previousStates: { readonly [state in CallState]: readonly CallState[] } = {
  not_started: ['not_started'],
  started: ['not_started'],
  // A call that failed, and whose answer is lost, may be made again.
  applied: ['started', 'unknown', 'failed'],
  failed: ['started', 'unknown'],
  unknown: ['started'],
}

/** One nested call on the ledger of a session. Times are in milliseconds since 1970. */
export type LedgerEntry = {
  readonly cellId: string
  /** `tool-1`, `tool-2`, … within the cell. */
  readonly callId: string
  /** The same for ever, whatever dies and is started again; tools get it, to tell a repeated call from a new one. */
  readonly key: string
  /** What the program calls the tool by. */
  readonly identifier: string
  /** JSON text of the input, cut after 4,096 characters. */
  readonly input: string
  readonly location: SourceLocation | null
  /** Whether its tool said that it changes nothing. */
  readonly isReadOnly: boolean
  readonly state: CallState
  readonly startedAt: number | null
  /** When the cell was given the answer; null while it waits. */
  readonly endedAt: number | null
  /** Why it failed, was refused, or is unknown. */
  readonly note: string | null
  /** What came of undoing it; null: nobody tried. */
  readonly reverted: RevertState | null
}

export type RevertState = {
  readonly type: 'reverted' | 'failed' | 'unknown'
  readonly at: number
  /** Why undoing it failed. */
  readonly note: string | null
}

/** A nested call as it begins. */
export type LedgerCall = {
  readonly call: number
  readonly identifier: string
  /** JSON text of the whole input, empty when the cell passed nothing. */
  readonly input: string
  readonly location: SourceLocation | null
  /** Whether the call can be undone, so that input and result have to be kept. */
  readonly isRevertible: boolean
  /** Whether its tool says that it changes nothing. */
  readonly isReadOnly: boolean
}

/** What is kept of an applied call for undoing it; both are JSON text. */
export type RevertibleCall = { readonly input: string; readonly result: string }

/** The ledger of one cell. */
export interface CellLedger {
  /** The key of a call. */
  keyOf(call: number): string
  find(call: number): LedgerEntry | null
  /** Whether a call on record was made with this input. */
  isSameInput(call: number, input: string): boolean
  /** The call waits before its start, for somebody who decides. Throws `STORAGE_FAILED`. */
  recordPending(call: LedgerCall): void
  /** The tool is about to be called. Throws `STORAGE_FAILED`: then it must not be. */
  recordStart(call: LedgerCall): void
  /** What came of a call. `result` is JSON text. Never throws: what cannot be written now is written later. */
  recordEnd(call: number, end: { state: CallState; note: string | null; result: string | null }): void
  /** All calls, the first one first. */
  list(): readonly LedgerEntry[]
  /** What is kept of a call that can be undone; null when nothing is. */
  revertible(call: number): RevertibleCall | null
  /** What came of undoing a call. Throws `STORAGE_FAILED`. */
  recordRevert(call: number, state: RevertState): void
}
