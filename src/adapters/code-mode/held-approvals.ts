import { ApprovalQueue, type ApprovalSession } from '../../agent/following/approval-queue.ts'
import type { PartToAsk } from '../../agent/approval-prompt/part-to-ask.ts'
import type { ApprovalBatch, ApprovalDecision, ApprovalRequest } from '../../session/api/approval.ts'

/** What one call of `wait` asks a person for: exactly the calls that were waiting when the question was put, by cell. */
export type Question = {
  readonly asked: readonly ApprovalBatch[]
  /** Calls that are asked about next: the question did not show them. */
  readonly later: readonly ApprovalRequest[]
  /** Calls that no question can show. A no is for them too. */
  readonly tooLong: readonly ApprovalRequest[]
}

/** What of the calls of a cell one question shows. */
export type Choice = (requests: readonly ApprovalRequest[]) => PartToAsk

/** For frameworks that show nothing themselves: the embedder shows all that waits. */
export const everything: Choice = (requests) => ({ asked: requests, later: [], tooLong: [] })

/**
 * Nested calls that wait for a person, for agents that ask between two turns of the model and not during a tool call:
 * `exec` answers that approvals are needed, and the agent's own question about the following `wait` is the question about
 * them. A yes allows what was waiting when the question was put, and nothing that came later. The calls themselves are kept
 * by the session, so they outlive this process where the session does; questions do not, and are put again.
 */
export class HeldApprovals {
  readonly #queue: ApprovalQueue
  readonly #questions = new Map<string, Question>()
  /** The calls of each cell that an answer of `exec` or `wait`, or a question, has told of. */
  readonly #told = new Map<string, ReadonlySet<string>>()

  constructor(session: ApprovalSession) {
    this.#queue = new ApprovalQueue(() => session)
  }

  /** The calls that wait now, for an answer that tells the model of them; null: none. */
  present(cellId: string): ApprovalBatch | null {
    const batch = this.#queue.of(cellId)
    if (batch !== null) this.#told.set(cellId, new Set(batch.requests.map(({ key }) => key)))
    return batch
  }

  /** Whether calls of the cell wait that no answer has told of. */
  hasNews(cellId: string): boolean {
    const told = this.#told.get(cellId)
    return this.#queue.of(cellId)?.requests.some(({ key }) => told?.has(key) !== true) === true
  }

  /** The calls of some cells, where the question `id` is about all that wait. */
  ask(id: string, cellIds: readonly string[]): readonly ApprovalBatch[] {
    return this.question(id, cellIds, everything)?.asked ?? []
  }

  /**
   * The calls of some cells that the question `id` is about; null: none wait. Asked again, the question stays what it was. What it
   * does not show is news for the next answer.
   */
  question(id: string, cellIds: readonly string[], choice: Choice): Question | null {
    const known = this.#questions.get(id)
    if (known !== undefined) return known
    const batches = cellIds.flatMap((cellId) => this.#queue.of(cellId) ?? [])
    if (batches.length === 0) return null
    const parts = batches.map((batch) => ({ batch, part: choice(batch.requests) }))
    for (const { batch, part } of parts) {
      this.#told.set(batch.cellId, new Set([...part.asked, ...part.tooLong].map(({ key }) => key)))
    }
    const question = {
      asked: parts.flatMap(({ batch, part }) => (part.asked.length === 0 ? [] : [{ ...batch, requests: part.asked }])),
      later: parts.flatMap(({ part }) => part.later),
      tooLong: parts.flatMap(({ part }) => part.tooLong),
    }
    this.#questions.set(id, question)
    return question
  }

  /** Whether the question was put here and is not answered. */
  isOpen(id: string): boolean {
    return this.#questions.has(id)
  }

  /** The open questions about a cell. */
  questions(cellId: string): readonly string[] {
    const isAbout = ({ asked, tooLong }: Question): boolean =>
      [...asked, ...tooLong].some((about) => about.cellId === cellId)
    return [...this.#questions].filter(([, question]) => isAbout(question)).map(([id]) => id)
  }

  /** Answers a question; one that was never put changes nothing. */
  answer(id: string, decision: ApprovalDecision): void {
    const question = this.#questions.get(id)
    this.#questions.delete(id)
    if (question === undefined) return
    const shown = question.asked.flatMap(({ requests }) => requests)
    const requests = decision.type === 'deny' ? [...shown, ...question.tooLong] : shown
    this.#queue.decide(new Map(requests.map(({ key }) => [key, decision])))
  }

  /** The cell has ended: nothing about it is asked any more. */
  forget(cellId: string): void {
    this.#told.delete(cellId)
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
