import type { ApprovalStore } from '../../storage/approval-store.ts'
import type { Catalogue } from '../../tools/catalogue.ts'
import type { EventFeed } from '../event-feed.ts'
import type { ApprovalBatch, ApprovalDecision, ApprovalRequestHandler, ApprovalBatchHandler } from '../api/approval.ts'
import { Presentation } from './approval-prompt.ts'
import { CellApprovals, type ApprovalCell, type ApprovalServices } from './cell-approvals.ts'
import { DecisionLog } from './decision-log.ts'
import { Decider } from './decision-maker.ts'
import { Grants } from './grants.ts'
import { PendingCalls } from './pending-calls.ts'
import type { PolicyEvaluator } from './policy.ts'
import { StoredCalls, type ReopenedCell } from './stored-calls.ts'

export type SessionApprovalsOptions = {
  readonly policy: PolicyEvaluator
  readonly store: ApprovalStore
  readonly feed: EventFeed | null
  readonly onRequest: ApprovalRequestHandler | null
  readonly onBatch: ApprovalBatchHandler | null
  /** Whether calls wait when there is no handler. */
  readonly holds: boolean
}

/** The approvals of a session: the calls that wait, and the decisions about them. */
export class SessionApprovals {
  readonly #services: ApprovalServices
  readonly #decider: Decider
  readonly #askable = new WeakMap<Catalogue, boolean>()

  constructor({ policy, store, feed, onRequest, onBatch, holds }: SessionApprovalsOptions) {
    const log = new DecisionLog(store, feed)
    const grants = new Grants(store)
    const pending = new PendingCalls()
    const stored = new StoredCalls(store)
    const decider = new Decider({ log, grants, pending, stored })
    const presentation = new Presentation({
      onRequest,
      onBatch,
      isPending: ({ request }) => pending.get(request.key) !== null,
      decided: (decisions) => decider.answered(decisions),
    })
    const hasApprover = onRequest !== null || onBatch !== null || holds
    this.#services = { policy, grants, pending, stored, log, presentation, hasApprover }
    this.#decider = decider
  }

  /** Refuses rules with misspelled names of tools. Throws `INVALID_OPTION`. */
  checkNames({ entries }: Catalogue): void {
    this.#services.policy.checkNames(entries.map(({ identifier }) => identifier))
  }

  /** Returns the approvals of one cell. */
  forCell(cell: ApprovalCell): CellApprovals {
    return new CellApprovals(this.#services, cell)
  }

  /** Whether a cell with these tools may have to wait for a decision. */
  mayAsk(catalogue: Catalogue): boolean {
    const { policy, hasApprover } = this.#services
    if (!hasApprover) return false
    const known = this.#askable.get(catalogue)
    if (known !== undefined) return known
    const mayAsk = catalogue.entries.some(({ tool }) => policy.concerns(tool))
    this.#askable.set(catalogue, mayAsk)
    return mayAsk
  }

  pending(cellId: string | null): readonly ApprovalBatch[] {
    return this.#services.pending.batches(cellId)
  }

  /**
   * Decides about waiting calls. Throws `APPROVAL_NOT_PENDING`, `INVALID_OPTION`: then nothing is decided; and `STORAGE_FAILED`: then
   * those keep waiting whose decision is not on record.
   */
  decide(keys: readonly string[], decision: ApprovalDecision): void {
    this.#decider.decide(keys, decision)
  }

  /** Takes in a cell of an earlier process that runs again: its calls that waited for a decision wait again. */
  reopened(cell: ReopenedCell): void {
    const { stored, pending } = this.#services
    for (const waiting of stored.reopened(cell)) pending.add(waiting)
  }

  /** Forgets a closed cell: its calls need no decision. */
  forget(cellId: string): void {
    const { pending, stored, log, grants } = this.#services
    pending.dropStored(cellId)
    stored.forget(cellId)
    log.forget(cellId)
    grants.forget(cellId)
  }
}
