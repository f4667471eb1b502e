import type { LedgerEntry } from '../ledger.ts'
import type { ApprovalRecord } from '../approval-store.ts'
import type { CellWait } from './session-report.ts'

/** Delay after which a timer of an open session must have been cleared, in milliseconds. */
const lateMs = 1000

export type WaitingCell = {
  readonly cellId: string
  /** Whether a process has the session open. */
  readonly isOpen: boolean
  readonly ledger: readonly LedgerEntry[]
  /** Pending decisions. */
  readonly pending: readonly Pick<ApprovalRecord, 'cellId' | 'call' | 'identifier' | 'askedAt'>[]
  /** The ids of calls whose response is in the journal. */
  readonly responded: ReadonlySet<string>
  /** When the timers that have not fired are due, in milliseconds since 1970. */
  readonly timers: readonly number[]
  /** The reason why the cell has no host. */
  readonly hostTrouble: string | null
}

/** Returns the reasons why a running cell waits. */
export function waitsOf(cell: WaitingCell): readonly CellWait[] {
  const { cellId, isOpen, ledger, pending, responded, timers, hostTrouble } = cell
  const asked = pending.filter((record) => record.cellId === cellId)
  const calls = ledger.filter((call) => call.cellId === cellId && !responded.has(call.callId))
  const earliest = isOpen ? Date.now() - lateMs : 0
  return [
    ...calls
      .filter(({ state }) => state === 'started')
      .map(({ callId, identifier, startedAt: since }) => ({ type: 'tool', callId, identifier, since }) as const),
    ...calls.filter(({ state }) => state === 'deferred').map(waitForResult),
    ...asked.map(
      ({ call, identifier, askedAt }) =>
        ({ type: 'person', callId: `tool-${call}`, identifier, since: askedAt }) as const,
    ),
    ...timers
      .filter((due) => due >= earliest)
      .toSorted((left, right) => left - right)
      .map((due) => ({ type: 'timer', due }) as const),
    // Nothing runs in a session that is not open, whatever its last record states.
    ...(isOpen && hostTrouble !== null ? [{ type: 'host', reason: hostTrouble } as const] : []),
  ]
}

function waitForResult({ callId, key, identifier, deferral }: LedgerEntry): CellWait {
  const { at: since, expiresAt, note } = deferral ?? { at: null, expiresAt: null, note: null }
  return { type: 'result', callId, key, identifier, since, expiresAt, note }
}
