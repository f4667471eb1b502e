import type { CallEnd, LedgerCall } from '../../storage/ledger.ts'
import { unsettledNote } from '../../storage/settlement.ts'
import { ownCopy } from '../../platform/utf8.ts'
import type { Attempt, CallResult } from './call-attempt.ts'
import type { CallingCell, CallRequest } from './calling-cell.ts'
import { isReadOnly } from './tool-effects.ts'

/** Maximum length of an error on the ledger, in characters. */
const maxNoteChars = 2000

/** Records that a call waits for a decision. A later process compares its run with this record. */
export function recordPending(call: CallRequest, { init }: CallingCell): void {
  init.store.ledger.recordPending(ledgerCall(call, false))
}

/** Records the start of a call, before its tool is called. */
export function recordStart(call: CallRequest, { init }: CallingCell): void {
  init.store.ledger.recordStart(ledgerCall(call, call.tool.revert !== undefined))
}

/** Records a call that did not reach its tool. */
export function recordRefused(call: CallRequest, { init, approvals }: CallingCell, reason: string): void {
  const { ledger } = init.store
  approvals.refused(ledger.keyOf(call.id), reason)
  if (ledger.find(call.id) !== null) return
  try {
    ledger.recordPending(ledgerCall(call, false))
  } catch {
    // The record can be missing, because the call had no effect.
  }
}

/** Records the end of a call. */
export function recordEnd(call: CallRequest, { init }: CallingCell, { state, result }: Attempt): void {
  init.store.ledger.recordEnd(call.id, { ...endOfResult(result), state })
}

/** Returns the record of a result. */
export function endOfResult({ type, body }: CallResult): CallEnd {
  const isResponse = type === 'tool_response'
  return {
    state: isResponse ? 'applied' : 'failed',
    note: isResponse ? null : unsettledNote(ownCopy(body.slice(0, maxNoteChars))),
    result: isResponse ? body : null,
  }
}

function ledgerCall({ id, identifier, input, location, tool }: CallRequest, isRevertible: boolean): LedgerCall {
  return { call: id, identifier, input, location, isRevertible, isReadOnly: isReadOnly(tool) }
}
