import type { Decision } from '../../../console/src/playground/backend/backend.ts'
import type { ApprovalDecision, ApprovalRequest } from '../../../src/portable.ts'

/** The calls that wait for a decision in the page. */
export class PendingDecisions {
  readonly #pending = new Map<string, (decision: ApprovalDecision) => void>()
  #onAsked: (callId: string, key: string) => void = () => undefined

  /** Sets the function that each pending call is reported to. */
  set onAsked(listener: (callId: string, key: string) => void) {
    this.#onAsked = listener
  }

  decisionOn({ key, callId }: ApprovalRequest, signal: AbortSignal): Promise<ApprovalDecision> {
    const { promise, resolve } = Promise.withResolvers<ApprovalDecision>()
    this.#pending.set(key, resolve)
    signal.addEventListener('abort', () => this.decide(key, { type: 'deny', reason: 'the cell ended' }))
    this.#onAsked(callId, key)
    return promise
  }

  decide(key: string, decision: Decision): void {
    const resolve = this.#pending.get(key)
    this.#pending.delete(key)
    resolve?.(decision.type === 'allow' || decision.reason !== '' ? decision : { type: 'deny' })
  }
}
