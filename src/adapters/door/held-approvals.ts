import type { ApprovalDecision, ApprovalHandler, ApprovalRequest } from '../../session/approval.ts'

type Held = {
  readonly request: ApprovalRequest
  readonly decide: (decision: ApprovalDecision) => void
  /** No answer of `exec` or `wait` has told of it yet. */
  isNews: boolean
}

/** What one call of `wait` asks a person for: exactly the calls that were waiting when the question was put. */
type Question = { readonly cellId: string; readonly held: readonly Held[] }

/**
 * Nested calls that wait for a person, for agents that ask between two turns of the model and not during a tool call:
 * `exec` answers that approvals are needed, and the agent's own question about the following `wait` is the question about
 * them. A yes allows what was waiting when the question was put, and nothing that came later.
 */
export class HeldApprovals {
  readonly #held = new Set<Held>()
  readonly #questions = new Map<string, Question>()
  readonly #onHeld: (cellId: string) => void

  constructor(onHeld: (cellId: string) => void) {
    this.#onHeld = onHeld
  }

  readonly handler: ApprovalHandler = async (request, { signal }) => {
    const { promise, resolve } = Promise.withResolvers<ApprovalDecision>()
    const held: Held = { request, decide: resolve, isNews: true }
    const drop = (): void => resolve({ type: 'deny', reason: 'the call is not wanted any more' })
    signal.addEventListener('abort', drop)
    this.#held.add(held)
    this.#onHeld(request.cellId)
    try {
      return await promise
    } finally {
      this.#held.delete(held)
      signal.removeEventListener('abort', drop)
    }
  }

  /** The calls that wait now, of one cell or of all. */
  pending(cellId: string | null): readonly ApprovalRequest[] {
    return this.#heldOf(cellId).map(({ request }) => request)
  }

  /** The calls that wait now, for an answer that tells the model of them. */
  present(cellId: string): readonly ApprovalRequest[] {
    const held = this.#heldOf(cellId)
    for (const each of held) each.isNews = false
    return held.map(({ request }) => request)
  }

  /** Whether calls of the cell wait that no answer has told of. */
  hasNews(cellId: string): boolean {
    return this.#heldOf(cellId).some(({ isNews }) => isNews)
  }

  /** The calls that the question `id` is about. Asked again, the question stays what it was. */
  ask(id: string, cellId: string): readonly ApprovalRequest[] {
    const question = this.#questions.get(id) ?? { cellId, held: this.#heldOf(cellId) }
    if (question.held.length > 0) this.#questions.set(id, question)
    for (const each of question.held) each.isNews = false
    return question.held.map(({ request }) => request)
  }

  /** The open questions about a cell. */
  questions(cellId: string): readonly string[] {
    return [...this.#questions].filter(([, question]) => question.cellId === cellId).map(([id]) => id)
  }

  /** Answers a question; one that was never put changes nothing. */
  answer(id: string, decision: ApprovalDecision): void {
    for (const held of this.#questions.get(id)?.held ?? []) {
      // Decided from this moment on, for whoever asks next.
      this.#held.delete(held)
      held.decide(decision)
    }
    this.#questions.delete(id)
  }

  /** The cell has ended: nothing about it is asked any more. */
  forget(cellId: string): void {
    for (const id of this.questions(cellId)) this.#questions.delete(id)
  }

  #heldOf(cellId: string | null): readonly Held[] {
    return [...this.#held].filter(({ request }) => cellId === null || request.cellId === cellId)
  }
}
