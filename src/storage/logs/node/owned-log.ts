import { createHash } from 'node:crypto'
import { CodecellError } from '../../../errors.ts'
import { AppendQueue, type RowDraft, type RowOnRecord } from './append-queue.ts'
import type { InboxWatch } from './inbox-watch.ts'
import type { Lane } from './lane.ts'
import { maxBlobBytes, maxPartBytes } from '../limits.ts'
import type { LogDatabase, NewRow, Tail } from '../log-database.ts'
import { limitExceeded, storeClosed, textOf } from '../log-errors.ts'
import { bodyOf, inboxEntryOf, parseProjection, projectionText, sumOf } from '../log-rows.ts'
import { readBlob } from './read-blob.ts'
import { readRecords } from './read-records.ts'
import type { StoreClock } from './store-clock.ts'
import type {
  BlobScope,
  Deadline,
  Digest,
  InboxEntry,
  LogRecord,
  OpenLog,
  Projection,
  SessionLost,
  SessionName,
  SnapshotOptions,
  Wake,
} from '../session-logs.ts'
import { writeSnapshotParts } from './write-snapshot.ts'

/** How long the store keeps the ids of entries that left the inbox, to recognize a second `post`. */
const keepTakenMs = 7 * 24 * 60 * 60 * 1000

export type OwnedLogParts = {
  readonly name: SessionName
  readonly node: string
  readonly epoch: number
  /** The end of the log, whose last row is the `took` row of this owner. */
  readonly tail: Tail
  readonly database: LogDatabase
  readonly lane: Lane
  /** The inboxes of all sessions of the node. */
  readonly inboxes: Pick<InboxWatch, 'hasEntries'>
  readonly deadline: Deadline
  readonly clock: StoreClock
  readonly leaseTrouble: () => string | null
  /** Called once, when the log is released or lost. */
  readonly onClosed: () => void
  /** Reports an event that the operator of the store must know. */
  readonly onReport: (text: string) => void
}

/** A session that this process has open. One row of it is under way at a time, so its log has no gap. */
export class OwnedLog implements OpenLog {
  readonly name: SessionName
  readonly epoch: number
  readonly records: AsyncIterable<readonly LogRecord[]>
  readonly heldUntil: Deadline
  readonly lost: Promise<SessionLost>
  readonly #parts: OwnedLogParts
  readonly #queue = new AppendQueue()
  readonly #lost = Promise.withResolvers<SessionLost>()
  #head: RowOnRecord
  /** Bytes of all rows, including the one under way. */
  #totalBytes: number
  #snapshot: { readonly seq: number; readonly bytes: number; readonly coveredBytes: number }
  #rowUnderWay: RowDraft | null = null
  /** JSON of the approvals on record; null: unknown. */
  #approvals: string | null
  #error: CodecellError | null = null
  #isReleasing = false
  #snapshotting: Promise<void> = Promise.resolve()

  constructor(parts: OwnedLogParts) {
    const { name, epoch, tail, database, deadline } = parts
    this.name = name
    this.epoch = epoch
    this.#parts = parts
    this.#head = { seq: tail.seq, sum: tail.sum, totalBytes: tail.bytes }
    this.#totalBytes = tail.bytes
    this.#snapshot = { seq: tail.snapshot?.seq ?? 0, bytes: tail.snapshot?.bytes ?? 0, coveredBytes: 0 }
    this.#approvals = parseProjection(tail.projection).approvals === 0 ? '[]' : null
    this.records = readRecords(database, name, tail)
    this.heldUntil = { remainingMs: () => (this.#error === null ? deadline.remainingMs() : -1) }
    this.lost = this.#lost.promise
  }

  timeAt(monotonic: number): number {
    return this.#parts.clock.timeAt(monotonic)
  }

  get isOpen(): boolean {
    return this.#error === null
  }

  get bytesSinceSnapshot(): number {
    return this.#totalBytes - this.#snapshot.coveredBytes + this.#queue.bytes
  }

  get snapshotBytes(): number {
    return this.#snapshot.bytes
  }

  get trouble(): string | null {
    const rows = this.#rowUnderWay === null ? null : this.#parts.lane.trouble
    return rows ?? this.#parts.leaseTrouble()
  }

  async append(
    records: readonly LogRecord[],
    projection: Projection,
    taken: readonly string[] = [],
    isProgress = true,
  ): Promise<void> {
    this.#demandOpen()
    if (this.#isReleasing) throw this.#released()
    const row = this.#queue.add(records, {
      projection,
      taken,
      isProgress,
      logBytes: this.#totalBytes - this.#snapshot.coveredBytes,
    })
    this.#sendNext()
    await row
  }

  async inbox(): Promise<readonly InboxEntry[]> {
    this.#demandOpen()
    const entries = await this.#parts.database.inbox(this.name)
    return entries.map(inboxEntryOf)
  }

  async hasEntries(): Promise<boolean> {
    this.#demandOpen()
    return await this.#parts.inboxes.hasEntries(this.name)
  }

  async putBlob(bytes: Uint8Array, scope: BlobScope = 'session'): Promise<Digest> {
    this.#demandOpen()
    const { byteLength } = bytes
    if (byteLength > maxBlobBytes) {
      throw limitExceeded('store a blob', 'bytes', { limit: 'maxBlobBytes', max: maxBlobBytes, observed: byteLength })
    }
    const digest = createHash('sha256').update(bytes).digest('hex')
    const parts = Math.max(1, Math.ceil(byteLength / maxPartBytes))
    for (let part = 0; part < parts; part++) {
      const body = bytes.subarray(part * maxPartBytes, (part + 1) * maxPartBytes)
      await this.#parts.database.putBlobPart(this.name, { scope, digest, part, parts }, body)
    }
    return digest
  }

  async getBlob(digest: Digest, scope: BlobScope = 'session'): Promise<Uint8Array> {
    this.#demandOpen()
    return await readBlob(this.#parts.database, this.name, { digest, scope })
  }

  snapshot(records: AsyncIterable<readonly LogRecord[]>, options: SnapshotOptions = {}): Promise<void> {
    if (this.#error !== null) return Promise.reject(this.#error)
    // The rows up to here; later records become rows of their own.
    const covered = this.#queue.seal() ?? this.#rowUnderWay?.outcome.promise ?? Promise.resolve(this.#head)
    const before = this.#snapshotting
    const written = before.then(() => this.#writeSnapshot(covered, records, options))
    this.#snapshotting = written.catch(() => undefined)
    return written
  }

  async release({ at, isParked = false, needs }: Wake): Promise<void> {
    if (this.#error !== null) return
    this.#isReleasing = true
    try {
      await this.#snapshotting
      await (this.#queue.seal() ?? this.#rowUnderWay?.outcome.promise)?.catch(() => undefined)
      if (this.#isClosed()) return
      const { node, epoch, database } = this.#parts
      await database.release(this.name, { node, epoch, wakeAt: at, isParked, needs: needs ?? null })
      this.#close(this.#released())
    } finally {
      this.#isReleasing = false
    }
  }

  /** Makes every call fail, after this process has closed the store. */
  dispose(): void {
    this.#close(storeClosed(this.#parts.database.where))
  }

  /** Closes the log, which this node does not own any longer, with the reason. */
  async checkOwner(): Promise<void> {
    this.#lose(await this.#reasonOfLoss())
  }

  /** Closes the log because of a later claim of the same node. */
  loseToClaim(): void {
    this.#lose('taken_over')
  }

  #lose(type: SessionLost['type']): void {
    if (this.#error !== null) return
    const error = new CodecellError(
      'SESSION_LOST',
      `Cannot continue session "${textOf(this.name)}": ${reasons[type]}; open the session again`,
    )
    this.#close(error)
    this.#lost.resolve({ type, error })
    if (type !== 'rows_missing') return
    this.#parts.onReport(
      `The store ${this.#parts.database.where} lost rows of session "${textOf(this.name)}" that it had confirmed, at row ${this.#head.seq}; check its failover and backups`,
    )
  }

  #close(error: CodecellError): void {
    if (this.#error !== null) return
    this.#error = error
    this.#queue.fail(error)
    this.#parts.onClosed()
  }

  #demandOpen(): void {
    if (this.#error !== null) throw this.#error
  }

  #isClosed(): boolean {
    return this.#error !== null
  }

  #released(): CodecellError {
    return new CodecellError('SESSION_CLOSED', `Cannot use session "${textOf(this.name)}": it was released`)
  }

  #sendNext(): void {
    if (this.#rowUnderWay !== null || this.#error !== null) return
    const draft = this.#queue.take()
    if (draft === null) return
    this.#rowUnderWay = draft
    this.#totalBytes += draft.bytes
    this.#send(draft, this.#rowOf(draft)).then(
      (onRecord) => this.#settle(() => draft.outcome.resolve(onRecord)),
      (error: unknown) => this.#settle(() => draft.outcome.reject(error)),
    )
  }

  #settle(settle: () => void): void {
    this.#rowUnderWay = null
    this.#sendNext()
    settle()
  }

  async #send(draft: RowDraft, row: NewRow): Promise<RowOnRecord> {
    const totalBytes = this.#totalBytes
    const outcome = await this.#parts.lane.insert(row, { isRetried: true })
    if (outcome !== 'added') {
      this.#lose(await this.#reasonOfLoss())
      throw this.#error ?? storeClosed(this.#parts.database.where)
    }
    this.#head = { seq: row.seq, sum: row.sum, totalBytes }
    this.#approvals = JSON.stringify(draft.projection.approvals)
    return this.#head
  }

  #rowOf({ records, projection, taken, isProgress }: RowDraft): NewRow {
    const body = bodyOf(records)
    const { epoch } = this
    const seq = this.#head.seq + 1
    const isChanged = JSON.stringify(projection.approvals) !== this.#approvals
    return {
      name: this.name,
      seq,
      epoch,
      isTook: !isProgress,
      previousSum: this.#head.sum,
      sum: sumOf(this.#head.sum, { seq, epoch, body }),
      body,
      projection: projectionText(projection),
      approvals: isChanged ? projection.approvals : null,
      taken,
    }
  }

  async #reasonOfLoss(): Promise<SessionLost['type']> {
    try {
      const tail = await this.#parts.database.tail(this.name)
      if (tail === null) return 'removed'
      return tail.epoch > this.epoch ? 'taken_over' : 'rows_missing'
    } catch {
      return 'taken_over'
    }
  }

  async #writeSnapshot(
    covered: Promise<RowOnRecord>,
    records: AsyncIterable<readonly LogRecord[]>,
    { removesBlobs = false }: SnapshotOptions,
  ): Promise<void> {
    const { seq, sum, totalBytes } = await covered
    this.#demandOpen()
    if (seq === this.#snapshot.seq) return
    const { database } = this.#parts
    const id = { seq, epoch: this.epoch }
    const { parts, bytes } = await writeSnapshotParts(database, this.name, id, records)
    this.#demandOpen()
    const isFinished = await database.finishSnapshot(this.name, { ...id, sum, parts, bytes, keepTakenMs, removesBlobs })
    if (!isFinished) {
      this.#lose(await this.#reasonOfLoss())
      this.#demandOpen()
    }
    this.#snapshot = { seq, bytes, coveredBytes: totalBytes }
  }
}

const reasons: Readonly<Record<SessionLost['type'], string>> = {
  taken_over: 'another owner has taken it over',
  rows_missing: 'the store does not have its last rows',
  removed: 'it was removed from the store',
}
