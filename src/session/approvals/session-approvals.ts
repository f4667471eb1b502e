import type { ApprovalRecord, ApprovalStore } from '../../journal/approval-store.ts'
import type { Catalogue } from '../../tools/catalogue.ts'
import type { ToolCallContext } from '../../tools/tool.ts'
import type { ActivityFeed } from '../activity-feed.ts'
import type { ApprovalBatch, ApprovalDecision, ApprovalHandler, ApprovalRequest, BatchHandler } from '../approval.ts'
import type { NestedCall } from '../attempt-call.ts'
import type { Pause } from '../catch-up.ts'
import { Decider } from './decider.ts'
import { DecisionLog } from './decision-log.ts'
import { Grants } from './grants.ts'
import { inputHashOf } from './input-hash.ts'
import { PendingCalls, shown, type PendingCall } from './pending-calls.ts'
import type { ApprovalPolicy } from './policy.ts'
import { Presentation, type PresentingCell } from './presentation.ts'
import { StoredCalls } from './stored-calls.ts'

export type SessionApprovalsOptions = {
  readonly policy: ApprovalPolicy
  readonly store: ApprovalStore
  readonly feed: ActivityFeed | null
  readonly onApproval: ApprovalHandler | null
  readonly onApprovals: BatchHandler | null
  /** Whether calls wait when there is nobody to ask. */
  readonly holds: boolean
}

/** What an asking cell has to do with it. */
export type AskingCell = PresentingCell & {
  readonly source: string
  /** A call begins to wait for somebody; the cell's clock stands still until the returned function is called. */
  readonly waits: () => () => void
  /** Puts the call on the ledger. Throws `STORAGE_FAILED`. */
  readonly onRecord: () => void
}

type Asked = Pick<PendingCall, 'request' | 'input' | 'inputHash'> & {
  readonly call: NestedCall
  readonly cell: AskingCell
}

/** All decisions about nested calls of a session: who is asked, what waits, and what has been said. */
export class SessionApprovals {
  readonly #options: SessionApprovalsOptions
  readonly #grants: Grants
  readonly #pending = new PendingCalls()
  readonly #stored: StoredCalls
  readonly #log: DecisionLog
  readonly #decider: Decider
  readonly #presentation: Presentation
  readonly #askable = new WeakMap<Catalogue, boolean>()

  constructor(options: SessionApprovalsOptions) {
    this.#options = options
    this.#grants = new Grants(options.store)
    this.#stored = new StoredCalls(options.store)
    this.#log = new DecisionLog(options.store, options.feed)
    this.#decider = new Decider({
      log: this.#log,
      grants: this.#grants,
      pending: this.#pending,
      stored: this.#stored,
    })
    this.#presentation = new Presentation({
      onApproval: options.onApproval,
      onApprovals: options.onApprovals,
      isPending: ({ request }) => this.#pending.get(request.key) !== null,
      decided: (decisions) => this.#decider.answered(decisions),
    })
  }

  /** Whether a cell with these tools may have to wait for somebody. */
  mayAsk(catalogue: Catalogue): boolean {
    const { onApproval, onApprovals, holds, policy } = this.#options
    if (onApproval === null && onApprovals === null && !holds) return false
    const known = this.#askable.get(catalogue)
    if (known !== undefined) return known
    const mayAsk = catalogue.entries.some(({ tool }) => policy.concerns(tool))
    this.#askable.set(catalogue, mayAsk)
    return mayAsk
  }

  pending(cellId: string | null): readonly ApprovalBatch[] {
    return this.#pending.batches(cellId)
  }

  /** Null when the call is made without a question; else resolves when it may be, and throws what the cell should read when not. */
  check(call: NestedCall, value: unknown, context: ToolCallContext, cell: AskingCell): Promise<void> | null {
    return this.#options.policy.concerns(call.tool) ? this.#check(call, value, context, cell) : null
  }

  async #check(call: NestedCall, value: unknown, context: ToolCallContext, cell: AskingCell): Promise<void> {
    const { identifier, tool, place } = call
    const { key, cellId, callId, execCallId, signal } = context
    const request = { key, cellId, callId, execCallId, identifier, tool, place }
    const copy = (): ApprovalRequest => shown({ request, input: value })
    const { policy, reason } = await this.#options.policy.verdictOn(copy, context)
    signal.throwIfAborted()
    if (policy === 'ask') {
      return await this.#ask({ call, request, input: value, inputHash: inputHashOf(value), cell }, signal)
    }
    this.#noAnswerWanted(call, cellId, policy === 'deny' ? { type: 'deny' } : { type: 'allow' })
    if (policy === 'deny') {
      this.#log.tellDecided(request, { type: 'deny', ...(reason === null ? {} : { reason }) }, 'policy')
      throw denial(identifier, reason)
    }
  }

  /** A call that waited before a restart does not wait any more, whoever says so. */
  #noAnswerWanted(call: NestedCall, cellId: string, decision: ApprovalDecision): void {
    const known = this.#log.of(cellId).of(call.id)
    if (known?.state === 'pending') this.#log.decide(known, decision)
  }

  async #ask(asked: Asked, signal: AbortSignal): Promise<void> {
    const { request, cell } = asked
    const { onApproval, onApprovals, holds } = this.#options
    if (this.#isDecided(asked)) return
    const { cellId } = request
    if (onApproval === null && onApprovals === null && !holds) {
      this.#log.tellAsked(request)
      this.#log.tellDecided(request, { type: 'deny', reason: 'nobody can be asked here' }, 'policy')
      throw new TypeError(`tool \`${request.identifier}\` needs an approval, and nobody can be asked here`)
    }
    cell.onRecord()
    // Asked again after a restart: the cell's clock has stood still since the first time.
    const askedAt = this.#log.of(cellId).of(asked.call.id)?.askedAt ?? Date.now()
    this.#log.of(cellId).save(recordOf(asked, { state: 'pending', reason: null, askedAt }))
    const goOn = cell.waits()
    try {
      await this.#wait(asked, askedAt, signal)
    } finally {
      goOn()
    }
  }

  /** What needs no question: decided before a restart, denied before, or granted. Throws the denial. */
  #isDecided({ call, request, inputHash }: Asked): boolean {
    const { cellId, identifier } = request
    const decisions = this.#log.of(cellId)
    const known = decisions.of(call.id)
    // What was decided holds for what was shown.
    const before = known?.identifier === identifier && known.inputHash === inputHash ? known : null
    if (before?.state === 'allowed') {
      this.#log.tellDecided(request, { type: 'allow' }, 'person')
      return true
    }
    const denied = before?.state === 'denied' ? before : decisions.denialOf(identifier, inputHash)
    if (denied !== null) {
      const { reason } = denied
      this.#noAnswerWanted(call, cellId, { type: 'deny', ...(reason === null ? {} : { reason }) })
      this.#log.tellDecided(request, { type: 'deny', ...(reason === null ? {} : { reason }) }, 'earlier_denial')
      throw denial(identifier, reason)
    }
    if (!this.#grants.take(cellId, identifier)) return false
    this.#noAnswerWanted(call, cellId, { type: 'allow' })
    this.#log.tellDecided(request, { type: 'allow' }, 'grant')
    return true
  }

  #wait({ request, input, inputHash, cell }: Asked, askedAt: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const pending: PendingCall = {
      request,
      input,
      source: cell.source,
      inputHash,
      askedAt,
      controller: new AbortController(),
      settle: (end) => {
        if (end.type === 'allowed') resolve()
        else reject(denial(request.identifier, end.reason))
      },
    }
    const leave = (): void => {
      if (!this.#pending.remove(pending, 'ended')) return
      pending.controller.abort(signal.reason)
      reject(signal.reason)
    }
    signal.addEventListener('abort', leave, { once: true })
    this.#pending.add(pending)
    this.#log.tellAsked(request)
    this.#presentation.present(pending, cell)
    return promise.finally(() => signal.removeEventListener('abort', leave))
  }

  /**
   * Decides about waiting calls. Throws `APPROVAL_NOT_PENDING`, `INVALID_OPTION`: then nothing is decided; and `STORAGE_FAILED`: then
   * those wait on whose decision is not on record.
   */
  decide(keys: readonly string[], decision: ApprovalDecision): void {
    this.#decider.decide(keys, decision)
  }

  /** A cell of an earlier process runs again. */
  reopened(cellId: string): void {
    this.#stored.reopened(cellId)
  }

  /** When the clock of a cell stood still because somebody was asked. */
  pausesOf(cellId: string): readonly Pause[] {
    return this.#log.pausesOf(cellId)
  }

  /** The cell is closed: nothing of it is asked again. */
  forget(cellId: string): void {
    this.#stored.forget(cellId)
    this.#log.forget(cellId)
    this.#grants.forget(cellId)
  }
}

function recordOf(
  { call, inputHash, request: { key, cellId, identifier } }: Asked,
  rest: Pick<ApprovalRecord, 'state' | 'reason' | 'askedAt'>,
): ApprovalRecord {
  return { key, cellId, call: call.id, identifier, inputHash, ...rest, decidedAt: null }
}

function denial(identifier: string, reason: string | null): TypeError {
  const why = reason === null || reason === '' ? '' : `: ${reason}`
  return new TypeError(`the call of tool \`${identifier}\` was denied${why}`)
}
