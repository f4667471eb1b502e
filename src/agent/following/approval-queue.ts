import { hasCode } from '../../errors.ts'
import type { ApprovalBatch, ApprovalDecision } from '../../session/api/approval.ts'
import type { Session } from '../../session/api/session-options.ts'
import { scopeOf } from '../../session/approvals/parse-decision.ts'

/** The part of a session that pending calls need. */
export type ApprovalSession = Pick<Session, 'pendingApprovals'> & {
  /** The decision counts when this returns. A response of the session waits until the decision is on record. */
  decide(key: string, decision: ApprovalDecision): unknown
}

/** The nested calls of a session that wait for a decision. The session stores them: they outlive the call that asked. */
export class ApprovalQueue {
  readonly #session: () => ApprovalSession | null

  /** `session` returns null until the session is open. */
  constructor(session: () => ApprovalSession | null) {
    this.#session = session
  }

  /** Returns the pending calls of a cell, or null when it has none. */
  of(cellId: string): ApprovalBatch | null {
    return this.#session()?.pendingApprovals(cellId)[0] ?? null
  }

  /**
   * Applies decisions by the key of their call. Denials come first and wide grants last, so that no grant covers a call with
   * a decision of its own.
   */
  decide(decisions: ReadonlyMap<string, ApprovalDecision>): void {
    const ordered = [...decisions].sort(([, left], [, right]) => scopeOf(left) - scopeOf(right))
    for (const [key, decision] of ordered) this.#decideOne(key, decision)
  }

  #decideOne(key: string, decision: ApprovalDecision): void {
    try {
      this.#session()?.decide(key, decision)
    } catch (error) {
      // The cell has ended, or another decision came first.
      if (!hasCode(error, 'APPROVAL_NOT_PENDING')) throw error
    }
  }
}
