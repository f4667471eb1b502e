import type { CellStore } from '../../storage/session-store.ts'
import type { ContentItem } from '../../protocol/content-item.ts'
import type { EventFeed } from '../event-feed.ts'
import { outcomeOfEnd, since, type Ending, type FinalOutcome } from './cell-outcomes.ts'
import type { CellOutput } from './cell-output.ts'
import type { Observer } from './observer.ts'
import type { CellOutcome } from '../api/outcome.ts'

export type CellAnswersParts = {
  readonly cellId: string
  readonly store: CellStore
  readonly output: CellOutput
  /** Null: nobody listens. */
  readonly feed: EventFeed | null
}

/** The responses of one cell. Each is on record before it is handed over; what cannot be on record is kept for the next. */
export class CellAnswers {
  readonly #parts: CellAnswersParts

  constructor(parts: CellAnswersParts) {
    this.#parts = parts
  }

  /** Answers an observer; the cell goes on. */
  yielded(
    observer: Observer,
    { isStalled: stalled, waitsForHost }: { readonly isStalled: boolean; readonly waitsForHost: string | null },
  ): void {
    const { cellId, output } = this.#parts
    const items = output.take()
    const base: CellOutcome = { type: 'yielded', cellId, items, stalled, durationMs: since(observer.startedAt) }
    const outcome = waitsForHost === null ? base : { ...base, waitsForHost }
    try {
      this.#note(observer.requestId, outcome)
    } catch (error) {
      output.putBack(items)
      return observer.fail(error)
    }
    this.#tell(outcome)
    observer.answer(outcome)
  }

  /**
   * Hands the first items that nobody has taken to one who follows the cell; `ending` is that of a program that is over. Throws
   * `STORAGE_FAILED`; then they can be asked for again.
   */
  handedOver(count: number, ending: Ending | null): readonly ContentItem[] {
    const { cellId, store, output } = this.#parts
    const items = output.take(count)
    const outcome: CellOutcome = { type: 'yielded', cellId, items, stalled: false, durationMs: 0 }
    try {
      store.transaction(() => {
        // What is left of the output of a program that is over is on record as a whole.
        if (ending !== null) this.#noteLeft(ending)
        this.#note(null, outcome)
      })
    } catch (error) {
      output.putBack(items)
      throw error
    }
    this.#tell(outcome)
    return items
  }

  #noteLeft(ending: Ending): void {
    const { store, output } = this.#parts
    const items = output.take()
    output.putBack(items)
    store.recordEnd({ ...ending, items }, new Map())
  }

  /**
   * The program is over: what it stored is on record, and what it printed, or, for somebody who waits, the last response.
   * Throws `STORAGE_FAILED`; then nothing has happened.
   */
  finished(ending: Ending, writes: ReadonlyMap<string, string>, observer: Observer | null): FinalOutcome | null {
    const { store, output } = this.#parts
    const items = output.take()
    const outcome = observer === null ? null : this.#outcomeOf(ending, observer.startedAt, items)
    try {
      store.transaction(() => {
        store.recordEnd({ ...ending, items: outcome === null ? items : [] }, writes)
        if (outcome !== null) this.#noteEnd(observer?.requestId ?? null, outcome)
      })
    } catch (error) {
      output.putBack(items)
      throw error
    }
    if (outcome === null) output.putBack(items)
    else this.#last(outcome)
    return outcome
  }

  /** The last response of a program that is over. Throws `STORAGE_FAILED`; then it can be asked for again. */
  claimed(ending: Ending, startedAt: number, requestId: string | null): FinalOutcome {
    const { output } = this.#parts
    const items = output.take()
    const outcome = this.#outcomeOf(ending, startedAt, items)
    try {
      this.#noteEnd(requestId, outcome)
    } catch (error) {
      output.putBack(items)
      throw error
    }
    this.#last(outcome)
    return outcome
  }

  /** The last response of a cell that was stopped: stopped it is in any case, and on record when that can be. */
  terminated(startedAt: number, requestId: string | null): FinalOutcome {
    const { cellId, store, output } = this.#parts
    const items = output.take()
    const outcome: FinalOutcome = { type: 'terminated', cellId, items, durationMs: since(startedAt) }
    store.writeOrRetry(() => {
      this.#noteEnd(requestId, outcome)
      store.release()
    })
    this.#tell(outcome)
    return outcome
  }

  #outcomeOf(ending: Ending, startedAt: number, items: FinalOutcome['items']): FinalOutcome {
    return outcomeOfEnd(ending, { cellId: this.#parts.cellId, items, durationMs: since(startedAt) })
  }

  #note(requestId: string | null, outcome: CellOutcome): void {
    const { store, output } = this.#parts
    store.recordResponse({ requestId, outcome, delivered: output.delivered })
  }

  #noteEnd(requestId: string | null, outcome: FinalOutcome): void {
    const { store } = this.#parts
    store.transaction(() => {
      this.#note(requestId, outcome)
      store.recordEnding(outcome.type)
    })
  }

  #last(outcome: FinalOutcome): void {
    this.#parts.store.release()
    this.#tell(outcome)
  }

  #tell(outcome: Exclude<CellOutcome, { readonly type: 'missing' }>): void {
    const { type, items, durationMs } = outcome
    const errorText = type === 'failed' ? outcome.errorText : null
    const remarks = type === 'completed' || type === 'failed' ? (outcome.remarks ?? []) : []
    const { cellId, feed } = this.#parts
    feed?.emit({ type: 'cell_responded', cellId, response: { type, items, errorText, remarks, durationMs } })
  }
}
