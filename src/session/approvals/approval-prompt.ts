import { messageOf } from '../../errors.ts'
import { callUntilAborted } from '../../protocol/guarded-calls.ts'
import type { ApprovalRequestHandler, ApprovalBatchHandler } from '../api/approval.ts'
import { decisionsOf, type Decided } from './parse-decision.ts'
import { batchOf, requestCopy, type PendingCall } from './pending-calls.ts'

/** How long calls are gathered that are presented together, in milliseconds. */
const gatherMs = 200

/** The cell of calls that wait. */
export type PresentingCell = {
  /** Calls back when the cell has made all the calls that it makes before it gets a result. */
  readonly whenQuiet: (callback: () => void) => void
  /** Called when calls begin to wait that only `session.decide` can settle: an observer of the cell should know. */
  readonly onHeld: () => void
}

export type ApprovalPromptInit = {
  readonly onRequest: ApprovalRequestHandler | null
  readonly onBatch: ApprovalBatchHandler | null
  readonly isPending: (call: PendingCall) => boolean
  /** Applies the decisions of a handler. */
  readonly onDecided: (decisions: readonly Decided[]) => void
}

/** Presents calls to the approver: one by one, or all calls of a cell that wait at the same time together. */
export class ApprovalPrompt {
  readonly #parts: ApprovalPromptInit
  /** Calls by cell that are presented together as soon as the cell is quiet. */
  readonly #gathering = new Map<string, { readonly calls: PendingCall[]; readonly cell: PresentingCell }>()

  constructor(parts: ApprovalPromptInit) {
    this.#parts = parts
  }

  present(pending: PendingCall, cell: PresentingCell): void {
    const { onRequest, onBatch } = this.#parts
    if (onBatch === null && onRequest !== null) {
      const { signal } = pending.controller
      return void this.#follow([pending], cell, signal, () => onRequest(requestCopy(pending), { signal }))
    }
    const { cellId } = pending.request
    const gathering = this.#gathering.get(cellId)
    if (gathering !== undefined) return void gathering.calls.push(pending)
    this.#gathering.set(cellId, { calls: [pending], cell })
    this.#presentWhenQuiet(cellId, cell)
  }

  /** Calls that a program makes side by side arrive one after the other; a cell that has much to do is not waited for. */
  #presentWhenQuiet(cellId: string, cell: PresentingCell): void {
    const { promise: quiet, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, gatherMs)
    cell.whenQuiet(resolve)
    void quiet.then(() => {
      clearTimeout(timer)
      setImmediate(() => this.#presentTogether(cellId))
    })
  }

  #presentTogether(cellId: string): void {
    const { onBatch, isPending } = this.#parts
    const gathered = this.#gathering.get(cellId)
    if (gathered === undefined) return
    this.#gathering.delete(cellId)
    const { calls, cell } = gathered
    const open = calls.filter(isPending)
    const batch = batchOf(open)
    if (batch === null) return
    if (onBatch === null) return cell.onHeld()
    const signal = whenAllAborted(open)
    void this.#follow(open, cell, signal, () => onBatch(batch, { signal }))
  }

  /** Applies the decisions of a handler; an error denies the calls. The handler is not awaited once all calls are settled. */
  async #follow(
    calls: readonly PendingCall[],
    cell: PresentingCell,
    signal: AbortSignal,
    ask: () => unknown,
  ): Promise<void> {
    const { onDecided: decided, isPending } = this.#parts
    const keys = calls.map(({ request }) => request.key)
    let decisions: readonly Decided[]
    try {
      decisions = decisionsOf(await callUntilAborted(signal, ask), keys)
    } catch (error) {
      decisions = [{ decision: { type: 'deny', reason: messageOf(error) }, keys }]
    }
    decided(decisions)
    if (calls.some(isPending)) cell.onHeld()
  }
}

/** Returns a signal that aborts when all calls are settled. */
function whenAllAborted(calls: readonly PendingCall[]): AbortSignal {
  const controller = new AbortController()
  let left = calls.length
  for (const { controller: own } of calls) {
    own.signal.addEventListener('abort', () => {
      if (--left === 0) controller.abort(own.signal.reason)
    })
  }
  return controller.signal
}
