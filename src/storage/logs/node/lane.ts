import { messageOf } from '../../../errors.ts'
import { storeClosed } from '../log-errors.ts'
import type { LogDatabase, NewRow, RowOutcome } from '../log-database.ts'

const maxRowsPerStatement = 256
const maxBytesPerStatement = 8 * 1024 * 1024
const minBackoffMs = 20
const maxBackoffMs = 1000

/** The part of an engine that adds rows. */
type RowStore = Pick<LogDatabase, 'insert' | 'where'>

type Job = {
  readonly row: NewRow
  readonly isRetried: boolean
  readonly resolve: (outcome: RowOutcome) => void
  readonly reject: (error: unknown) => void
}

/**
 * Sends rows of many sessions to the store, one statement at a time: rows that arrive during a statement share the next
 * one. A statement without a known outcome is sent again, with the same rows; a row that is already on record counts
 * as added.
 */
export class Lane {
  readonly #database: RowStore
  #waiting: Job[] = []
  /** Jobs of a statement that failed with several rows: each is sent by itself, so one does not stop the others. */
  #suspects: Job[] = []
  #isRunning = false
  #isClosed = false
  #backoffMs = minBackoffMs
  #trouble: string | null = null
  #wake: (() => void) | null = null

  constructor(database: RowStore) {
    this.#database = database
  }

  /** The reason why the last statement failed; null: it succeeded. */
  get trouble(): string | null {
    return this.#trouble
  }

  /** Adds a row. With `isRetried`, rejects only when the lane closes; without, after the first failure. */
  insert(row: NewRow, { isRetried }: { readonly isRetried: boolean }): Promise<RowOutcome> {
    if (this.#isClosed) return Promise.reject(storeClosed(this.#database.where))
    return new Promise((resolve, reject) => {
      this.#waiting.push({ row, isRetried, resolve, reject })
      void this.#run()
    })
  }

  /** Rejects rows that wait. A statement under way may still add its rows. */
  close(): void {
    this.#isClosed = true
    this.#wake?.()
    this.#failWaiting()
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return
    this.#isRunning = true
    // Rows of the same turn share a statement.
    await Promise.resolve()
    while (this.#waiting.length + this.#suspects.length > 0 && !this.#isClosed) await this.#send(this.#nextBatch())
    this.#isRunning = false
    if (this.#isClosed) this.#failWaiting()
  }

  #nextBatch(): readonly Job[] {
    const suspect = this.#suspects.shift()
    if (suspect !== undefined) return [suspect]
    let bytes = 0
    const end = this.#waiting.findIndex(({ row }, index) => {
      bytes += row.body.byteLength
      return index > 0 && (index >= maxRowsPerStatement || bytes > maxBytesPerStatement)
    })
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end)
  }

  async #send(jobs: readonly Job[]): Promise<void> {
    try {
      const outcomes = await this.#database.insert(jobs.map(({ row }) => row))
      this.#trouble = null
      this.#backoffMs = minBackoffMs
      for (const [index, job] of jobs.entries()) job.resolve(outcomes[index] ?? 'previous_missing')
    } catch (error) {
      this.#trouble = messageOf(error)
      await this.#retry(jobs, error)
    }
  }

  async #retry(jobs: readonly Job[], error: unknown): Promise<void> {
    for (const job of jobs) if (!job.isRetried) job.reject(error)
    const again = jobs.filter(({ isRetried }) => isRetried)
    // Behind the rows that wait: a row that the store refuses must not stop the others.
    if (jobs.length > 1) this.#suspects.push(...again)
    else this.#waiting.push(...again)
    if (this.#isClosed) return
    await this.#backOff()
  }

  async #backOff(): Promise<void> {
    const ms = this.#backoffMs * (0.5 + Math.random() / 2)
    this.#backoffMs = Math.min(maxBackoffMs, this.#backoffMs * 2)
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = null
  }

  #failWaiting(): void {
    const jobs = [...this.#suspects, ...this.#waiting]
    this.#suspects = []
    this.#waiting = []
    for (const { reject } of jobs) reject(storeClosed(this.#database.where))
  }
}
