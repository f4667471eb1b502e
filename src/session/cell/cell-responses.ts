import type { CellStore } from '../../storage/session-store.ts'
import type { ContentItem } from '../../protocol/content-item.ts'
import type { TerminatedBy } from '../../events/session-event.ts'
import type { CellOutcome } from '../api/outcome.ts'
import type { EventFeed } from '../common/event-feed.ts'
import type { CellInit, SessionServices } from '../services/session-services.ts'
import { outcomeOfEnd, since, type Ending, type FinalOutcome } from '../output/cell-outcomes.ts'
import type { CellOutput } from '../output/cell-output.ts'
import type { Observer } from './observer.ts'

/** The responses of a cell. Each is recorded before it is delivered. Output that cannot be recorded stays for the next response. */
export class CellResponses {
  readonly #cellId: string
  readonly #store: CellStore
  readonly #output: CellOutput
  readonly #feed: EventFeed | null

  constructor({ feed }: SessionServices, { cellId, store }: CellInit, output: CellOutput) {
    this.#cellId = cellId
    this.#store = store
    this.#output = output
    this.#feed = feed
  }

  /** Responds to an observer of a cell that keeps running. */
  yield(
    observer: Observer,
    { isStalled: stalled, waitsForHost }: { readonly isStalled: boolean; readonly waitsForHost: string | null },
  ): void {
    const items = this.#output.take()
    const durationMs = since(observer.startedAt)
    const base: CellOutcome = { type: 'yielded', cellId: this.#cellId, items, stalled, durationMs }
    const outcome = waitsForHost === null ? base : { ...base, waitsForHost }
    try {
      this.#record(observer.requestId, outcome)
    } catch (error) {
      this.#output.putBack(items)
      return observer.fail(error)
    }
    this.#emit(outcome)
    observer.respond(outcome)
  }

  /**
   * Takes the first `count` unread items for a follower.
   *
   * @param ending The ending of a finished program; null while the program runs.
   * @throws {CodecellError} `STORAGE_FAILED` when the items cannot be recorded. They stay unread.
   */
  take(count: number, ending: Ending | null): readonly ContentItem[] {
    const items = this.#output.take(count)
    const outcome: CellOutcome = { type: 'yielded', cellId: this.#cellId, items, stalled: false, durationMs: 0 }
    try {
      this.#store.transaction(() => {
        // The record of a finished program includes all its unread output.
        if (ending !== null) this.#recordUnread(ending)
        this.#record(null, outcome)
      })
    } catch (error) {
      this.#output.putBack(items)
      throw error
    }
    this.#emit(outcome)
    return items
  }

  #recordUnread(ending: Ending): void {
    const items = this.#output.take()
    this.#output.putBack(items)
    this.#store.recordEnd({ ...ending, items }, new Map())
  }

  /**
   * Records the end of the program with its stored values. Also records the last response if the cell has an observer, or else the
   * unread output. Returns the last response, or null without an observer.
   *
   * @throws {CodecellError} `STORAGE_FAILED` when the end cannot be recorded. The state of the cell is unchanged.
   */
  finish(ending: Ending, writes: ReadonlyMap<string, string>, observer: Observer | null): FinalOutcome | null {
    const items = this.#output.take()
    const outcome = observer === null ? null : this.#outcomeOf(ending, observer.startedAt, items)
    try {
      this.#store.transaction(() => {
        this.#store.recordEnd({ ...ending, items: outcome === null ? items : [] }, writes)
        if (outcome !== null) this.#recordLast(observer?.requestId ?? null, outcome)
      })
    } catch (error) {
      this.#output.putBack(items)
      throw error
    }
    if (outcome === null) this.#output.putBack(items)
    else this.#deliverLast(outcome)
    return outcome
  }

  /**
   * Records and returns the last response of a finished program.
   *
   * @throws {CodecellError} `STORAGE_FAILED` when the response cannot be recorded. It can be claimed again.
   */
  claim(ending: Ending, startedAt: number, requestId: string | null): FinalOutcome {
    const items = this.#output.take()
    const outcome = this.#outcomeOf(ending, startedAt, items)
    try {
      this.#recordLast(requestId, outcome)
    } catch (error) {
      this.#output.putBack(items)
      throw error
    }
    this.#deliverLast(outcome)
    return outcome
  }

  /** Returns the last response of a terminated cell. Retries until the response is recorded. */
  terminate(startedAt: number, requestId: string | null, by: TerminatedBy): FinalOutcome {
    const items = this.#output.take()
    const outcome: FinalOutcome = { type: 'terminated', cellId: this.#cellId, items, durationMs: since(startedAt) }
    this.#store.writeOrRetry(() => {
      this.#recordLast(requestId, outcome)
      this.#store.release()
    })
    this.#emit(outcome, by)
    return outcome
  }

  #outcomeOf(ending: Ending, startedAt: number, items: FinalOutcome['items']): FinalOutcome {
    return outcomeOfEnd(ending, { cellId: this.#cellId, items, durationMs: since(startedAt) })
  }

  #record(requestId: string | null, outcome: CellOutcome): void {
    this.#store.recordResponse({ requestId, outcome, delivered: this.#output.delivered })
  }

  #recordLast(requestId: string | null, outcome: FinalOutcome): void {
    this.#store.transaction(() => {
      this.#record(requestId, outcome)
      this.#store.recordEnding(outcome.type)
    })
  }

  #deliverLast(outcome: FinalOutcome): void {
    this.#store.release()
    this.#emit(outcome)
  }

  #emit(outcome: Exclude<CellOutcome, { readonly type: 'missing' }>, terminatedBy: TerminatedBy | null = null): void {
    const { type, items, durationMs } = outcome
    const errorText = type === 'failed' ? outcome.errorText : null
    const remarks = type === 'completed' || type === 'failed' ? (outcome.remarks ?? []) : []
    const response = { type, items, errorText, remarks, durationMs, terminatedBy }
    this.#feed?.emit({ type: 'cell_responded', cellId: this.#cellId, response })
  }
}
