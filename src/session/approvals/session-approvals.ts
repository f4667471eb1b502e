import type { ApprovalStore } from '../../storage/approval-store.ts'
import type { InboxDecision } from '../../storage/inbox-content.ts'
import type { Barrier } from '../../storage/session-store.ts'
import type { Catalogue } from '../../tools/catalogue.ts'
import type { SessionClock } from '../common/session-clock.ts'
import type { EventFeed } from '../common/event-feed.ts'
import type { ApprovalBatch, ApprovalDecision, ApprovalRequestHandler, ApprovalBatchHandler } from '../api/approval.ts'
import type { TakeEntry } from '../inbox/session-inbox.ts'
import { ApprovalPrompt } from './approval-prompt.ts'
import { CellApprovals, type ApprovalCell, type ApprovalServices } from './cell-approvals.ts'
import { DecisionLog } from './decision-log.ts'
import { DecisionMaker } from './decision-maker.ts'
import { Grants } from './grants.ts'
import { PendingCalls } from './pending-calls.ts'
import type { PolicyEvaluator } from './policy.ts'
import { StoredCalls, type ReopenedCell } from './stored-calls.ts'

export type SessionApprovalsInit = {
  readonly policy: PolicyEvaluator
  readonly store: ApprovalStore
  /** Returns the barrier for everything that was written about the session. */
  readonly barrier: () => Barrier
  readonly clock: SessionClock
  readonly feed: EventFeed | null
  readonly onRequest: ApprovalRequestHandler | null
  readonly onBatch: ApprovalBatchHandler | null
  /** Whether calls without a handler stay pending until `session.decide` is called. */
  readonly holds: boolean
}

/** The approvals of a session: its pending calls and the decisions about them. */
export class SessionApprovals {
  readonly #services: ApprovalServices
  readonly #decisions: DecisionMaker
  readonly #askable = new WeakMap<Catalogue, boolean>()

  constructor({ policy, store, barrier, clock, feed, onRequest, onBatch, holds }: SessionApprovalsInit) {
    const log = new DecisionLog(store, clock, feed)
    const grants = new Grants(store)
    const pending = new PendingCalls()
    const stored = new StoredCalls(store)
    const decisions = new DecisionMaker({ log, grants, pending, stored })
    const prompt = new ApprovalPrompt({
      onRequest,
      onBatch,
      isPending: ({ request }) => pending.get(request.key) !== null,
      onDecided: (decided) => decisions.applyAll(decided),
    })
    const hasApprover = onRequest !== null || onBatch !== null || holds
    this.#services = { policy, grants, pending, stored, log, prompt, hasApprover, barrier, clock }
    this.#decisions = decisions
  }

  /** Checks the rules for misspelled tool names. Throws `INVALID_OPTION`. */
  checkNames({ entries }: Catalogue): void {
    this.#services.policy.checkNames(entries.map(({ identifier }) => identifier))
  }

  /** Whether a handler of this process is about to decide about calls. */
  get isAsking(): boolean {
    return this.#services.prompt.isAsking
  }

  /** Returns the approvals of one cell. */
  forCell(cell: ApprovalCell): CellApprovals {
    return new CellApprovals(this.#services, cell)
  }

  /** Returns whether calls of these tools can become pending. */
  mayAsk(catalogue: Catalogue): boolean {
    const { policy, hasApprover } = this.#services
    if (!hasApprover) return false
    const cached = this.#askable.get(catalogue)
    if (cached !== undefined) return cached
    const mayAsk = catalogue.entries.some(({ tool }) => policy.concerns(tool))
    this.#askable.set(catalogue, mayAsk)
    return mayAsk
  }

  pending(cellId: string | null): readonly ApprovalBatch[] {
    return this.#services.pending.batches(cellId)
  }

  /**
   * Decides about pending calls.
   *
   * @throws {CodecellError} `APPROVAL_NOT_PENDING` and `INVALID_OPTION`: no call is decided. `STORAGE_FAILED`: the calls whose
   * decision is not stored stay pending.
   */
  decide(keys: readonly string[], decision: ApprovalDecision): void {
    this.#decisions.decide(keys, decision)
  }

  /**
   * Takes the decision of another process.
   *
   * @throws {CodecellError} `STORAGE_FAILED`; then the call is as before
   */
  takeDecision(decision: InboxDecision, take: TakeEntry): void {
    // The other process has seen the request before this one knows that it is on record.
    if (this.#services.pending.isHidden(decision.key)) return
    take(() => this.#decisions.decideShown(decision))
  }

  /** Adds a cell of an earlier process that resumes. Its stored pending calls become pending again. */
  reopen(cell: ReopenedCell): void {
    const { stored, pending } = this.#services
    for (const call of stored.reopen(cell)) pending.add(call)
  }

  /** Removes a closed cell, whose calls need no decision. */
  forget(cellId: string): void {
    const { pending, stored, log, grants } = this.#services
    pending.dropStored(cellId)
    stored.forget(cellId)
    log.forget(cellId)
    grants.forget(cellId)
  }
}
