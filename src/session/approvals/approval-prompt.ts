import { inNextTurn } from '../../platform/turns.ts'
import { messageOf } from '../../errors.ts'
import { callUntilAborted } from '../../protocol/guarded-calls.ts'
import type { ApprovalRequestHandler, ApprovalBatchHandler } from '../api/approval.ts'
import { decisionsOf, type Decided } from './parse-decision.ts'
import { batchOf, requestCopy, type PendingCall } from './pending-calls.ts'

/** Maximum time for which the calls of a batch are collected, in milliseconds. */
const maxBatchMs = 200

/** The cell of pending calls. */
export type PresentingCell = {
  /** Calls `callback` when the cell has made all calls that it can make without another result. */
  readonly whenQuiet: (callback: () => void) => void
  /** Called when calls become pending that only `session.decide` can settle, so that an observation of the cell ends. */
  readonly onHeld: () => void
}

export type ApprovalPromptInit = {
  readonly onRequest: ApprovalRequestHandler | null
  readonly onBatch: ApprovalBatchHandler | null
  readonly isPending: (call: PendingCall) => boolean
  /** Called with the decisions of a handler. */
  readonly onDecided: (decisions: readonly Decided[]) => void
}

/** Presents pending calls to the approver: one by one, or all pending calls of a cell as a batch. */
export class ApprovalPrompt {
  readonly #init: ApprovalPromptInit
  /** Batches by cell id, which are presented as soon as the cell is quiet. */
  readonly #batches = new Map<string, { readonly calls: PendingCall[]; readonly cell: PresentingCell }>()

  /** The number of handlers that run. */
  #asking = 0

  constructor(init: ApprovalPromptInit) {
    this.#init = init
  }

  /** Whether calls are being presented to a handler. */
  get isAsking(): boolean {
    return this.#asking > 0 || this.#batches.size > 0
  }

  present(pending: PendingCall, cell: PresentingCell): void {
    const { onRequest, onBatch } = this.#init
    if (onBatch === null && onRequest !== null) {
      const { signal } = pending.controller
      return void this.#requestDecision([pending], cell, signal, () => onRequest(requestCopy(pending), { signal }))
    }
    const { cellId } = pending.request
    const batch = this.#batches.get(cellId)
    if (batch !== undefined) return void batch.calls.push(pending)
    this.#batches.set(cellId, { calls: [pending], cell })
    this.#presentWhenQuiet(cellId, cell)
  }

  /**
   * Presents a batch when the cell is quiet, because concurrent calls arrive one by one. A busy cell delays it by at most
   * `maxBatchMs`.
   */
  #presentWhenQuiet(cellId: string, cell: PresentingCell): void {
    const { promise: quiet, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, maxBatchMs)
    cell.whenQuiet(resolve)
    void quiet.then(() => {
      clearTimeout(timer)
      inNextTurn(() => this.#presentBatch(cellId))
    })
  }

  #presentBatch(cellId: string): void {
    const { onBatch, isPending } = this.#init
    const collected = this.#batches.get(cellId)
    if (collected === undefined) return
    this.#batches.delete(cellId)
    const { calls, cell } = collected
    const pending = calls.filter(isPending)
    const batch = batchOf(pending)
    if (batch === null) return
    if (onBatch === null) return cell.onHeld()
    const signal = whenAllAborted(pending)
    void this.#requestDecision(pending, cell, signal, () => onBatch(batch, { signal }))
  }

  /** Calls a handler and applies its decisions. An error denies the calls. Stops waiting once all calls are settled. */
  async #requestDecision(
    calls: readonly PendingCall[],
    cell: PresentingCell,
    signal: AbortSignal,
    callHandler: () => unknown,
  ): Promise<void> {
    const { onDecided, isPending } = this.#init
    const keys = calls.map(({ request }) => request.key)
    let decisions: readonly Decided[]
    this.#asking++
    try {
      decisions = decisionsOf(await callUntilAborted(signal, callHandler), keys)
    } catch (error) {
      decisions = [{ decision: { type: 'deny', reason: messageOf(error) }, keys }]
    } finally {
      this.#asking--
    }
    onDecided(decisions)
    if (calls.some(isPending)) cell.onHeld()
  }
}

/** Returns a signal that aborts when all calls are settled. */
function whenAllAborted(calls: readonly PendingCall[]): AbortSignal {
  const controller = new AbortController()
  let pending = calls.length
  for (const call of calls) {
    const { signal } = call.controller
    signal.addEventListener('abort', () => {
      if (--pending === 0) controller.abort(signal.reason)
    })
  }
  return controller.signal
}
