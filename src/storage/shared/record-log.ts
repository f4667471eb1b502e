import { CodecellError, messageOf } from '../../errors.ts'
import type { InboxEntry, OpenLog, Projection } from '../logs/session-logs.ts'
import type { Barrier } from '../session-store.ts'
import { Backlog } from './backlog.ts'
import { engineNeedsOf } from './state/engine-needs.ts'
import { applyRecord } from './state/apply-record.ts'
import type { LogRecord } from './records/log-record.ts'
import { loadRecord, needsBlobs, storeBlobs, type StoredRecord } from './records/record-blobs.ts'
import { PendingBarriers } from './pending-barriers.ts'
import { batchOf, lengthOf, rowsOf, takenBy, type Unit } from './records/record-rows.ts'
import { retryingBlobs } from './records/retrying-blobs.ts'
import { projectionOf } from './state/state-projection.ts'
import { inTime, maxCloseMs, releaseLog } from './release-log.ts'
import { recordsOfState } from './state/state-records.ts'
import type { SessionState } from './state/session-state.ts'

/** Types of records that the next owner of a session writes again. */
const replayedTypes: ReadonlySet<string> = new Set<LogRecord['type']>([
  'events',
  'timer',
  'host',
  'snapshot',
  'snapshot_key',
])

/** Maximum time for which a record waits for others, in milliseconds. */
const maxWaitMs = 10

/** Time before the end of the lease at which effects stop, in milliseconds. */
const leaseMarginMs = 1500
const leasePollMs = 100

/** The wake-up of a session that is due later than in `minFarMs` is up to `maxSpreadMs` later, in milliseconds. */
const minFarMs = 60_000
const maxSpreadMs = 1000

/** The log becomes a snapshot when it is longer than this and than twice the last snapshot, in bytes. */
const minSnapshotBytes = 256 * 1024

/** A log of this size becomes a snapshot in any case, because the store refuses longer ones: `maxLogBytes`. */
const maxBytesBeforeSnapshot = 4 * 1024 * 1024

/** Bytes of a log, less than `maxLogBytes`, above which rows become blobs. */
const maxInlineLogBytes = 12 * 1024 * 1024
const maxBytesPerChar = 3

/** The records of a session: applied to its state at once, and added to its log in rows. */
export class RecordLog {
  readonly state: SessionState
  readonly #log: OpenLog
  readonly #blobs: Pick<OpenLog, 'putBlob'>
  #units: Unit[] = []
  /** The records of the transaction that runs; null: none runs. */
  #transaction: LogRecord[] | null = null
  /** The rows that are not on record; null: there are none. */
  #pending: Promise<void> | null = null
  /** Rows whose blobs are not stored. Later rows wait for them. */
  #preparing: Promise<void> | null = null
  #timer: NodeJS.Timeout | null = null
  #isSnapshotting = false
  /** The number of flushes that are not on record. */
  #sending = 0
  #lost: CodecellError | null = null
  #failure: CodecellError | null = null
  #onLost: (error: CodecellError) => void = ignore
  #onBacklog: (isLong: boolean) => void = ignore
  readonly #barriers = new PendingBarriers()
  readonly #backlog = new Backlog((isLong) => this.#onLongBacklog(isLong))

  private constructor(log: OpenLog, state: SessionState) {
    this.#log = log
    this.#blobs = retryingBlobs(log)
    this.state = state
    void log.lost.then(({ error }) => this.#lose(error))
  }

  /**
   * Reads a log.
   *
   * @throws {CodecellError} `SESSION_INVALID`, `STORE_UNREACHABLE`
   */
  static async open(log: OpenLog, state: SessionState): Promise<RecordLog> {
    for await (const records of log.records) {
      for (const record of records) applyRecord(state, await loadRecord(record, log))
    }
    state.epoch = log.epoch + (state.move?.epochs ?? 0)
    return new RecordLog(log, state)
  }

  /** Returns the time of the store at a time of `performance.now()`. */
  timeAt(monotonic: number): number {
    return this.#log.timeAt(monotonic)
  }

  /** Whether a row was refused, so that nothing further can be written. */
  get hasFailed(): boolean {
    return this.#failure !== null
  }

  /** Calls `callback` once, when another process owns the session. */
  onLost(callback: (error: CodecellError) => void): void {
    this.#onLost = callback
  }

  /** Calls `callback` when records wait for the store for too long or are too many, and when they do not any longer. */
  onBacklog(callback: (isLong: boolean) => void): void {
    this.#onBacklog = callback
  }

  /** @throws {CodecellError} `SESSION_LOST` */
  checkOwner(): void {
    if (this.#lost !== null) throw this.#lost
  }

  /**
   * Applies records and adds them to the log, all or none of them.
   *
   * @throws {CodecellError} `SESSION_LOST`
   */
  write(...records: readonly LogRecord[]): void {
    this.checkOwner()
    if (records.length === 0) return
    if (this.#transaction !== null) return void this.#transaction.push(...records)
    const applied: LogRecord[] = []
    this.#units.push(applied)
    for (const record of records) {
      // A journal that exceeds its limit refuses a record. Those before it count.
      applyRecord(this.state, record)
      applied.push(record)
    }
    this.#timer ??= setTimeout(() => this.#flush(), maxWaitMs).unref()
  }

  /** Writes records, unless the session is lost: then those of its owner count. */
  tryWrite(...records: readonly LogRecord[]): void {
    if (this.#lost === null) this.write(...records)
  }

  /** Runs `work`. Its records are applied together when it returns, and not at all when it throws. */
  transaction(work: () => void): void {
    if (this.#transaction !== null) return work()
    const records: LogRecord[] = []
    this.#transaction = records
    try {
      work()
    } finally {
      this.#transaction = null
    }
    if (records.length > 0) this.write(...records)
  }

  /** Returns the entries of the inbox that no record has taken, the oldest first. */
  async inbox(): Promise<readonly InboxEntry[]> {
    return await this.#log.inbox()
  }

  /** Returns whether the inbox had entries a moment ago, which costs less than reading it. */
  async hasEntries(): Promise<boolean> {
    return await this.#log.hasEntries()
  }

  barrier(): Barrier {
    if (this.#lost !== null) return Promise.reject(this.#lost)
    if (this.#failure !== null) return Promise.reject(this.#failure)
    this.#flush()
    if (this.#barriers.error !== null) return Promise.reject(this.#barriers.error)
    if (this.#pending !== null) return this.#pending
    return this.#isHeld ? null : this.#untilHeld()
  }

  #onLongBacklog(isLong: boolean): void {
    if (isLong) {
      const { id } = this.#log.name
      const reason = this.#log.trouble ?? 'it responds slowly'
      const text = `Records of session "${id}" wait for its store: ${reason}; its cells stand still until they are on record`
      process.emitWarning(text, { type: 'CodecellWarning' })
    }
    this.#onBacklog(isLong)
  }

  #flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    const units = this.#units.filter(({ length }) => length > 0)
    if (units.length === 0 || this.#lost !== null || this.#failure !== null) return
    this.#units = []
    const onSent = this.#backlog.add(units.flat().reduce((sum, record) => sum + lengthOf(record), 0))
    const rows = rowsOf(units)
    const barrier = this.#barriers.add()
    this.#pending = barrier.promise
    const sent = this.#sent(this.#send(this.#isNearLimit ? rows.map(batchOf) : rows), onSent)
    void this.#settle(barrier, sent)
  }

  /** Whether the log may become longer than the store allows. Then rows are blobs, of which the log has only the digests. */
  get #isNearLimit(): boolean {
    return this.#log.bytesSinceSnapshot + maxBytesPerChar * this.#backlog.chars > maxInlineLogBytes
  }

  async #sent(rows: Promise<unknown>, onSent: () => void): Promise<void> {
    try {
      await rows
    } catch (error) {
      throw this.#fail(error)
    } finally {
      onSent()
    }
  }

  async #settle(barrier: PromiseWithResolvers<void>, sent: Promise<void>): Promise<void> {
    try {
      await sent
      if (!this.#isHeld) await this.#untilHeld()
      this.#onSettled()
      barrier.resolve()
    } catch (error) {
      barrier.reject(error)
    }
    this.#barriers.remove(barrier)
  }

  #onSettled(): void {
    // Later rows settle after these.
    if (--this.#sending === 0) this.#pending = null
    const { bytesSinceSnapshot, snapshotBytes } = this.#log
    const maxBytes = Math.min(Math.max(minSnapshotBytes, 2 * snapshotBytes), maxBytesBeforeSnapshot)
    if (bytesSinceSnapshot > maxBytes) void this.#snapshot()
  }

  /** Rows without blobs are added in the same turn, so that the log can combine them. */
  #send(rows: readonly Unit[]): Promise<unknown> {
    this.#sending++
    if (this.#preparing === null && !rows.flat().some(needsBlobs)) return this.#append(rows)
    const before = this.#preparing ?? Promise.resolve()
    const stored = before.then(async () => await this.#withBlobs(rows))
    const added = stored.then((prepared) => ({ sent: this.#append(prepared) }))
    const preparing = added.then(ignore, ignore).then(() => {
      if (this.#preparing === preparing) this.#preparing = null
    })
    this.#preparing = preparing
    return added.then(({ sent }) => sent)
  }

  async #withBlobs(rows: readonly Unit[]): Promise<readonly (readonly StoredRecord[])[]> {
    const stored: (readonly StoredRecord[])[] = []
    for (const row of rows) stored.push(await Promise.all(row.map((record) => storeBlobs(record, this.#blobs))))
    return stored
  }

  #append(rows: readonly (readonly StoredRecord[])[]): Promise<unknown> {
    const projection: Projection = projectionOf(this.state)
    const isProgress = (record: StoredRecord): boolean => this.#isProgress(record)
    return Promise.all(rows.map((row) => this.#log.append(row, projection, takenBy(row), row.some(isProgress))))
  }

  /** Whether the next owner does not write the record again when this one ends: it replays events, and retries calls. */
  #isProgress(record: StoredRecord): boolean {
    const { type, cell } = record
    if (type !== 'started') return !replayedTypes.has(type)
    const call = 'call' in record ? record.call : null
    return typeof call !== 'number' || this.state.cells.get(cell)?.calls.get(call)?.isRetried !== true
  }

  get #isHeld(): boolean {
    return this.#log.heldUntil.remainingMs() > leaseMarginMs
  }

  /** Waits until the lease is renewed, or the session is lost or closed. */
  async #untilHeld(): Promise<void> {
    while (!this.#isHeld) {
      const { promise, resolve } = Promise.withResolvers<void>()
      setTimeout(resolve, leasePollMs)
      await promise
      if (this.#lost !== null) throw this.#lost
      if (this.#barriers.error !== null) throw this.#barriers.error
    }
  }

  /** Ends the log after a row that was refused: a later row must not follow a gap. */
  #fail(error: unknown): CodecellError {
    if (this.#lost !== null) return this.#lost
    if (CodecellError.is(error, 'SESSION_LOST')) {
      this.#lose(error)
      return error
    }
    this.#failure ??= new CodecellError('STORAGE_FAILED', `Cannot write the session: ${messageOf(error)}`, {
      cause: error,
    })
    return this.#failure
  }

  #lose(error: CodecellError): void {
    if (this.#lost !== null) return
    this.#lost = error
    this.#units = []
    this.#onLost(error)
  }

  /** Replaces the log by the state. A snapshot that fails is tried again after a later row. */
  async #snapshot(): Promise<void> {
    if (this.#isSnapshotting) return
    this.#isSnapshotting = true
    try {
      // The snapshot has all records that were written, so all of them must be in the log.
      for (this.#flush(); this.#preparing !== null; this.#flush()) await this.#preparing
      const rows = rowsOf(recordsOfState(this.state).map((record) => [record]))
      await this.#log.snapshot(this.#storedRows(rows))
    } catch {
      // The log is as before.
    } finally {
      this.#isSnapshotting = false
    }
  }

  async *#storedRows(rows: readonly Unit[]): AsyncGenerator<readonly StoredRecord[]> {
    for (const row of rows) yield await Promise.all(row.map((record) => storeBlobs(record, this.#log)))
  }

  /** Limits the time for which effects wait for the store, because the session closes. */
  beginClose(): void {
    this.#barriers.closeAfter(maxCloseMs)
  }

  /** Writes everything, and gives the session up. It is due at once if `isDue`, and else with its next timer or expiry. */
  async close(isDue: boolean): Promise<void> {
    this.beginClose()
    this.#flush()
    await this.#pending?.catch(ignore)
    this.#barriers.close()
    if (this.#lost !== null) return
    if (this.#log.bytesSinceSnapshot > minSnapshotBytes) await inTime(this.#snapshot())
    const { wakeAt, counts } = projectionOf(this.state)
    // After a row that was refused, the state is ahead of the log.
    const isDueNow = this.#failure !== null || (isDue && counts.running > 0)
    const at = isDueNow ? 0 : this.#spread(wakeAt)
    await inTime(releaseLog(this.#log, { at, needs: engineNeedsOf(this.state) }))
  }

  /** Returns a random time up to a second after a time that is far, because many sessions are due at full minutes. */
  #spread(wakeAt: number | null): number | null {
    if (wakeAt === null || wakeAt - this.timeAt(performance.now()) < minFarMs) return wakeAt
    return wakeAt + Math.floor(Math.random() * maxSpreadMs)
  }
}

function ignore(): void {}
