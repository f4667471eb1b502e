import { CodecellError, messageOf } from '../../errors.ts'
import type { ApprovalRecord } from '../../storage/approval-store.ts'
import { abortReason } from '../../protocol/abort-reason.ts'
import type { DecidedBy } from '../../events/session-event.ts'
import type { ApprovalDecision } from '../api/approval.ts'
import type { DecisionLog } from './decision-log.ts'
import type { GrantedTool, Grants } from './grants.ts'
import { parseDecision, type Decided } from './parse-decision.ts'
import type { PendingCall, PendingCalls } from './pending-calls.ts'
import type { StoredCalls } from './stored-calls.ts'

export type DecisionMakerInit = {
  readonly log: DecisionLog
  readonly grants: Grants
  readonly pending: PendingCalls
  readonly stored: StoredCalls
}

/** Applies decisions to the calls that wait: those of the decision, and those that its grant or denial settles as well. */
export class DecisionMaker {
  readonly #log: DecisionLog
  readonly #grants: Grants
  readonly #pending: PendingCalls
  readonly #stored: StoredCalls

  constructor({ log, grants, pending, stored }: DecisionMakerInit) {
    this.#log = log
    this.#grants = grants
    this.#pending = pending
    this.#stored = stored
  }

  /** Applies what a handler answered at once. */
  applyAll(decisions: readonly Decided[]): void {
    const applyAll = new Set(decisions.flatMap(({ keys }) => keys))
    for (const { keys, decision } of decisions) this.#apply(keys, decision, applyAll)
  }

  /**
   * Decides about waiting calls. Throws `APPROVAL_NOT_PENDING`, `INVALID_OPTION`: then nothing is decided; and `STORAGE_FAILED`: then
   * those wait on whose decision is not on record.
   */
  decide(keys: readonly string[], given: ApprovalDecision): void {
    const decision = parseDecision(given)
    if (decision === null) {
      throw new CodecellError(
        'INVALID_OPTION',
        `Cannot decide ${JSON.stringify(given)}: it is no decision about a call`,
        { details: { option: 'decision' } },
      )
    }
    const awaited = keys.flatMap((key) => this.#awaited(key) ?? [])
    this.#applyTo(keys, decision, new Set(keys))
    for (const record of awaited) this.#decideAhead(record, decision)
  }

  /** Null: the call waits here. Throws `APPROVAL_NOT_PENDING` that says what became of it. */
  #awaited(key: string): ApprovalRecord | null {
    if (this.#pending.get(key) !== null) return null
    const awaited = this.#stored.awaited(key)
    if (awaited !== null) return awaited
    const reason = this.#pending.reasonOf(key) ?? this.#stored.reasonOf(key)
    throw new CodecellError('APPROVAL_NOT_PENDING', `Cannot decide about call ${JSON.stringify(key)}: ${reason}`, {
      details: { key },
    })
  }

  /** Records a decision for a cell that has not reached the call again since a restart. */
  #decideAhead(record: ApprovalRecord, decision: ApprovalDecision): void {
    // What it was asked about is not known here, so that the decision is about this call and no other.
    this.#log.recordDecision(record, decision)
  }

  /** What a handler decided; a decision that cannot be written down denies. */
  #apply(keys: readonly string[], decision: ApprovalDecision, applyAll: ReadonlySet<string>): void {
    try {
      this.#applyTo(keys, decision, applyAll)
    } catch (error) {
      for (const key of keys) {
        const pending = this.#pending.get(key)
        if (pending !== null) this.#finish(pending, { type: 'deny', reason: messageOf(error) }, 'policy')
      }
    }
  }

  /** `answered`: all calls that the same answer is about. */
  #applyTo(keys: readonly string[], decision: ApprovalDecision, applyAll: ReadonlySet<string>): void {
    const granted = new Set<string>()
    for (const key of keys) {
      const pending = this.#pending.get(key)
      // Settled by a grant that came with the one before.
      if (pending === null) continue
      const { cellId, identifier } = pending.request
      const isGrant = decision.type === 'allow_in_cell' || decision.type === 'allow_in_session'
      const tool = `${identifier}\0${pending.toolDigest}`
      const name = decision.type === 'allow_in_cell' ? `${cellId}\0${tool}` : tool
      // One bounded allowance for all calls of the tool that were presented together.
      if (isGrant && granted.has(name)) continue
      granted.add(name)
      this.#log.record(pending, decision)
      this.#grant(pending, decision)
      this.#finish(pending, decision, 'person')
      if (isGrant) this.#settleGranted(pending)
      if (decision.type === 'deny') this.#settleDenied(pending, decision, applyAll)
    }
  }

  /** The same call, made many times at once, is denied once; one that has its own answer is not concerned. */
  #settleDenied(denied: PendingCall, decision: ApprovalDecision, applyAll: ReadonlySet<string>): void {
    const { cellId, identifier } = denied.request
    for (const pending of this.#pending.list()) {
      const { key, cellId: cell, identifier: other } = pending.request
      const isSame = cell === cellId && other === identifier && pending.inputHash === denied.inputHash
      if (!isSame || applyAll.has(key)) continue
      try {
        this.#log.record(pending, decision)
      } catch {
        // It is denied all the same, as it would be if it were made again.
      }
      this.#finish(pending, decision, 'earlier_denial')
    }
  }

  #grant(pending: PendingCall, decision: ApprovalDecision): void {
    const { cellId } = pending.request
    const tool = grantedTool(pending)
    if (decision.type === 'allow_in_session') this.#grants.add(null, tool, Infinity)
    if (decision.type === 'allow_in_cell' && decision.calls > 1) this.#grants.add(cellId, tool, decision.calls - 1)
  }

  #settleGranted(granted: PendingCall): void {
    const tool = grantedTool(granted)
    for (const pending of this.#pending.list()) {
      const { cellId, identifier } = pending.request
      if (identifier !== tool.identifier || pending.toolDigest !== tool.toolDigest) continue
      if (this.#grants.take(cellId, tool) === null) continue
      try {
        this.#log.record(pending, { type: 'allow' })
      } catch {
        // The decision holds; this call keeps waiting for its own.
        return
      }
      this.#finish(pending, { type: 'allow' }, 'grant')
    }
  }

  #finish(pending: PendingCall, decision: ApprovalDecision, by: DecidedBy): void {
    const isDenied = decision.type === 'deny'
    if (!this.#pending.remove(pending, isDenied ? 'denied' : 'allowed')) return
    // The decision about a stored call is emitted when its cell reaches the call.
    if (!pending.isStored) this.#log.emitDecided(pending.request, decision, by)
    pending.settle(isDenied ? { type: 'denied', reason: decision.reason ?? null } : { type: 'allowed' })
    pending.controller.abort(abortReason('the call has been decided about'))
  }
}

function grantedTool({ request: { identifier }, toolDigest }: PendingCall): GrantedTool {
  return { identifier, toolDigest }
}
