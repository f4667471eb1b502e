import type { ApprovalRecord, ApprovalStore } from '../../storage/approval-store.ts'
import type { DecidedBy } from '../../events/session-event.ts'
import type { EventFeed } from '../common/event-feed.ts'
import type { ApprovalDecision } from '../api/approval.ts'
import type { Pause } from '../../storage/pauses.ts'
import { CellDecisions } from './cell-decisions.ts'
import type { PendingCall } from './pending-calls.ts'

type CallName = Pick<PendingCall['request'], 'cellId' | 'callId'>

/** The log of the requests and decisions of a session, which it stores and emits to the listeners. */
export class DecisionLog {
  readonly #store: ApprovalStore
  readonly #feed: EventFeed | null
  readonly #cells = new Map<string, CellDecisions>()

  constructor(store: ApprovalStore, feed: EventFeed | null) {
    this.#store = store
    this.#feed = feed
  }

  of(cellId: string): CellDecisions {
    const existing = this.#cells.get(cellId)
    if (existing !== undefined) return existing
    const decisions = new CellDecisions(this.#store, cellId)
    this.#cells.set(cellId, decisions)
    return decisions
  }

  forget(cellId: string): void {
    this.#cells.delete(cellId)
  }

  /** Returns the intervals in which the clock of a cell was stopped because a call was pending. */
  pausesOf(cellId: string): readonly Pause[] {
    return this.#store.ofCell(cellId).map(({ askedAt, decidedAt }) => ({ from: askedAt, to: decidedAt }))
  }

  /** Stores the decision about a pending call. Throws `STORAGE_FAILED`; the call then stays undecided. */
  record({ request, inputHash, toolDigest, askedAt }: PendingCall, decision: ApprovalDecision): void {
    const { key, cellId, callId, identifier } = request
    const call = Number(callId.slice('tool-'.length))
    this.recordDecision({ key, cellId, call, identifier, inputHash, toolDigest, askedAt }, decision)
  }

  /** Stores the decision about a stored request. Throws `STORAGE_FAILED`. */
  recordDecision(asked: Omit<ApprovalRecord, 'state' | 'reason' | 'decidedAt'>, decision: ApprovalDecision): void {
    this.of(asked.cellId).record({ ...asked, ...verdictOf(decision), decidedAt: Date.now() })
  }

  emitAsked({ cellId, callId }: CallName): void {
    this.#feed?.emit({ type: 'approval_asked', cellId, callId })
  }

  emitDecided({ cellId, callId }: CallName, decision: ApprovalDecision, by: DecidedBy): void {
    const isDenied = decision.type === 'deny'
    this.#feed?.emit({
      type: 'approval_decided',
      cellId,
      callId,
      allowed: !isDenied,
      reason: isDenied ? (decision.reason ?? null) : null,
      decision: decision.type,
      calls: decision.type === 'allow_in_cell' ? decision.calls : null,
      by,
    })
  }
}

function verdictOf(decision: ApprovalDecision): Pick<ApprovalRecord, 'state' | 'reason'> {
  if (decision.type !== 'deny') return { state: 'allowed', reason: null }
  return { state: 'denied', reason: decision.reason ?? null }
}
