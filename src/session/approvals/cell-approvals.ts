import type { ApprovalRecord } from '../../storage/approval-store.ts'
import type { Tool, ToolCallContext } from '../../tools/tool.ts'
import { toolDigestOf } from '../../tools/tool-digest.ts'
import type { SourceLocation } from '../../events/session-event.ts'
import type { ApprovalDecision, ApprovalRequest } from '../api/approval.ts'
import type { Pause } from '../cell/replayed-timers.ts'
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
  readonly prompt: ApprovalPrompt
  /** Whether a call can wait for a decision: of a handler, or of `session.decide`. */
  readonly hasApprover: boolean
}

/** A cell whose calls need approvals. */
export type ApprovalCell = PresentingCell & {
  readonly cellId: string
  readonly source: string
  /** Stops the clock of the cell until the returned function is called. */
  readonly stopClock: () => () => void
}

/** A call that may need an approval. */
export type ApprovableCall = {
  readonly id: number
  readonly identifier: string
  readonly tool: Tool
  readonly location: SourceLocation | null
  /** Puts the call on the ledger. Throws `STORAGE_FAILED`. */
  recordPending(): void
}

type Asked = Pick<PendingCall, 'request' | 'input' | 'inputHash' | 'toolDigest'> & { readonly call: ApprovableCall }

/** The approvals of the nested calls of one cell. */
export class CellApprovals {
  readonly #services: ApprovalServices
  readonly #cell: ApprovalCell

  constructor(services: ApprovalServices, cell: ApprovalCell) {
    this.#services = services
    this.#cell = cell
  }

  /** Whether calls of the cell wait for a decision. */
  get hasPending(): boolean {
    return this.#services.pending.batches(this.#cell.cellId).length > 0
  }

  /** Returns null for a call that needs no approval. Resolves when the call is approved, and rejects with the error for the program. */
  check(call: ApprovableCall, input: unknown, context: ToolCallContext): Promise<void> | null {
    const isOnRecord = this.#onRecord(call) !== null
    return isOnRecord || this.#services.policy.concerns(call.tool) ? this.#check(call, input, context) : null
  }

  /** Whether the decision about a call that has reached its tool holds for the tool as it is. */
  holds(call: ApprovableCall): boolean {
    const digest = this.#onRecord(call)?.toolDigest ?? null
    return digest === null || digest === toolDigestOf(call.tool)
  }

  /** The record of an earlier process about a call, from before its tool was reached. */
  #onRecord({ id }: ApprovableCall): ApprovalRecord | null {
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
      await this.#ask(asked, signal)
    }
    // A decision on record holds, whatever the policies of this process are.
    if (this.#onRecord(call) !== null) return await ask()
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

  async #ask(asked: Asked, signal: AbortSignal): Promise<void> {
    const { request, call, input } = asked
    const { log, hasApprover } = this.#services
    const before = this.#onRecord(call)
    if (this.#isDecided(asked, before)) return
    // A call that has waited before keeps waiting until it is decided.
    if (!hasApprover && before === null) {
      log.emitAsked(request)
      log.emitDecided(request, { type: 'deny', reason: 'no approver is available' }, 'policy')
      throw new TypeError(`tool \`${request.identifier}\` needs an approval, and no approver is available`)
    }
    call.recordPending()
    // After a restart, the clock of the cell has stood still since the first request.
    const askedAt = before?.askedAt ?? Date.now()
    const record = recordOf(asked, { state: 'pending', reason: null, askedAt, decidedAt: null })
    log.of(request.cellId).record(record, JSON.stringify(input) ?? '')
    const startClock = this.#cell.stopClock()
    try {
      await this.#wait(asked, askedAt, signal)
    } finally {
      startClock()
    }
  }

  /** Whether the call is approved without a request: decided before a restart, or granted. Throws a denial. */
  #isDecided(asked: Asked, known: ApprovalRecord | null): boolean {
    const { grants, log } = this.#services
    const { request, inputHash, toolDigest } = asked
    const { cellId, identifier } = request
    // A decision holds for what was shown; records of an older format do not have the digest of the tool.
    const isSame = known?.identifier === identifier && known.inputHash === inputHash
    if (isSame && known.state === 'allowed' && (known.toolDigest ?? toolDigest) === toolDigest) {
      log.emitDecided(request, { type: 'allow' }, 'person')
      return true
    }
    const denied = isSame && known.state === 'denied' ? known : log.of(cellId).denialOf(identifier, inputHash)
    if (denied !== null) {
      const { reason } = denied
      const decision: ApprovalDecision = { type: 'deny', ...(reason === null ? {} : { reason }) }
      if (known?.state === 'pending') log.recordDecision(known, decision)
      log.emitDecided(request, decision, 'earlier_denial')
      throw denial(identifier, reason)
    }
    const grant = grants.take(cellId, { identifier, toolDigest })
    if (grant === null) return false
    if (grant === 'counted' || known !== null) this.#saveGranted(asked, known?.askedAt ?? Date.now())
    log.emitDecided(request, { type: 'allow' }, 'grant')
    return true
  }

  /** A call that was counted is not counted again after a restart. */
  #saveGranted(asked: Asked, askedAt: number): void {
    const record = recordOf(asked, { state: 'allowed', reason: null, askedAt, decidedAt: Date.now() })
    this.#services.log.of(asked.request.cellId).record(record)
  }

  #wait({ request, input, inputHash, toolDigest }: Asked, askedAt: number, signal: AbortSignal): Promise<void> {
    const { pending, log, prompt: presentation } = this.#services
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const waiting: PendingCall = {
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
    const leave = (): void => {
      if (!pending.remove(waiting, 'ended')) return
      waiting.controller.abort(signal.reason)
      reject(signal.reason)
    }
    signal.addEventListener('abort', leave, { once: true })
    pending.add(waiting)
    log.emitAsked(request)
    presentation.present(waiting, this.#cell)
    return promise.finally(() => signal.removeEventListener('abort', leave))
  }

  /** Denies a stored call that has ended without reaching its tool: it needs no decision. */
  refused(key: string, reason: string): void {
    const { pending, log } = this.#services
    const call = pending.get(key)
    if (call?.isStored !== true || !pending.remove(call, 'denied')) return
    try {
      log.record(call, { type: 'deny', reason })
    } catch {
      // The record says that the call waits, and the record of its cell that the cell has ended.
    }
  }

  /** Drops the stored calls that the program has not reached again: the program is over. */
  ended(): void {
    this.#services.pending.dropStored(this.#cell.cellId)
  }

  /** Returns the times in which the clock of the cell stood still. */
  pauses(): readonly Pause[] {
    return this.#services.log.pausesOf(this.#cell.cellId)
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
