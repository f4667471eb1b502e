import type { ApprovalStore } from '../../storage/approval-store.ts'
import type { Catalogue } from '../../tools/catalogue.ts'
import type { EventFeed } from '../event-feed.ts'
import type { ApprovalBatch, ApprovalDecision, ApprovalRequestHandler, ApprovalBatchHandler } from '../api/approval.ts'
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
  readonly feed: EventFeed | null
  readonly onRequest: ApprovalRequestHandler | null
  readonly onBatch: ApprovalBatchHandler | null
  /** Whether calls wait when there is no handler. */
  readonly holds: boolean
}

/** The approvals of a session: the calls that wait, and the decisions about them. */
export class SessionApprovals {
  readonly #services: ApprovalServices
  readonly #decisions: DecisionMaker
  readonly #askable = new WeakMap<Catalogue, boolean>()

  constructor({ policy, store, feed, onRequest, onBatch, holds }: SessionApprovalsInit) {
    const log = new DecisionLog(store, feed)
    const grants = new Grants(store)
    const pending = new PendingCalls()
    const stored = new StoredCalls(store)
    const decider = new DecisionMaker({ log, grants, pending, stored })
    const presentation = new ApprovalPrompt({
      onRequest,
      onBatch,
      isPending: ({ request }) => pending.get(request.key) !== null,
      onDecided: (decisions) => decider.applyAll(decisions),
    })
    const hasApprover = onRequest !== null || onBatch !== null || holds
    this.#services = { policy, grants, pending, stored, log, prompt: presentation, hasApprover }
    this.#decisions = decider
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
    this.#decisions.decide(keys, decision)
  }

  /** Takes in a cell of an earlier process that runs again: its calls that waited for a decision wait again. */
  reopen(cell: ReopenedCell): void {
    const { stored, pending } = this.#services
    for (const waiting of stored.reopen(cell)) pending.add(waiting)
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
