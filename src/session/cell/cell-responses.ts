import type { Barrier, CellStore } from '../../storage/session-store.ts'
import type { ContentItem } from '../../protocol/content-item.ts'
import type { TerminatedBy } from '../../events/session-event.ts'
import type { CellOutcome } from '../api/outcome.ts'
import { deferredCallsOf } from '../api/deferred-call.ts'
import type { CellWaits } from '../following/cell-waits.ts'
import type { TakenOutput } from '../following/follower.ts'
import { afterBarrier } from '../common/after-barrier.ts'
import type { EventFeed } from '../common/event-feed.ts'
import type { CellInit, SessionServices } from '../services/session-services.ts'
import { outcomeOfEnd, since, type Ending, type FinalOutcome } from '../output/cell-outcomes.ts'
import type { CellOutput } from '../output/cell-output.ts'
import type { Observer } from './observer.ts'

/**
 * The responses of a cell. Each is recorded, and delivered at the barrier after its record. Output that cannot be recorded or
 * delivered stays for the next response.
 */
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

  /** Responds to an observer of a cell that keeps running. Calls `onUndelivered` with the output that it did not receive. */
  yield(
    observer: Observer,
    { isStalled: stalled, hostTrouble, deferredCalls }: CellWaits,
    onUndelivered: (items: readonly ContentItem[]) => void,
  ): void {
    const items = this.#output.take()
    const durationMs = since(observer.startedAt)
    const waits = { ...deferredCallsOf(deferredCalls), ...(hostTrouble === null ? {} : { waitsForHost: hostTrouble }) }
    const outcome: CellOutcome = { type: 'yielded', cellId: this.#cellId, items, stalled, durationMs, ...waits }
    try {
      this.#record(observer.requestId, outcome)
    } catch (error) {
      this.#output.putBack(items)
      return observer.fail(error)
    }
    observer.respondAt(this.#store.barrier(), outcome, {
      onDelivered: () => this.#emit(outcome),
      // With a request id, the output belongs to the response of a repeated request.
      onUndelivered: () => onUndelivered(observer.requestId === null ? items : []),
    })
  }

  /**
   * Takes the first `count` unread items for a follower.
   *
   * @param ending The ending of a finished program; null while the program runs.
   * @throws {CodecellError} `STORAGE_FAILED` when the items cannot be recorded. They stay unread.
   */
  take(count: number, ending: Ending | null, onUndelivered: (items: readonly ContentItem[]) => void): TakenOutput {
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
    const barrier = this.#store.barrier()
    const onRecord = (): void => this.#emit(outcome)
    afterBarrier(barrier, onRecord, () => onUndelivered(items))
    return { items, delivered: barrier }
  }

  /**
   * Puts recorded output back, because it was not delivered. The next response includes it.
   *
   * @param ending The ending of a finished program; null while the program runs.
   */
  putBack(items: readonly ContentItem[], ending: Ending | null): void {
    if (items.length === 0 && ending === null) return
    this.#output.putBack(items)
    const outcome: CellOutcome = { type: 'yielded', cellId: this.#cellId, items: [], stalled: false, durationMs: 0 }
    try {
      this.#store.transaction(() => {
        if (ending !== null) this.#recordUnread(ending)
        this.#record(null, outcome)
      })
    } catch {
      // A later record replaces this one. Until then the output is lost if the process ends.
    }
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
    return outcome
  }

  /** Records and returns the last response of a terminated cell. Retries until the response is recorded. */
  terminate(startedAt: number, requestId: string | null): FinalOutcome {
    const items = this.#output.take()
    const outcome: FinalOutcome = { type: 'terminated', cellId: this.#cellId, items, durationMs: since(startedAt) }
    this.#store.writeOrRetry(() => {
      this.#recordLast(requestId, outcome)
      this.#store.release()
    })
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

  /** Returns the barrier before the delivery of the last response. */
  barrier(): Barrier {
    return this.#store.barrier()
  }

  /** Called when the last response is delivered. */
  onDelivered(outcome: FinalOutcome, terminatedBy: TerminatedBy | null = null): void {
    if (terminatedBy === null) this.#store.release()
    this.#emit(outcome, terminatedBy)
  }

  #emit(outcome: Exclude<CellOutcome, { readonly type: 'missing' }>, terminatedBy: TerminatedBy | null = null): void {
    const { type, items, durationMs } = outcome
    const errorText = type === 'failed' ? outcome.errorText : null
    const remarks = type === 'completed' || type === 'failed' ? (outcome.remarks ?? []) : []
    // The caller is another process if this one did not terminate the cell.
    const by = terminatedBy ?? (type === 'terminated' ? 'caller' : null)
    const response = { type, items, errorText, remarks, durationMs, terminatedBy: by }
    this.#feed?.emit({ type: 'cell_responded', cellId: this.#cellId, response })
  }
}
