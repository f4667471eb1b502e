import { BoundedMap } from '../../collections/bounded-map.ts'
import type { ApprovalBatch, ApprovalRequest } from '../api/approval.ts'

/** How a call stopped waiting. */
export type Settled = 'allowed' | 'denied' | 'ended'

/** A call that waits for a decision. */
export type PendingCall = {
  readonly request: Omit<ApprovalRequest, 'input'>
  /** What the tool will be given: shown as copies. */
  readonly input: unknown
  readonly source: string
  readonly inputHash: string
  /** What the tool was when the call was shown. */
  readonly toolDigest: string
  readonly askedAt: number
  /** Requested in an earlier process: its cell has not reached it again, and will find the decision on record. */
  readonly isStored: boolean
  /** Aborts when the call is settled. */
  readonly controller: AbortController
  readonly settle: (
    end: { readonly type: 'allowed' } | { readonly type: 'denied'; readonly reason: string | null },
  ) => void
}

/** Settled calls that are remembered, to say what became of them. */
const maxSettled = 10_000

/** The calls of a session that wait for a decision, in the order of the requests. */
export class PendingCalls {
  readonly #calls = new Map<string, PendingCall>()
  readonly #settled = new BoundedMap<string, Settled>(maxSettled)

  add(call: PendingCall): void {
    this.#calls.set(call.request.key, call)
  }

  get(key: string): PendingCall | null {
    return this.#calls.get(key) ?? null
  }

  /** Returns why a call does not wait, in words; null for an unknown call. */
  reasonOf(key: string): string | null {
    const settled = this.#settled.get(key)
    if (settled === undefined) return null
    return settled === 'ended' ? 'its cell has ended' : `it was ${settled} already`
  }

  /** Removes a call. Returns false when it was settled before. */
  remove({ request: { key } }: PendingCall, settled: Settled): boolean {
    if (!this.#calls.delete(key)) return false
    this.#settled.set(key, settled)
    return true
  }

  /** Removes the calls of a cell that it has not reached again. */
  dropStored(cellId: string): void {
    for (const call of this.list()) if (call.isStored && call.request.cellId === cellId) this.remove(call, 'ended')
  }

  list(): readonly PendingCall[] {
    return [...this.#calls.values()]
  }

  /** The waiting calls by cell. */
  batches(cellId: string | null): readonly ApprovalBatch[] {
    const calls = this.list().filter(({ request }) => cellId === null || request.cellId === cellId)
    return [...Map.groupBy(calls, ({ request }) => request.cellId).values()].flatMap((ofCell) => batchOf(ofCell) ?? [])
  }
}

/** Calls of one cell as they are presented; null for none. */
export function batchOf(calls: readonly PendingCall[]): ApprovalBatch | null {
  const [first] = calls
  if (first === undefined) return null
  return {
    cellId: first.request.cellId,
    source: first.source,
    requests: calls.map(requestCopy),
  }
}

/** Returns a copy of a request, so that an approver cannot change the input of others, or of the call. */
export function requestCopy({ request, input }: Pick<PendingCall, 'request' | 'input'>): ApprovalRequest {
  return { ...request, input: structuredClone(input) }
}
