import type { SessionEvent, SessionListener } from '../../events/session-event.ts'
import type { Session } from '../../session/api/session-options.ts'
import type { ApprovalRequest } from '../../session/api/approval.ts'
import { inputHashOf } from '../../session/approvals/input-hash.ts'
import { toolDigestOf } from '../../tools/tool-digest.ts'
import { callCounts, cellCounts, engineCounts } from '../../storage/disk/report-counts.ts'
import type { ApprovalReport, DecisionReport, SessionReport } from '../../storage/disk/session-report.ts'
import { truncatedInput } from '../../storage/truncated-input.ts'
import { LiveCell } from './live-cell.ts'

/** Ended cells that are remembered. */
const maxEnded = 500
const maxDecisions = 2000

/** An open session of this process. It is a listener of the session, and is attached to it afterwards. */
export class LiveSession implements SessionListener {
  readonly wantsSourceLocations = true
  readonly #createdAt = Date.now()
  readonly #cells = new Map<string, LiveCell>()
  readonly #decisions: DecisionReport[] = []
  /** The approvers of decisions that the console made, by key. */
  readonly #approvers = new Map<string, string>()
  #lastActivityAt = Date.now()
  #session: Session | null = null
  /** Changes with each event. */
  revision = 0
  isStored = false
  isClosed = false
  onEvent: (event: SessionEvent) => void = (event) => this.#onEvent(event)
  onApproval: (callId: string, identifier: string) => void = () => undefined

  attach(session: Session, { isStored }: { readonly isStored: boolean }): void {
    this.#session = session
    this.isStored = isStored
    this.revision++
  }

  get session(): Session | null {
    return this.#session
  }

  cell(cellId: string): LiveCell | null {
    return this.#cells.get(cellId) ?? null
  }

  /** Records the approver of a decision that is about to be made. */
  nameApprover(key: string, name: string): void {
    this.#approvers.set(key, name)
  }

  #onEvent(event: SessionEvent): void {
    this.#lastActivityAt = Date.now()
    if (event.type === 'cell_started') this.#add(new LiveCell(event))
    else if (event.type === 'session_closed') this.isClosed = true
    else if (event.type === 'approval_decided') this.#decided(event)
    else if (event.type === 'approval_asked') this.#asked(event)
    if ('cellId' in event && event.cellId !== null && event.type !== 'cell_started') {
      const cell = this.#cells.get(event.cellId)
      if (event.type !== 'model_call_ended') cell?.onEvent(event)
    }
    this.revision++
  }

  #add(cell: LiveCell): void {
    this.#cells.set(cell.cellId, cell)
    const ended = [...this.#cells.values()].filter(({ isClosed }) => isClosed)
    if (ended.length > maxEnded) this.#cells.delete(ended[0]?.cellId ?? '')
  }

  #asked({ cellId, callId }: Extract<SessionEvent, { readonly type: 'approval_asked' }>): void {
    const call = this.#session?.ledger(cellId).find((entry) => entry.callId === callId)
    this.onApproval(callId, call?.identifier ?? '')
  }

  #decided(event: Extract<SessionEvent, { readonly type: 'approval_decided' }>): void {
    const { cellId, callId, allowed, reason, decision, calls } = event
    const call = this.#session?.ledger(cellId).find((entry) => entry.callId === callId)
    if (call === undefined) return
    const { key, identifier } = call
    const by = event.by === 'person' ? (this.#approvers.get(key) ?? null) : null
    if (this.#decisions.length >= maxDecisions) this.#decisions.shift()
    this.#decisions.push({
      key,
      cellId,
      callId,
      identifier,
      inputHash: '',
      state: allowed ? 'allowed' : 'denied',
      reason,
      askedAt: this.#cells.get(cellId)?.askedAt(callId) ?? Date.now(),
      decidedAt: Date.now(),
      decision: event.by === 'person' ? decision : null,
      grantedCalls: calls,
      requestId: null,
      decidedBy: by,
    })
  }

  report(): SessionReport | null {
    const session = this.#session
    if (session === null) return null
    const cellList = [...this.#cells.values()].map((cell) => cell.report())
    const known = new Set(cellList.map(({ cellId }) => cellId))
    const ledger = session.ledger().filter(({ cellId }) => known.has(cellId))
    const pendingApprovals = this.isClosed
      ? []
      : session.pendingApprovals().flatMap(({ requests }) => requests.map((request) => this.#pending(request)))
    return {
      type: 'session',
      id: session.id,
      openedBy: this.isClosed ? null : { pid: process.pid },
      createdAt: this.#createdAt,
      lastActivityAt: this.#lastActivityAt,
      cells: cellCounts(cellList),
      calls: callCounts(ledger),
      approvals: pendingApprovals.length,
      engines: engineCounts(cellList),
      cellList,
      ledger,
      pendingApprovals,
      decisions: this.#decisions,
    }
  }

  #pending({ key, cellId, callId, identifier, input, location, tool }: ApprovalRequest): ApprovalReport {
    const json = JSON.stringify(input) ?? ''
    return {
      key,
      cellId,
      callId,
      identifier,
      input: truncatedInput(json),
      wholeInput: json,
      inputHash: inputHashOf(input),
      toolDigest: toolDigestOf(tool),
      location,
      askedAt: this.#cells.get(cellId)?.askedAt(callId) ?? this.#createdAt,
    }
  }
}
