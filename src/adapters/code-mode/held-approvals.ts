import { ApprovalQueue, type ApprovalSession } from '../../agent/following/approval-queue.ts'
import type { PartToAsk } from '../../agent/approval-prompt/part-to-ask.ts'
import type { ApprovalBatch, ApprovalDecision, ApprovalRequest } from '../../session/api/approval.ts'

/** The request of one call of `wait` for a decision: exactly the calls that were pending when it was made, by cell. */
export type Question = {
  readonly asked: readonly ApprovalBatch[]
  /** Calls that the request did not show. The next one does. */
  readonly later: readonly ApprovalRequest[]
  /** Calls that no request can show. A denial applies to them as well. */
  readonly tooLong: readonly ApprovalRequest[]
}

/** Selects the calls of a cell that one request shows. */
export type Choice = (requests: readonly ApprovalRequest[]) => PartToAsk

/** For SDKs that show no calls themselves: the embedder shows all pending calls. */
export const everything: Choice = (requests) => ({ asked: requests, later: [], tooLong: [] })

/**
 * Pending nested calls, for SDKs that request approvals between two turns of the model and not during a tool call. `exec`
 * responds that approvals are needed, and the SDK's approval of the following `wait` is the decision about them. It applies to
 * the calls that were pending when the SDK requested it, and to no later ones. The session stores the calls, so they can survive
 * this process; the requests do not, and are made again.
 */
export class HeldApprovals {
  readonly #queue: ApprovalQueue
  readonly #questions = new Map<string, Question>()
  /** The calls of each cell that a response or a request has mentioned. */
  readonly #mentioned = new Map<string, ReadonlySet<string>>()

  constructor(session: ApprovalSession) {
    this.#queue = new ApprovalQueue(() => session)
  }

  /** Returns the pending calls of a cell for a response that mentions them, or null. */
  present(cellId: string): ApprovalBatch | null {
    const batch = this.#queue.of(cellId)
    if (batch !== null) this.#mentioned.set(cellId, new Set(batch.requests.map(({ key }) => key)))
    return batch
  }

  /** Returns whether a cell has pending calls that no response has mentioned. */
  hasNews(cellId: string): boolean {
    const mentioned = this.#mentioned.get(cellId)
    return this.#queue.of(cellId)?.requests.some(({ key }) => mentioned?.has(key) !== true) === true
  }

  /** Returns all pending calls of some cells, as the request `id`. */
  ask(id: string, cellIds: readonly string[]): readonly ApprovalBatch[] {
    return this.question(id, cellIds, everything)?.asked ?? []
  }

  /**
   * Returns the pending calls of some cells as the request `id`, or null when there are none. A repeated request stays the same.
   * The next response mentions the calls that it does not show.
   */
  question(id: string, cellIds: readonly string[], choice: Choice): Question | null {
    const known = this.#questions.get(id)
    if (known !== undefined) return known
    const batches = cellIds.flatMap((cellId) => this.#queue.of(cellId) ?? [])
    if (batches.length === 0) return null
    const parts = batches.map((batch) => ({ batch, part: choice(batch.requests) }))
    for (const { batch, part } of parts) {
      this.#mentioned.set(batch.cellId, new Set([...part.asked, ...part.tooLong].map(({ key }) => key)))
    }
    const question = {
      asked: parts.flatMap(({ batch, part }) => (part.asked.length === 0 ? [] : [{ ...batch, requests: part.asked }])),
      later: parts.flatMap(({ part }) => part.later),
      tooLong: parts.flatMap(({ part }) => part.tooLong),
    }
    this.#questions.set(id, question)
    return question
  }

  /** Returns whether this process made the request and it is undecided. */
  isOpen(id: string): boolean {
    return this.#questions.has(id)
  }

  /** Returns the ids of the undecided requests about a cell. */
  questions(cellId: string): readonly string[] {
    const isAbout = ({ asked, tooLong }: Question): boolean =>
      [...asked, ...tooLong].some((about) => about.cellId === cellId)
    return [...this.#questions].filter(([, question]) => isAbout(question)).map(([id]) => id)
  }

  /** Applies the decision about a request. Unknown requests are ignored. */
  decide(id: string, decision: ApprovalDecision): void {
    const question = this.#questions.get(id)
    this.#questions.delete(id)
    if (question === undefined) return
    const shown = question.asked.flatMap(({ requests }) => requests)
    const requests = decision.type === 'deny' ? [...shown, ...question.tooLong] : shown
    this.#queue.decide(new Map(requests.map(({ key }) => [key, decision])))
  }

  /** Removes a cell that has ended from all requests. */
  forget(cellId: string): void {
    this.#mentioned.delete(cellId)
    for (const id of this.questions(cellId)) {
      const question = this.#questions.get(id)
      if (question === undefined) continue
      const isOther = (about: { readonly cellId: string }): boolean => about.cellId !== cellId
      const { asked, later, tooLong } = question
      const others = { asked: asked.filter(isOther), later: later.filter(isOther), tooLong: tooLong.filter(isOther) }
      if (others.asked.length + others.tooLong.length === 0) this.#questions.delete(id)
      else this.#questions.set(id, others)
    }
  }
}
