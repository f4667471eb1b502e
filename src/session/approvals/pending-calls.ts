import { BoundedMap } from '../../collections/bounded-map.ts'
import type { ApprovalBatch, ApprovalRequest } from '../api/approval.ts'

/** The way in which a pending call was settled. */
export type Settled = 'allowed' | 'denied' | 'ended'

/** A call that waits for a decision. */
export type PendingCall = {
  readonly request: Omit<ApprovalRequest, 'input'>
  /** The input of the tool. Approvers receive copies. */
  readonly input: unknown
  readonly source: string
  readonly inputHash: string
  /** The digest of the tool when the call was presented. */
  readonly toolDigest: string
  readonly askedAt: number
  /**
   * Whether an earlier process requested the call, and its cell has not reached it again. The cell then reads the stored
   * decision.
   */
  readonly isStored: boolean
  /** Aborts when the call is settled. */
  readonly controller: AbortController
  readonly settle: (
    end: { readonly type: 'allowed' } | { readonly type: 'denied'; readonly reason: string | null },
  ) => void
}

/** Maximum number of settled calls whose outcome is retained for error messages. */
const maxSettled = 10_000

/** The pending calls of a session, in the order of the requests. Approvers do not see a hidden call, and cannot decide about it. */
export class PendingCalls {
  readonly #calls = new Map<string, PendingCall>()
  readonly #hidden = new Set<string>()
  readonly #settled = new BoundedMap<string, Settled>(maxSettled)

  add(call: PendingCall): void {
    this.#calls.set(call.request.key, call)
  }

  /** Hides a call whose request is not on record yet. */
  hide({ request: { key } }: PendingCall): void {
    this.#hidden.add(key)
  }

  /** Shows a hidden call. Returns false when it is settled. */
  show({ request: { key } }: PendingCall): boolean {
    this.#hidden.delete(key)
    return this.#calls.has(key)
  }

  isHidden(key: string): boolean {
    return this.#hidden.has(key)
  }

  /** Returns a call that is shown to approvers. */
  get(key: string): PendingCall | null {
    return this.#hidden.has(key) ? null : (this.#calls.get(key) ?? null)
  }

  /** Returns the reason why a call is not pending; null for an unknown call. */
  reasonOf(key: string): string | null {
    if (this.#hidden.has(key)) return 'its request is not on record yet'
    const settled = this.#settled.get(key)
    if (settled === undefined) return null
    return settled === 'ended' ? 'its cell has ended' : `it was ${settled} already`
  }

  /** Removes a call; returns false when it is already settled. */
  remove({ request: { key } }: PendingCall, settled: Settled): boolean {
    if (!this.#calls.delete(key)) return false
    this.#hidden.delete(key)
    this.#settled.set(key, settled)
    return true
  }

  /** Removes the stored calls of a cell, which it has not reached again. */
  dropStored(cellId: string): void {
    for (const call of this.list()) if (call.isStored && call.request.cellId === cellId) this.remove(call, 'ended')
  }

  /** Returns all calls. The decision about another call can settle a hidden one. */
  list(): readonly PendingCall[] {
    return [...this.#calls.values()]
  }

  /** Returns the pending calls by cell, of one cell or of all. */
  batches(cellId: string | null): readonly ApprovalBatch[] {
    const calls = this.list().filter(
      ({ request: { key, cellId: ofCell } }) => !this.#hidden.has(key) && (cellId === null || ofCell === cellId),
    )
    return [...Map.groupBy(calls, ({ request }) => request.cellId).values()].flatMap((ofCell) => batchOf(ofCell) ?? [])
  }
}

/** Returns calls of one cell as a batch; null for no calls. */
export function batchOf(calls: readonly PendingCall[]): ApprovalBatch | null {
  const [first] = calls
  if (first === undefined) return null
  return {
    cellId: first.request.cellId,
    source: first.source,
    requests: calls.map(requestCopy),
  }
}

/** Returns a request with a copy of the input, so that an approver cannot change the input of the call. */
export function requestCopy({ request, input }: Pick<PendingCall, 'request' | 'input'>): ApprovalRequest {
  return { ...request, input: structuredClone(input) }
}
