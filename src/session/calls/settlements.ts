import { CodecellError } from '../../errors.ts'
import type { CellLedger, LedgerEntry } from '../../storage/ledger.ts'
import type { InboxSettlement } from '../../storage/inbox-content.ts'
import type { SessionStore } from '../../storage/session-store.ts'
import { settledNote, settlementText, type Settlement } from '../../storage/settlement.ts'
import type { SessionInbox, TakeEntry } from '../inbox/session-inbox.ts'

/** A settlement before it is recorded. `result` is JSON; null when the user does not know it. */
export type GivenSettlement = Settlement & { readonly result: string | null }

/** The settlements of calls of a session whose outcomes are unknown. */
export class Settlements {
  readonly #store: SessionStore
  readonly #isResumed: () => boolean

  constructor(
    { store, inbox }: { readonly store: SessionStore; readonly inbox: SessionInbox },
    isResumed: () => boolean,
  ) {
    this.#store = store
    this.#isResumed = isResumed
    inbox.onSettlement = (left, take) => this.#take(left, take)
  }

  /** @throws {CodecellError} `CALL_NOT_UNKNOWN`, `STORAGE_FAILED`, `SESSION_LOST` */
  async settle(key: string, given: GivenSettlement): Promise<void> {
    const reason = this.#record(key, given)
    if (reason !== null) throw notUnknown(key, reason)
    const recorded = this.#store.barrier()
    if (recorded !== null) await recorded
  }

  #take({ kind: _kind, key, ...given }: InboxSettlement, take: TakeEntry): void {
    take(() => this.#record(key, given))
  }

  /** Records a settlement. Returns the reason for which it is not recorded; null for none. */
  #record(key: string, { result, ...settlement }: GivenSettlement): string | null {
    const { ledger, number } = this.#callOf(key)
    const entry = ledger?.find(number) ?? null
    if (isSettledBy(entry, key, settlement.requestId)) return null
    const reason = reasonNotToSettle(entry, key, { isOpen: this.#isResumed() })
    if (reason !== null || ledger === null) return reason
    const state = settlement.type === 'happened' ? 'applied' : 'failed'
    ledger.recordEnd(number, { state, note: settledNote(settlement), result: state === 'applied' ? result : null })
    return null
  }

  #callOf(key: string): { readonly ledger: CellLedger | null; readonly number: number } {
    const [, cellId, call] = /\/(\d{1,15})\/tool-(\d{1,15})(?:~\w+)?$/.exec(key) ?? []
    return { ledger: cellId === undefined ? null : this.#store.ledgerOf(cellId), number: Number(call) }
  }
}

/**
 * Returns the reason for which a call cannot be settled; null for none. `isOpen`: a process has its session open, so that a call
 * without a result is in progress there.
 */
export function reasonNotToSettle(
  entry: LedgerEntry | null,
  key: string,
  { isOpen }: { readonly isOpen: boolean },
): string | null {
  if (entry?.key !== key) return 'the session has no call with this key'
  if (entry.settled !== undefined) return settlementText(entry.settled)
  if (entry.state === 'unknown') return null
  if (entry.state !== 'started') return `its state is "${entry.state}"`
  return isOpen ? 'it is in progress' : null
}

/** Returns whether a request has settled a call before. */
export function isSettledBy(entry: LedgerEntry | null, key: string, requestId: string | null): boolean {
  return requestId !== null && entry?.key === key && entry.settled?.requestId === requestId
}

export function notUnknown(key: string, reason: string): CodecellError {
  const shown = key.length > 200 ? `${key.slice(0, 200)}…` : key
  return new CodecellError('CALL_NOT_UNKNOWN', `Cannot settle call ${JSON.stringify(shown)}: ${reason}`, {
    details: { key },
  })
}
