import type { CellOutcome, Session } from '../src/index.ts'
import { passedOn } from '../test/session/passed-on.ts'

/** A cell with a long silent call, on a virtual clock, so that the benchmark does not wait for it. */
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
      const outcome: CellOutcome = isOver
        ? { type: 'completed', ...base }
        : { type: 'yielded', ...base, stalled: false }
      return Promise.resolve(outcome)
    }
    return { ...passedOn(session), observe }
  }
}
