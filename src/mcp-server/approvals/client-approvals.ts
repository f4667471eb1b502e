import { ApprovalQueue, type ApprovalSession } from '../../agent/following/approval-queue.ts'
import type { ApprovalBatch, ApprovalDecision, ApprovalBatchHandler } from '../../session/api/approval.ts'

/** The calls that wait for the user of a client. */
export class ClientApprovals {
  readonly #queue: ApprovalQueue
  /** The calls that the session has presented. Others can still join the batch of their cell. */
  readonly #presented = new Set<string>()
  #changed = Promise.withResolvers<void>()

  constructor(session: () => ApprovalSession | null) {
    this.#queue = new ApprovalQueue(session)
  }

  /** Resolves at the next batch. */
  get changed(): Promise<void> {
    return this.#changed.promise
  }

  /** The `approvals.onBatch` of the session. It decides nothing itself: `decide` does. */
  readonly present: ApprovalBatchHandler = async ({ requests }, { signal }) => {
    for (const { key } of requests) this.#presented.add(key)
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
    await aborted(signal)
    for (const { key } of requests) this.#presented.delete(key)
    return new Map()
  }

  /** Returns the presented calls of a cell, or null when it has none. */
  of(cellId: string): ApprovalBatch | null {
    const batch = this.#queue.of(cellId)
    const requests = batch?.requests.filter(({ key }) => this.#presented.has(key)) ?? []
    return batch === null || requests.length === 0 ? null : { ...batch, requests }
  }

  decide(decisions: ReadonlyMap<string, ApprovalDecision>): void {
    this.#queue.decide(decisions)
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => resolve(), { once: true })
  if (signal.aborted) resolve()
  await promise
}
