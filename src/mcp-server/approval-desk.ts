import { hasCode } from '../errors.ts'
import type { ApprovalBatch, ApprovalDecision, ApprovalBatchHandler } from '../session/api/approval.ts'
import { reachOf } from '../session/approvals/parse-decision.ts'
import type { Session } from '../session/api/session-options.ts'

/** What waits for the person behind a client. The session keeps it: it outlives the call that asked. */
export class ApprovalDesk {
  readonly #session: () => Session | null
  /** The calls that were presented, together with those that came with them. */
  readonly #presented = new Set<string>()
  #changed = Promise.withResolvers<void>()

  constructor(session: () => Session | null) {
    this.#session = session
  }

  /** Resolves when something new waits. */
  get changed(): Promise<void> {
    return this.#changed.promise
  }

  /** Takes a batch, and leaves it to `decide`. */
  readonly present: ApprovalBatchHandler = async ({ requests }, { signal }) => {
    for (const { key } of requests) this.#presented.add(key)
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
    await aborted(signal)
    for (const { key } of requests) this.#presented.delete(key)
    return new Map()
  }

  /** What a cell waits for, the longest first; null: nothing. */
  of(cellId: string): ApprovalBatch | null {
    const [batch] = this.#session()?.pendingApprovals(cellId) ?? []
    const requests = (batch?.requests ?? []).filter(({ key }) => this.#presented.has(key))
    return batch === undefined || requests.length === 0 ? null : { ...batch, requests }
  }

  /** Takes decisions: a no first, and what holds for calls to come last, so that none of them covers what was decided otherwise. */
  decide(decisions: ReadonlyMap<string, ApprovalDecision>): void {
    const inOrder = [...decisions].sort(([, left], [, right]) => reachOf(left) - reachOf(right))
    for (const [key, decision] of inOrder) this.#decideOne(key, decision)
  }

  #decideOne(key: string, decision: ApprovalDecision): void {
    try {
      this.#session()?.decide(key, decision)
    } catch (error) {
      // The cell has ended meanwhile, or the question was answered twice.
      if (!hasCode(error, 'APPROVAL_NOT_PENDING')) throw error
    }
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => resolve(), { once: true })
  if (signal.aborted) resolve()
  await promise
}
