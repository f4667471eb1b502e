import type { NestedCallEnd } from '../../events/session-event.ts'
import type { CallState, DeferralRequest, LedgerEntry } from '../../storage/ledger.ts'
import type { Tool } from '../../tools/tool.ts'
import { expiryText } from '../deferred/provided-result.ts'
import { isRepeatable } from './tool-effects.ts'

/** The result of a call as its cell receives it: JSON, or the text of an error. */
export type CallResult = Exclude<NestedCallEnd, { readonly type: 'cancelled' }>

/** The result of an attempt, and the known effect of the call. */
export type Attempt = { readonly result: CallResult; readonly state: CallState }

/** The end of an attempt whose result arrives later. */
export type Deferred = { readonly deferral: DeferralRequest }

/** The error of a call that stopped waiting for its result. The effect of the call is unknown. */
export class NoResult extends TypeError {}

/** Returns the attempt of a call whose result was provided. */
export function attemptOf({ type, body }: CallResult): Attempt {
  return { state: type === 'tool_response' ? 'applied' : 'failed', result: { type, body } }
}

/** Returns the failed attempt of an expired call. Its tool was called, so the effect is unknown. */
export function expiredAttempt(identifier: string, expiresAt: number): Attempt {
  const body = `tool \`${identifier}\`: ${expiryText(expiresAt)}`
  return { state: 'unknown', result: { type: 'tool_error', body } }
}

/** Returns whether a recorded call can be made. The program may have received the error of an `unknown` call already. */
export function canBeMade(tool: Tool, { state }: LedgerEntry): boolean {
  return state === 'not_started' || (state !== 'unknown' && isRepeatable(tool))
}

/** Returns the failed attempt of a call that reached its tool in an earlier process and cannot be retried. */
export function lostAttempt({ identifier, state, key, deferral, note }: LedgerEntry): Attempt {
  // An earlier process ended while it failed a deferred call.
  if (deferral !== null && note !== null) return { state: 'unknown', result: { type: 'tool_error', body: note } }
  const isOver = state === 'applied' || state === 'failed'
  const effect = isOver ? `call was ${state}, and its result is lost` : 'outcome of this call is unknown'
  const body = `tool \`${identifier}\`: the ${effect}: the process ended before the result was recorded; the call is not retried (key ${key})`
  return { state: isOver ? state : 'unknown', result: { type: 'tool_error', body } }
}
