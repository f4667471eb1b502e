import type { ApprovalRecord, ApprovalStore } from '../../storage/approval-store.ts'
import type { Catalogue } from '../../tools/catalogue.ts'
import type { ToolCallContext } from '../../tools/tool.ts'
import { toolDigestOf } from '../../tools/tool-digest.ts'
import type { EventFeed } from '../event-feed.ts'
import type {
  ApprovalBatch,
  ApprovalDecision,
  ApprovalRequestHandler,
  ApprovalRequest,
  ApprovalBatchHandler,
} from '../api/approval.ts'
import type { NestedCall } from '../calls/attempt-call.ts'
import type { Pause } from '../cell/catch-up.ts'
import { Decider } from './decision-maker.ts'
import { DecisionLog } from './decision-log.ts'
import { Grants } from './grants.ts'
import { inputHashOf } from './input-hash.ts'
import { PendingCalls, shown, type PendingCall } from './pending-calls.ts'
import type { PolicyEvaluator } from './policy.ts'
import { Presentation, type PresentingCell } from './approval-prompt.ts'
import { StoredCalls, type ReopenedCell } from './stored-calls.ts'

export type SessionApprovalsOptions = {
  readonly policy: PolicyEvaluator
  readonly store: ApprovalStore
  readonly feed: EventFeed | null
  readonly onRequest: ApprovalRequestHandler | null
  readonly onBatch: ApprovalBatchHandler | null
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

type Asked = Pick<PendingCall, 'request' | 'input' | 'inputHash' | 'toolDigest'> & {
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
      onRequest: options.onRequest,
      onBatch: options.onBatch,
      isPending: ({ request }) => this.#pending.get(request.key) !== null,
      decided: (decisions) => this.#decider.answered(decisions),
    })
  }

  /** Whether a cell with these tools may have to wait for somebody. */
  mayAsk(catalogue: Catalogue): boolean {
    const { onRequest, onBatch, holds, policy } = this.#options
    if (onRequest === null && onBatch === null && !holds) return false
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
    const isOnRecord = this.#onRecord(context.cellId, call) !== null
    return isOnRecord || this.#options.policy.concerns(call.tool) ? this.#check(call, value, context, cell) : null
  }

  /** Whether what was decided about a call that has reached its tool holds for the tool as it is now. */
  holds({ cellId }: ToolCallContext, call: NestedCall): boolean {
    const digest = this.#onRecord(cellId, call)?.toolDigest ?? null
    return digest === null || digest === toolDigestOf(call.tool)
  }

  /** What an earlier process put on record about a call, before its tool was reached. */
  #onRecord(cellId: string, { id }: NestedCall): ApprovalRecord | null {
    return this.#stored.isReopened(cellId) ? this.#log.of(cellId).of(id) : null
  }

  async #check(call: NestedCall, value: unknown, context: ToolCallContext, cell: AskingCell): Promise<void> {
    const { identifier, tool, location } = call
    const { key, cellId, callId, execCallId, signal } = context
    const request = { key, cellId, callId, execCallId, identifier, tool, location }
    const ask = async (): Promise<void> => {
      const asked = { call, request, input: value, inputHash: inputHashOf(value), toolDigest: toolDigestOf(tool), cell }
      await this.#ask(asked, signal)
    }
    // What is on record stands, whatever the policies of this process say.
    if (this.#onRecord(cellId, call) !== null) return await ask()
    const copy = (): ApprovalRequest => shown({ request, input: value })
    const { policy, reason } = await this.#options.policy.verdictOn(copy, context)
    signal.throwIfAborted()
    if (policy === 'ask') return await ask()
    if (policy === 'deny') {
      this.#log.tellDecided(request, { type: 'deny', ...(reason === null ? {} : { reason }) }, 'policy')
      throw denial(identifier, reason)
    }
  }

  async #ask(asked: Asked, signal: AbortSignal): Promise<void> {
    const { request, cell, input } = asked
    const { onRequest, onBatch, holds } = this.#options
    const before = this.#onRecord(request.cellId, asked.call)
    if (this.#isDecided(asked, before)) return
    // A call that has waited before waits on, until somebody decides about it.
    if (onRequest === null && onBatch === null && !holds && before === null) {
      this.#log.tellAsked(request)
      this.#log.tellDecided(request, { type: 'deny', reason: 'nobody can be asked here' }, 'policy')
      throw new TypeError(`tool \`${request.identifier}\` needs an approval, and nobody can be asked here`)
    }
    cell.onRecord()
    // Asked again after a restart: the cell's clock has stood still since the first time.
    const askedAt = before?.askedAt ?? Date.now()
    const record = recordOf(asked, { state: 'pending', reason: null, askedAt, decidedAt: null })
    this.#log.of(request.cellId).save(record, JSON.stringify(input) ?? '')
    const goOn = cell.waits()
    try {
      await this.#wait(asked, askedAt, signal)
    } finally {
      goOn()
    }
  }

  /** What needs no question: decided before a restart, denied before, or granted. Throws the denial. */
  #isDecided(asked: Asked, known: ApprovalRecord | null): boolean {
    const { request, inputHash, toolDigest } = asked
    const { cellId, identifier } = request
    // What was decided holds for what was shown; records of an older format do not say what the tool was.
    const isSame = known?.identifier === identifier && known.inputHash === inputHash
    if (isSame && known.state === 'allowed' && (known.toolDigest ?? toolDigest) === toolDigest) {
      this.#log.tellDecided(request, { type: 'allow' }, 'person')
      return true
    }
    const denied = isSame && known.state === 'denied' ? known : this.#log.of(cellId).denialOf(identifier, inputHash)
    if (denied !== null) {
      const { reason } = denied
      const decision: ApprovalDecision = { type: 'deny', ...(reason === null ? {} : { reason }) }
      if (known?.state === 'pending') this.#log.decide(known, decision)
      this.#log.tellDecided(request, decision, 'earlier_denial')
      throw denial(identifier, reason)
    }
    const grant = this.#grants.take(cellId, { identifier, toolDigest })
    if (grant === null) return false
    if (grant === 'counted' || known !== null) this.#putGranted(asked, known?.askedAt ?? Date.now())
    this.#log.tellDecided(request, { type: 'allow' }, 'grant')
    return true
  }

  /** A call that was counted is not counted again after a restart. */
  #putGranted(asked: Asked, askedAt: number): void {
    const { cellId } = asked.request
    const decidedAt = Date.now()
    this.#log.of(cellId).save(recordOf(asked, { state: 'allowed', reason: null, askedAt, decidedAt }))
  }

  #wait({ request, input, inputHash, toolDigest, cell }: Asked, askedAt: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const pending: PendingCall = {
      request,
      input,
      source: cell.source,
      inputHash,
      toolDigest,
      askedAt,
      isStored: false,
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

  /** A cell of an earlier process runs again: its calls that waited for somebody wait from now on. */
  reopened(cell: ReopenedCell): void {
    for (const waiting of this.#stored.reopened(cell)) this.#pending.add(waiting)
  }

  /** The call has ended without reaching its tool: nobody is asked about it any more. */
  refused(key: string, reason: string): void {
    const pending = this.#pending.get(key)
    if (pending?.isStored !== true || !this.#pending.remove(pending, 'denied')) return
    try {
      this.#log.save(pending, { type: 'deny', reason })
    } catch {
      // The record says that it waits, and its cell that it is over.
    }
  }

  /** The program of the cell is over: it will not come to calls of an earlier process again. */
  ended(cellId: string): void {
    this.#pending.dropStored(cellId)
  }

  /** When the clock of a cell stood still because somebody was asked. */
  pausesOf(cellId: string): readonly Pause[] {
    return this.#log.pausesOf(cellId)
  }

  /** The cell is closed: nothing of it is asked again. */
  forget(cellId: string): void {
    this.#pending.dropStored(cellId)
    this.#stored.forget(cellId)
    this.#log.forget(cellId)
    this.#grants.forget(cellId)
  }
}

function recordOf(
  { call, inputHash, toolDigest, request: { key, cellId, identifier } }: Asked,
  rest: Pick<ApprovalRecord, 'state' | 'reason' | 'askedAt' | 'decidedAt'>,
): ApprovalRecord {
  return { key, cellId, call: call.id, identifier, inputHash, toolDigest, ...rest }
}

function denial(identifier: string, reason: string | null): TypeError {
  const why = reason === null || reason === '' ? '' : `: ${reason}`
  return new TypeError(`the call of tool \`${identifier}\` was denied${why}`)
}
