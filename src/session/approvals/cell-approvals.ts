import { messageOf } from '../../errors.ts'
import { undecided, type ApprovalRecord } from '../../storage/approval-store.ts'
import type { Barrier } from '../../storage/session-store.ts'
import type { Tool, ToolCallContext } from '../../tools/tool.ts'
import { toolDigestOf } from '../../tools/tool-digest.ts'
import type { SourceLocation } from '../../events/session-event.ts'
import type { ApprovalDecision, ApprovalRequest } from '../api/approval.ts'
import type { SessionClock } from '../common/session-clock.ts'
import { afterBarrier } from '../common/after-barrier.ts'
import type { Pause } from '../../storage/pauses.ts'
import type { PresentingCell, ApprovalPrompt } from './approval-prompt.ts'
import type { DecisionLog } from './decision-log.ts'
import type { Grants } from './grants.ts'
import { inputHashOf } from './input-hash.ts'
import { requestCopy, type PendingCall, type PendingCalls } from './pending-calls.ts'
import type { PolicyEvaluator } from './policy.ts'
import type { StoredCalls } from './stored-calls.ts'

/** The parts of the approvals of a session that its cells share. */
export type ApprovalServices = {
  readonly policy: PolicyEvaluator
  readonly grants: Grants
  readonly pending: PendingCalls
  readonly stored: StoredCalls
  readonly log: DecisionLog
  readonly clock: SessionClock
  readonly prompt: ApprovalPrompt
  /** Returns the barrier for everything that was written about the session. */
  readonly barrier: () => Barrier
  /** Whether a handler or `session.decide` can decide about a call. */
  readonly hasApprover: boolean
}

/** A cell whose calls need approvals. */
export type ApprovalCell = PresentingCell & {
  readonly cellId: string
  readonly source: string
  /** Stops the clock of the cell. The returned function starts it again. */
  readonly stopClock: () => () => void
}

/** A call that may need an approval. */
export type ApprovableCall = {
  readonly id: number
  readonly identifier: string
  readonly tool: Tool
  readonly location: SourceLocation | null
  /** Adds the call to the ledger. Throws `STORAGE_FAILED`. */
  recordPending(): void
}

/** A call that needs a decision. */
type AskedCall = Pick<PendingCall, 'request' | 'input' | 'inputHash' | 'toolDigest'> & { readonly call: ApprovableCall }

/** The approvals of the nested calls of one cell. */
export class CellApprovals {
  readonly #services: ApprovalServices
  readonly #cell: ApprovalCell

  constructor(services: ApprovalServices, cell: ApprovalCell) {
    this.#services = services
    this.#cell = cell
  }

  /** Whether the cell has pending calls. */
  get hasPending(): boolean {
    return this.#services.pending.batches(this.#cell.cellId).length > 0
  }

  /** Whether a call that the cell has made waits for a decision, and approvers can see it. */
  isPending(key: string): boolean {
    return this.#services.pending.get(key)?.isStored === false
  }

  /**
   * Resolves when the call is approved; rejects with the error for the program. Returns null for a call that needs no
   * approval.
   */
  check(call: ApprovableCall, input: unknown, context: ToolCallContext): Promise<void> | null {
    const hasRecord = this.#storedRecordOf(call) !== null
    return hasRecord || this.#services.policy.concerns(call.tool) ? this.#check(call, input, context) : null
  }

  /** Returns whether the decision about a started call applies to the current version of its tool. */
  holds(call: ApprovableCall): boolean {
    const digest = this.#storedRecordOf(call)?.toolDigest ?? null
    return digest === null || digest === toolDigestOf(call.tool)
  }

  /** Returns the record of an earlier process about a call; null for none. */
  #storedRecordOf({ id }: ApprovableCall): ApprovalRecord | null {
    const { stored, log } = this.#services
    const { cellId } = this.#cell
    return stored.isReopened(cellId) ? log.of(cellId).of(id) : null
  }

  async #check(call: ApprovableCall, input: unknown, context: ToolCallContext): Promise<void> {
    const { identifier, tool, location } = call
    const { key, cellId, callId, execCallId, signal } = context
    const request = { key, cellId, callId, execCallId, identifier, tool, location }
    const ask = async (): Promise<void> => {
      const asked = { call, request, input, inputHash: inputHashOf(input), toolDigest: toolDigestOf(tool) }
      await this.#requestDecision(asked, signal)
    }
    // A stored request or decision takes precedence over the policies of this process.
    if (this.#storedRecordOf(call) !== null) return await ask()
    const copy = (): ApprovalRequest => requestCopy({ request, input })
    const { policy, reason } = await this.#services.policy.verdictOn(copy, context)
    signal.throwIfAborted()
    if (policy === 'ask') return await ask()
    if (policy === 'deny') {
      const decision: ApprovalDecision = { type: 'deny', ...(reason === null ? {} : { reason }) }
      this.#services.log.emitDecided(request, decision, 'policy')
      throw denial(identifier, reason)
    }
  }

  async #requestDecision(asked: AskedCall, signal: AbortSignal): Promise<void> {
    const { request, call, input } = asked
    const { log, hasApprover } = this.#services
    const stored = this.#storedRecordOf(call)
    if (this.#isDecided(asked, stored)) return
    // A call that was pending before a restart stays pending, even without an approver.
    if (!hasApprover && stored === null) {
      log.emitAsked(request)
      log.emitDecided(request, { type: 'deny', reason: 'no approver is available' }, 'policy')
      throw new TypeError(`tool \`${request.identifier}\` needs an approval, and no approver is available`)
    }
    call.recordPending()
    // The clock of the cell has been stopped since the first request, also across a restart.
    const askedAt = stored?.askedAt ?? this.#services.clock.now()
    const record = recordOf(asked, { state: 'pending', reason: null, askedAt, decidedAt: null })
    log.of(request.cellId).record(record, JSON.stringify(input) ?? '')
    const startClock = this.#cell.stopClock()
    try {
      await this.#wait(asked, record, signal)
    } finally {
      startClock()
    }
  }

  /** Returns whether a stored decision or a grant approves the call. Throws when a stored decision denies it. */
  #isDecided(asked: AskedCall, stored: ApprovalRecord | null): boolean {
    const { grants, log } = this.#services
    const { request, inputHash, toolDigest } = asked
    const { cellId, identifier } = request
    // A decision applies to the presented input and tool. Records of an older format do not have the digest of the tool.
    const isSame = stored?.identifier === identifier && stored.inputHash === inputHash
    if (isSame && stored.state === 'allowed' && (stored.toolDigest ?? toolDigest) === toolDigest) {
      log.emitDecided(request, { type: 'allow' }, 'person')
      return true
    }
    const denied = isSame && stored.state === 'denied' ? stored : log.of(cellId).denialOf(identifier, inputHash)
    if (denied !== null) {
      const { reason } = denied
      const decision: ApprovalDecision = { type: 'deny', ...(reason === null ? {} : { reason }) }
      if (stored?.state === 'pending') log.recordDecision(stored, decision)
      log.emitDecided(request, decision, 'earlier_denial')
      throw denial(identifier, reason)
    }
    const grant = grants.take(cellId, { identifier, toolDigest })
    if (grant === null) return false
    if (grant === 'counted' || stored !== null) this.#saveGranted(asked, stored?.askedAt ?? this.#services.clock.now())
    log.emitDecided(request, { type: 'allow' }, 'grant')
    return true
  }

  /** Records a granted call, so that a restart does not count it again. */
  #saveGranted(asked: AskedCall, askedAt: number): void {
    const record = recordOf(asked, { state: 'allowed', reason: null, askedAt, decidedAt: this.#services.clock.now() })
    this.#services.log.of(asked.request.cellId).record(record)
  }

  #wait(
    { request, input, inputHash, toolDigest }: AskedCall,
    record: ApprovalRecord,
    signal: AbortSignal,
  ): Promise<void> {
    const { pending, log } = this.#services
    const { askedAt } = record
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const pendingCall: PendingCall = {
      request,
      input,
      source: this.#cell.source,
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
    const onAbort = (): void => {
      if (!pending.remove(pendingCall, 'ended')) return
      pendingCall.controller.abort(signal.reason)
      reject(signal.reason)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    pending.add(pendingCall)
    log.emitAsked(request)
    this.#present(pendingCall, (error) => {
      if (!pending.remove(pendingCall, 'ended')) return
      this.#recordUnasked(record, error)
      reject(error)
    })
    return promise.finally(() => signal.removeEventListener('abort', onAbort))
  }

  /** Presents a call when its request is on record. Calls `onFailed` when it cannot be presented. */
  #present(call: PendingCall, onFailed: (error: unknown) => void): void {
    const { pending, prompt, barrier } = this.#services
    const recorded = barrier()
    if (recorded !== null) pending.hide(call)
    const onRecord = (): void => {
      if (pending.show(call)) prompt.present(call, this.#cell)
    }
    afterBarrier(recorded, onRecord, onFailed)
  }

  /** Denies a call that could not be presented. */
  #recordUnasked(record: ApprovalRecord, error: unknown): void {
    try {
      this.#services.log.recordDecision(record, { type: 'deny', reason: messageOf(error) })
    } catch {
      // The call stays pending in its record. A later process presents it if its cell reaches it.
    }
  }

  /** Called when a stored call has ended without reaching its tool. Denies the call, because it needs no decision. */
  refused(key: string, reason: string): void {
    const { pending, log } = this.#services
    const call = pending.get(key)
    if (call?.isStored !== true || !pending.remove(call, 'denied')) return
    try {
      log.record(call, { type: 'deny', reason })
    } catch {
      // The call stays pending in its record. The record of the cell states that the cell has ended.
    }
  }

  /** Called when the program has ended. Drops the stored calls that it has not reached again. */
  ended(): void {
    this.#services.pending.dropStored(this.#cell.cellId)
  }

  /** Returns the intervals in which the clock of the cell was stopped. */
  pauses(): readonly Pause[] {
    return this.#services.log.pausesOf(this.#cell.cellId)
  }
}

function recordOf(
  { call, inputHash, toolDigest, request: { key, cellId, identifier } }: AskedCall,
  rest: Pick<ApprovalRecord, 'state' | 'reason' | 'askedAt' | 'decidedAt'>,
): ApprovalRecord {
  return { key, cellId, call: call.id, identifier, inputHash, toolDigest, ...undecided, ...rest }
}

function denial(identifier: string, reason: string | null): TypeError {
  const suffix = reason === null || reason === '' ? '' : `: ${reason}`
  return new TypeError(`the call of tool \`${identifier}\` was denied${suffix}`)
}
