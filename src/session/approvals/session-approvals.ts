import { CodecellError, messageOf } from '../../errors.ts'
import type { ApprovalRecord, ApprovalStore } from '../../journal/approval-store.ts'
import type { DecidedBy } from '../../protocol/activity.ts'
import type { Catalogue } from '../../tools/catalogue.ts'
import type { ToolCallContext } from '../../tools/tool.ts'
import type { ActivityFeed } from '../activity-feed.ts'
import type { ApprovalBatch, ApprovalDecision, ApprovalHandler, ApprovalRequest, BatchHandler } from '../approval.ts'
import type { NestedCall } from '../attempt-call.ts'
import type { Pause } from '../catch-up.ts'
import { CellDecisions } from './cell-decisions.ts'
import { Grants } from './grants.ts'
import { inputHashOf } from './input-hash.ts'
import { parseDecision, type Decided } from './parse-decision.ts'
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
  readonly #decisions = new Map<string, CellDecisions>()
  readonly #presentation: Presentation
  readonly #askable = new WeakMap<Catalogue, boolean>()

  constructor(options: SessionApprovalsOptions) {
    this.#options = options
    this.#grants = new Grants(options.store)
    this.#stored = new StoredCalls(options.store)
    this.#presentation = new Presentation({
      onApproval: options.onApproval,
      onApprovals: options.onApprovals,
      isPending: ({ request }) => this.#pending.get(request.key) !== null,
      decided: (decisions) => this.#answered(decisions),
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
      this.#tellDecided(request, { type: 'deny', ...(reason === null ? {} : { reason }) }, 'policy')
      throw denial(identifier, reason)
    }
  }

  /** A call that waited before a restart does not wait any more, whoever says so. */
  #noAnswerWanted(call: NestedCall, cellId: string, decision: ApprovalDecision): void {
    const decisions = this.#decisionsOf(cellId)
    const known = decisions.of(call.id)
    if (known?.state === 'pending') decisions.save({ ...known, ...verdictOf(decision), decidedAt: Date.now() })
  }

  async #ask(asked: Asked, signal: AbortSignal): Promise<void> {
    const { request, cell } = asked
    const { onApproval, onApprovals, holds } = this.#options
    if (this.#isDecided(asked)) return
    const { cellId, callId } = request
    if (onApproval === null && onApprovals === null && !holds) {
      this.#options.feed?.tell({ type: 'approval_asked', cellId, callId })
      this.#tellDecided(request, { type: 'deny', reason: 'nobody can be asked here' }, 'policy')
      throw new TypeError(`tool \`${request.identifier}\` needs an approval, and nobody can be asked here`)
    }
    cell.onRecord()
    // Asked again after a restart: the cell's clock has stood still since the first time.
    const askedAt = this.#decisionsOf(cellId).of(asked.call.id)?.askedAt ?? Date.now()
    this.#decisionsOf(cellId).save(recordOf(asked, { state: 'pending', reason: null, askedAt }))
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
    const decisions = this.#decisionsOf(cellId)
    const known = decisions.of(call.id)
    // What was decided holds for what was shown.
    const before = known?.identifier === identifier && known.inputHash === inputHash ? known : null
    if (before?.state === 'allowed') {
      this.#tellDecided(request, { type: 'allow' }, 'person')
      return true
    }
    const denied = before?.state === 'denied' ? before : decisions.denialOf(identifier, inputHash)
    if (denied !== null) {
      const { reason } = denied
      this.#noAnswerWanted(call, cellId, { type: 'deny', ...(reason === null ? {} : { reason }) })
      this.#tellDecided(request, { type: 'deny', ...(reason === null ? {} : { reason }) }, 'earlier_denial')
      throw denial(identifier, reason)
    }
    if (!this.#grants.take(cellId, identifier)) return false
    this.#noAnswerWanted(call, cellId, { type: 'allow' })
    this.#tellDecided(request, { type: 'allow' }, 'grant')
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
    this.#options.feed?.tell({ type: 'approval_asked', cellId: request.cellId, callId: request.callId })
    this.#presentation.present(pending, cell)
    return promise.finally(() => signal.removeEventListener('abort', leave))
  }

  #answered(decisions: readonly Decided[]): void {
    const answered = new Set(decisions.flatMap(({ keys }) => keys))
    for (const { keys, decision } of decisions) this.#apply(keys, decision, answered)
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
    const story = this.#pending.storyOf(key) ?? this.#stored.storyOf(key)
    throw new CodecellError('APPROVAL_NOT_PENDING', `Cannot decide about call ${JSON.stringify(key)}: ${story}`)
  }

  /** The cell has not come to the call again since a restart: it will find the decision on record. */
  #decideAhead(record: ApprovalRecord, decision: ApprovalDecision): void {
    const { cellId, identifier } = record
    this.#decisionsOf(cellId).save({ ...record, ...verdictOf(decision), decidedAt: Date.now() })
    this.#grant({ cellId, identifier }, decision)
    if (decision.type !== 'allow' && decision.type !== 'deny') this.#settleGranted(identifier)
  }

  /** What a handler decided; a decision that cannot be written down denies. */
  #apply(keys: readonly string[], decision: ApprovalDecision, answered: ReadonlySet<string>): void {
    try {
      this.#applyTo(keys, decision, answered)
    } catch (error) {
      for (const key of keys) {
        const pending = this.#pending.get(key)
        if (pending !== null) this.#finish(pending, { type: 'deny', reason: messageOf(error) }, 'policy')
      }
    }
  }

  /** `answered`: all calls that the same answer is about. */
  #applyTo(keys: readonly string[], decision: ApprovalDecision, answered: ReadonlySet<string>): void {
    const granted = new Set<string>()
    for (const key of keys) {
      const pending = this.#pending.get(key)
      // Settled by a grant that came with the one before.
      if (pending === null) continue
      const { cellId, identifier } = pending.request
      const isGrant = decision.type === 'allow_in_cell' || decision.type === 'allow_in_session'
      const name = decision.type === 'allow_in_cell' ? `${cellId}\0${identifier}` : identifier
      // One bounded allowance for all calls of the tool that were presented together.
      if (isGrant && granted.has(name)) continue
      granted.add(name)
      this.#save(pending, decision)
      this.#grant(pending.request, decision)
      this.#finish(pending, decision, 'person')
      if (isGrant) this.#settleGranted(identifier)
      if (decision.type === 'deny') this.#settleDenied(pending, decision, answered)
    }
  }

  /** The same call, made many times at once, is denied once; one that has its own answer is not concerned. */
  #settleDenied(denied: PendingCall, decision: ApprovalDecision, answered: ReadonlySet<string>): void {
    const { cellId, identifier } = denied.request
    for (const pending of this.#pending.list()) {
      const { key, cellId: cell, identifier: other } = pending.request
      const isSame = cell === cellId && other === identifier && pending.inputHash === denied.inputHash
      if (!isSame || answered.has(key)) continue
      try {
        this.#save(pending, decision)
      } catch {
        // It is denied all the same, as it would be if it were made again.
      }
      this.#finish(pending, decision, 'earlier_denial')
    }
  }

  #grant({ cellId, identifier }: Pick<ApprovalRecord, 'cellId' | 'identifier'>, decision: ApprovalDecision): void {
    if (decision.type === 'allow_in_session') this.#grants.add(null, identifier, Infinity)
    if (decision.type === 'allow_in_cell' && decision.calls > 1)
      this.#grants.add(cellId, identifier, decision.calls - 1)
  }

  #settleGranted(identifier: string): void {
    for (const pending of this.#pending.list()) {
      const { cellId, identifier: other } = pending.request
      if (other !== identifier || !this.#grants.take(cellId, identifier)) continue
      try {
        this.#save(pending, { type: 'allow' })
      } catch {
        // What was decided stands; this one waits on, for somebody who decides about it.
        return
      }
      this.#finish(pending, { type: 'allow' }, 'grant')
    }
  }

  #save({ request, inputHash, askedAt }: PendingCall, decision: ApprovalDecision): void {
    const { key, cellId, callId, identifier } = request
    const call = Number(callId.slice('tool-'.length))
    const asked = { key, cellId, call, identifier, inputHash, askedAt }
    this.#decisionsOf(cellId).save({ ...asked, ...verdictOf(decision), decidedAt: Date.now() })
  }

  #finish(pending: PendingCall, decision: ApprovalDecision, by: DecidedBy): void {
    const isDenied = decision.type === 'deny'
    if (!this.#pending.remove(pending, isDenied ? 'denied' : 'allowed')) return
    this.#tellDecided(pending.request, decision, by)
    pending.settle(isDenied ? { type: 'denied', reason: decision.reason ?? null } : { type: 'allowed' })
    pending.controller.abort(new DOMException('the call has been decided about', 'AbortError'))
  }

  /** A cell of an earlier process runs again. */
  reopened(cellId: string): void {
    this.#stored.reopened(cellId)
  }

  /** When the clock of a cell stood still because somebody was asked. */
  pausesOf(cellId: string): readonly Pause[] {
    return this.#options.store.ofCell(cellId).map(({ askedAt, decidedAt }) => ({ from: askedAt, to: decidedAt }))
  }

  /** The cell is closed: nothing of it is asked again. */
  forget(cellId: string): void {
    this.#stored.forget(cellId)
    this.#decisions.delete(cellId)
    this.#grants.forget(cellId)
  }

  #decisionsOf(cellId: string): CellDecisions {
    const known = this.#decisions.get(cellId)
    if (known !== undefined) return known
    const decisions = new CellDecisions(this.#options.store, cellId)
    this.#decisions.set(cellId, decisions)
    return decisions
  }

  #tellDecided({ cellId, callId }: PendingCall['request'], decision: ApprovalDecision, by: DecidedBy): void {
    const isDenied = decision.type === 'deny'
    this.#options.feed?.tell({
      type: 'approval_decided',
      cellId,
      callId,
      allowed: !isDenied,
      reason: isDenied ? (decision.reason ?? null) : null,
      decision: decision.type,
      calls: decision.type === 'allow_in_cell' ? decision.calls : null,
      by,
    })
  }
}

function recordOf(
  { call, inputHash, request: { key, cellId, identifier } }: Asked,
  rest: Pick<ApprovalRecord, 'state' | 'reason' | 'askedAt'>,
): ApprovalRecord {
  return { key, cellId, call: call.id, identifier, inputHash, ...rest, decidedAt: null }
}

function verdictOf(decision: ApprovalDecision): Pick<ApprovalRecord, 'state' | 'reason'> {
  if (decision.type !== 'deny') return { state: 'allowed', reason: null }
  return { state: 'denied', reason: decision.reason ?? null }
}

function denial(identifier: string, reason: string | null): TypeError {
  const why = reason === null || reason === '' ? '' : `: ${reason}`
  return new TypeError(`the call of tool \`${identifier}\` was denied${why}`)
}
