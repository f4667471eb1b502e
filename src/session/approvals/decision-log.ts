import type { ApprovalRecord, ApprovalStore } from '../../storage/approval-store.ts'
import type { DecidedBy } from '../../events/session-event.ts'
import type { SessionClock } from '../common/session-clock.ts'
import type { EventFeed } from '../common/event-feed.ts'
import type { ApprovalDecision } from '../api/approval.ts'
import type { Pause } from '../../storage/pauses.ts'
import { CellDecisions } from './cell-decisions.ts'
import type { PendingCall } from './pending-calls.ts'

/** The request that decided, and the approver that it named. */
export type DecisionOrigin = Pick<ApprovalRecord, 'requestId' | 'decidedBy'>

const noOrigin: DecisionOrigin = { requestId: null, decidedBy: null }

/** A call that needs a decision. */
type AskedRecord = Pick<
  ApprovalRecord,
  'key' | 'cellId' | 'call' | 'identifier' | 'inputHash' | 'toolDigest' | 'askedAt'
>

type CallName = Pick<PendingCall['request'], 'cellId' | 'callId'>

/** The log of the requests and decisions of a session, which it stores and emits to the listeners. */
export class DecisionLog {
  readonly #store: ApprovalStore
  readonly #clock: SessionClock
  readonly #feed: EventFeed | null
  readonly #cells = new Map<string, CellDecisions>()

  constructor(store: ApprovalStore, clock: SessionClock, feed: EventFeed | null) {
    this.#clock = clock
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
  record(pending: PendingCall, decision: ApprovalDecision, origin: DecisionOrigin = noOrigin): void {
    const { request, inputHash, toolDigest, askedAt } = pending
    const { key, cellId, callId, identifier } = request
    const call = Number(callId.slice('tool-'.length))
    this.recordDecision({ key, cellId, call, identifier, inputHash, toolDigest, askedAt }, decision, origin)
  }

  /** Stores the decision about a stored request. Throws `STORAGE_FAILED`. */
  recordDecision(asked: AskedRecord, decision: ApprovalDecision, origin: DecisionOrigin = noOrigin): void {
    const { key, cellId, call, identifier, inputHash, toolDigest, askedAt } = asked
    const about = { key, cellId, call, identifier, inputHash, toolDigest, askedAt }
    this.of(cellId).record({ ...about, ...verdictOf(decision), ...origin, decidedAt: this.#clock.now() })
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

type Verdict = Pick<ApprovalRecord, 'state' | 'reason' | 'decision' | 'grantedCalls'>

function verdictOf(decision: ApprovalDecision): Verdict {
  const { type } = decision
  if (type === 'deny') return { state: 'denied', reason: decision.reason ?? null, decision: type, grantedCalls: null }
  const grantedCalls = type === 'allow_in_cell' ? decision.calls : null
  return { state: 'allowed', reason: null, decision: type, grantedCalls }
}
