import type { Outcome, Session } from '../src/index.ts'

/** A cell whose call takes long and says nothing, on a clock that is only looked at: nobody waits for it in earnest. */
export class QuietCall {
  nowMs = 0
  readonly #endMs: number

  constructor(durationMs: number) {
    this.#endMs = durationMs
  }

  sessionOver(session: Session): Session {
    const observe: Session['observe'] = (cellId, options) => {
      const startedAt = this.nowMs
      this.nowMs = Math.min(this.nowMs + (options?.yieldTimeMs ?? 0), this.#endMs)
      const base = { cellId, items: [], durationMs: this.nowMs - startedAt }
      const isOver = this.nowMs >= this.#endMs
      const outcome: Outcome = isOver ? { type: 'completed', ...base } : { type: 'yielded', ...base, stalled: false }
      return Promise.resolve(outcome)
    }
    return {
      observe,
      catalogue: session.catalogue,
      setTools: (tools) => session.setTools(tools),
      execute: (source, options) => session.execute(source, options),
      terminate: (cellId, options) => session.terminate(cellId, options),
      cells: () => session.cells(),
      endingOf: (cellId) => session.endingOf(cellId),
      keepOutput: (cellId, text, options) => session.keepOutput(cellId, text, options),
      keptOutput: (cellId) => session.keptOutput(cellId),
      keptOutputs: () => session.keptOutputs(),
      close: () => session.close(),
      [Symbol.asyncDispose]: () => session.close(),
    }
  }
}
