import type { InboxSettlement } from './inbox-content.ts'
import type { LedgerEntry } from './ledger.ts'

/** Adds to each call the settlement that waits in the inbox for the owner of the session. The state of the call changes when it is taken. */
export function withLeftSettlements(
  ledger: readonly LedgerEntry[],
  left: readonly InboxSettlement[],
): readonly LedgerEntry[] {
  if (left.length === 0) return ledger
  const byKey = new Map(left.toReversed().map(({ kind: _kind, result: _result, key, ...settled }) => [key, settled]))
  return ledger.map((entry) => {
    const settled = byKey.get(entry.key)
    const canBeSettled = entry.settled === undefined && (entry.state === 'unknown' || entry.state === 'started')
    return settled === undefined || !canBeSettled ? entry : { ...entry, settled }
  })
}
