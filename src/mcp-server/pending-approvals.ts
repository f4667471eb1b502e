import type { ApprovalDecision, ApprovalHandler, ApprovalRequest } from '../session/approval.ts'

/** A nested call that waits for the person behind the client. */
export type PendingApproval = {
  readonly key: string
  readonly request: ApprovalRequest
  readonly decide: (decision: ApprovalDecision) => void
}

/** What waits for an answer in one session. Nothing here outlives the call that asked. */
export class PendingApprovals {
  readonly #pending = new Map<string, PendingApproval>()
  #changed = Promise.withResolvers<void>()
  #count = 0

  /** Resolves when something new waits. */
  get changed(): Promise<void> {
    return this.#changed.promise
  }

  readonly ask: ApprovalHandler = (request, { signal }) =>
    new Promise((resolve, reject) => {
      const key = `approval-${++this.#count}`
      const giveUp = (): void => {
        this.#pending.delete(key)
        reject(new Error('the call was given up before anybody answered'))
      }
      const decide = (decision: ApprovalDecision): void => {
        this.#pending.delete(key)
        signal.removeEventListener('abort', giveUp)
        resolve(decision)
      }
      if (signal.aborted) return giveUp()
      signal.addEventListener('abort', giveUp, { once: true })
      this.#pending.set(key, { key, request, decide })
      this.#changed.resolve()
      this.#changed = Promise.withResolvers()
    })

  /** What a cell waits for, the longest first. */
  of(cellId: string | null): readonly PendingApproval[] {
    return [...this.#pending.values()].filter(({ request }) => request.cellId === cellId)
  }
}
