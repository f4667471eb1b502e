import type { Settlement } from './settlement.ts'
import type { SourceLocation } from '../events/session-event.ts'

/**
 * The known effect of a nested call. `not_started`: the tool was not called; if the call has ended, it never was.
 * `started`: the tool was called and has not responded. `deferred`: the tool has responded that its result arrives later.
 * `applied` and `failed`: the result arrived. `unknown`: the tool was called, and its effect cannot be determined.
 */
export type CallState = (typeof callStates)[number]

export const callStates = ['not_started', 'started', 'deferred', 'applied', 'failed', 'unknown'] as const

/** The states that can precede each state: a state never goes back. A call without a response may still get one. */
export const previousStates: { readonly [state in CallState]: readonly CallState[] } = {
  not_started: ['not_started'],
  started: ['not_started'],
  deferred: ['started'],
  // A call that failed, and whose response was lost, may be retried.
  applied: ['started', 'deferred', 'unknown', 'failed'],
  failed: ['started', 'deferred', 'unknown'],
  unknown: ['started', 'deferred'],
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
  /** Null for a call whose tool did not defer its result. */
  readonly deferral: Deferral | null
  /** The outcome of a revert; null: none was attempted. */
  readonly reverted: RevertState | null
  /** The statement of a user about a call whose outcome was unknown; missing without one. */
  readonly settled?: Settlement
}

/** A deferral as the tool requested it. `expiresAt` is null for a result that may arrive at any time. */
export type DeferralRequest = { readonly note: string | null; readonly expiresAt: number | null }

/** The deferral of a call, from `at` on. */
export type Deferral = DeferralRequest & {
  readonly at: number
  /** The result that was provided. `body` has at most its first 200 characters. Null while the call waits for it. */
  readonly provided: ProvidedResult | null
}

/** A result of a deferred call: JSON, or the text of an error. `id` identifies the request that provided it. */
export type ProvidedResult = {
  readonly id: string | null
  readonly type: 'tool_response' | 'tool_error'
  readonly body: string
  readonly at: number
}

/** Maximum length of the body of a provided result in a ledger entry, in characters. */
export const maxShownResultChars = 200

/** Returns a deferral with the start of its result. */
export function shownDeferral({ provided, ...rest }: Deferral): Deferral {
  if (provided === null) return { ...rest, provided }
  return { ...rest, provided: { ...provided, body: provided.body.slice(0, maxShownResultChars) } }
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

/** The outcome of a call. `result` is JSON. */
export type CallEnd = { readonly state: CallState; readonly note: string | null; readonly result: string | null }

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
  /** Records that the result of a started call arrives later. Never throws: a write that fails is retried. */
  recordDeferred(call: number, deferral: DeferralRequest): void
  /**
   * Records the result of a deferred call, before its cell receives it. A call has at most one.
   *
   * @throws {CodecellError} `STORAGE_FAILED`; then the result does not count
   */
  recordProvided(call: number, result: ProvidedResult): void
  /** Returns the provided result of a call; null for none, and for a call of a session in memory. */
  provided(call: number): ProvidedResult | null
  /** Records the outcome of a call. Never throws: a write that fails is retried. */
  recordEnd(call: number, end: CallEnd): void
  /** Returns the numbers of the calls that are `started` or `deferred`, in order. */
  unsettled(): readonly number[]
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
