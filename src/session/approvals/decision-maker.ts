import { messageOf } from '../../errors.ts'
import type { InboxDecision } from '../../storage/inbox-content.ts'
import type { ApprovalRecord } from '../../storage/approval-store.ts'
import { abortReason } from '../../protocol/abort-reason.ts'
import type { DecidedBy } from '../../events/session-event.ts'
import type { ApprovalDecision } from '../api/approval.ts'
import type { DecisionLog, DecisionOrigin } from './decision-log.ts'
import type { GrantedTool, Grants } from './grants.ts'
import { changedText, decisionOf, demandDecision, notPending } from './left-decision.ts'
import type { Decided } from './parse-decision.ts'
import type { PendingCall, PendingCalls } from './pending-calls.ts'
import type { StoredCalls } from './stored-calls.ts'

export type DecisionMakerInit = {
  readonly log: DecisionLog
  readonly grants: Grants
  readonly pending: PendingCalls
  readonly stored: StoredCalls
}

/** Applies decisions to pending calls: those of the decision, and further ones that its grant or denial settles. */
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

  /** Applies the decisions that a handler returned together. */
  applyAll(decisions: readonly Decided[]): void {
    const decidedKeys = new Set(decisions.flatMap(({ keys }) => keys))
    for (const { keys, decision } of decisions) this.#applyOrDeny(keys, decision, decidedKeys)
  }

  /**
   * Decides about pending calls.
   *
   * @throws {CodecellError} `APPROVAL_NOT_PENDING` and `INVALID_OPTION`: no call is decided. `STORAGE_FAILED`: the calls whose
   * decision is not stored stay pending.
   */
  decide(keys: readonly string[], value: ApprovalDecision): void {
    const decision = demandDecision(value)
    const stored = keys.flatMap((key) => this.#storedRecordOf(key) ?? [])
    this.#apply(keys, decision, new Set(keys))
    // The tool or the input of these calls is unknown, so the decision applies to the recorded call only and grants nothing else.
    for (const record of stored) this.#log.recordDecision(record, decision)
  }

  /**
   * Applies the decision of another process, if the call is as the approver saw it. Returns the reason why it does not count; null:
   * it counts.
   *
   * @throws {CodecellError} `STORAGE_FAILED`; then the call is as before
   */
  decideShown({ key, id, by, inputHash, toolDigest, ...given }: InboxDecision): string | null {
    const call = this.#pending.get(key) ?? this.#stored.awaited(key)
    if (call === null) return this.#reasonOf(key)
    const isSameTool = toolDigest === null || call.toolDigest === null || call.toolDigest === toolDigest
    if (call.inputHash !== inputHash || !isSameTool) return changedText
    const decision = decisionOf(given)
    const origin = { requestId: id, decidedBy: by }
    if ('request' in call) this.#apply([key], decision, new Set([key]), origin)
    else this.#log.recordDecision(call, decision, origin)
    return null
  }

  #reasonOf(key: string): string {
    return this.#pending.reasonOf(key) ?? this.#stored.reasonOf(key)
  }

  /** Returns the record of a call that its cell has not reached again; null for a pending call. Throws `APPROVAL_NOT_PENDING`. */
  #storedRecordOf(key: string): ApprovalRecord | null {
    if (this.#pending.get(key) !== null) return null
    const record = this.#stored.awaited(key)
    if (record !== null) return record
    throw notPending(key, this.#reasonOf(key))
  }

  /** Applies the decision of a handler. Denies the calls when the decision cannot be stored. */
  #applyOrDeny(keys: readonly string[], decision: ApprovalDecision, decidedKeys: ReadonlySet<string>): void {
    try {
      this.#apply(keys, decision, decidedKeys)
    } catch (error) {
      for (const key of keys) {
        const pending = this.#pending.get(key)
        if (pending !== null) this.#finish(pending, { type: 'deny', reason: messageOf(error) }, 'policy')
      }
    }
  }

  /**
   * Stores and applies a decision.
   *
   * @param decidedKeys the keys of all calls that have a decision of their own
   */
  #apply(
    keys: readonly string[],
    decision: ApprovalDecision,
    decidedKeys: ReadonlySet<string>,
    origin?: DecisionOrigin,
  ): void {
    const granted = new Set<string>()
    for (const key of keys) {
      const pending = this.#pending.get(key)
      // The grant of an earlier key settled the call.
      if (pending === null) continue
      const { cellId, identifier } = pending.request
      const isGrant = decision.type === 'allow_in_cell' || decision.type === 'allow_in_session'
      const tool = `${identifier}\0${pending.toolDigest}`
      const name = decision.type === 'allow_in_cell' ? `${cellId}\0${tool}` : tool
      // A decision about several calls of a tool creates a single grant.
      if (isGrant && granted.has(name)) continue
      granted.add(name)
      this.#log.record(pending, decision, origin)
      this.#grant(pending, decision)
      this.#finish(pending, decision, 'person')
      if (isGrant) this.#settleGranted(pending)
      if (decision.type === 'deny') this.#settleDenied(pending, decision, decidedKeys)
    }
  }

  /** Denies pending calls of the same cell, tool and input, except calls with a decision of their own. */
  #settleDenied(denied: PendingCall, decision: ApprovalDecision, decidedKeys: ReadonlySet<string>): void {
    const { cellId, identifier } = denied.request
    for (const pending of this.#pending.list()) {
      const { key, cellId: cell, identifier: other } = pending.request
      const isSame = cell === cellId && other === identifier && pending.inputHash === denied.inputHash
      if (!isSame || decidedKeys.has(key)) continue
      try {
        this.#log.record(pending, decision)
      } catch {
        // Deny it without a record: the recorded denial also applies when the program repeats the call.
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
        // The grant stays valid, but this call stays pending.
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
    pending.controller.abort(abortReason('the call is already decided'))
  }
}

function grantedTool({ request: { identifier }, toolDigest }: PendingCall): GrantedTool {
  return { identifier, toolDigest }
}
