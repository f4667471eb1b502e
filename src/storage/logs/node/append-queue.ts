import { limitExceeded } from '../log-errors.ts'
import { maxBatchBytes, maxLogBytes } from '../limits.ts'
import type { LogRecord, Projection } from '../session-logs.ts'

/** A row on record. `totalBytes` counts all rows of the log up to it, from the opening on. */
export type RowOnRecord = { readonly seq: number; readonly sum: string; readonly totalBytes: number }

/** Records that become one row. */
export type RowDraft = {
  records: string[]
  taken: string[]
  bytes: number
  projection: Projection
  /** Whether a record is one that the next owner does not write again. */
  isProgress: boolean
  readonly outcome: PromiseWithResolvers<RowOnRecord>
}

type AddedTo = { readonly taken: readonly string[]; readonly logBytes: number }

/** The records of one session that wait for the row under way, grouped into the rows that follow it. */
export class AppendQueue {
  readonly #drafts: RowDraft[] = []
  #isSealed = true
  /** Bytes of all drafts. */
  bytes = 0

  get isEmpty(): boolean {
    return this.#drafts.length === 0
  }

  /**
   * Adds records. Returns a promise of the row that has them. `logBytes` is the size of the log.
   *
   * @throws {CodecellError} `LIMIT_EXCEEDED`; then nothing is added
   */
  add(
    records: readonly LogRecord[],
    { projection, taken, isProgress, logBytes }: Pick<RowDraft, 'projection' | 'isProgress'> & AddedTo,
  ): Promise<RowOnRecord> {
    const lines = records.map((record) => JSON.stringify(record))
    const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 2)
    if (bytes > maxBatchBytes) {
      throw limitExceeded('append records', 'bytes', { limit: 'maxBatchBytes', max: maxBatchBytes, observed: bytes })
    }
    if (logBytes + this.bytes + bytes > maxLogBytes) {
      const observed = logBytes + this.bytes + bytes
      throw limitExceeded('append records', 'bytes behind the last snapshot', {
        limit: 'maxLogBytes',
        max: maxLogBytes,
        observed,
      })
    }
    const draft = this.#draftFor(bytes, projection)
    draft.records.push(...lines)
    draft.taken.push(...taken)
    draft.projection = projection
    draft.isProgress ||= isProgress
    draft.bytes += bytes
    this.bytes += bytes
    return draft.outcome.promise
  }

  /** Returns the promise of the last row, to which no later records are added; null when the queue is empty. */
  seal(): Promise<RowOnRecord> | null {
    this.#isSealed = true
    return this.#drafts.at(-1)?.outcome.promise ?? null
  }

  /** Removes and returns the next row. */
  take(): RowDraft | null {
    const draft = this.#drafts.shift() ?? null
    if (draft !== null) this.bytes -= draft.bytes
    return draft
  }

  fail(error: unknown): void {
    for (const { outcome } of this.#drafts.splice(0)) outcome.reject(error)
    this.bytes = 0
  }

  #draftFor(bytes: number, projection: Projection): RowDraft {
    const last = this.#drafts.at(-1)
    if (last !== undefined && !this.#isSealed && last.bytes + bytes <= maxBatchBytes) return last
    const outcome = Promise.withResolvers<RowOnRecord>()
    const draft: RowDraft = { records: [], taken: [], bytes: 0, projection, isProgress: false, outcome }
    // Each caller has this promise, too; a caller that ignores its own is not the fault of the others.
    draft.outcome.promise.catch(() => undefined)
    this.#drafts.push(draft)
    this.#isSealed = false
    return draft
  }
}
