import { createHash } from 'node:crypto'
import type { CodecellError } from '../../src/errors.ts'
import type {
  Deadline,
  InboxEntry,
  LogRecord,
  OpenLog,
  Projection,
  SessionLost,
  Wake,
} from '../../src/storage/logs/session-logs.ts'

/** The content of a log, which outlives its owners. */
export class LogContent {
  /** The rows as JSON. */
  readonly rows: string[] = []
  readonly blobs: Map<string, Uint8Array> = new Map()
  snapshot: string[] = []
  /** Entries that no record has taken, by id. */
  readonly inbox: Map<string, InboxEntry> = new Map()
  epoch = 0
  wake: Wake | null = null

  /** Returns the content after the first `count` rows. */
  cut(count: number): LogContent {
    const content = new LogContent()
    content.rows.push(...this.rows.slice(0, count))
    content.snapshot = [...this.snapshot]
    for (const [digest, bytes] of this.blobs) content.blobs.set(digest, bytes)
    content.epoch = this.epoch
    for (const [id, entry] of this.inbox) content.inbox.set(id, entry)
    return content
  }
}

/** A log in memory, whose rows are on record after `commit`. */
export class MemoryLog implements OpenLog {
  readonly name = { tenant: 't', id: 's' }
  readonly epoch: number
  readonly heldUntil: Deadline = { remainingMs: () => this.remainingMs }
  readonly lost: Promise<SessionLost>
  readonly trouble = null
  remainingMs = 10_000
  /** Waits until a row is on record. */
  commit: () => Promise<void> = async () => undefined
  /** The projection of the last row. */
  projection: Projection | null = null
  readonly #content: LogContent
  readonly #lose: (lost: SessionLost) => void
  #error: CodecellError | null = null
  #last: Promise<void> = Promise.resolve()

  constructor(content: LogContent) {
    this.#content = content
    this.epoch = ++content.epoch
    const { promise, resolve } = Promise.withResolvers<SessionLost>()
    this.lost = promise
    this.#lose = resolve
    content.rows.push(JSON.stringify([{ type: 'took', cell: 0, epoch: this.epoch, node: 'n', at: 1 }]))
  }

  /** The time of the store before that of this machine, in milliseconds. */
  aheadMs = 0

  timeAt(monotonic: number): number {
    return performance.timeOrigin + monotonic + this.aheadMs
  }

  get isOpen(): boolean {
    return this.#error === null
  }

  get records(): AsyncIterable<readonly LogRecord[]> {
    const { snapshot, rows } = this.#content
    return readRows([...snapshot, ...rows])
  }

  get bytesSinceSnapshot(): number {
    return this.#content.rows.reduce((sum, row) => sum + row.length, 0)
  }

  get snapshotBytes(): number {
    return this.#content.snapshot.reduce((sum, row) => sum + row.length, 0)
  }

  append(records: readonly LogRecord[], projection: Projection, taken: readonly string[] = []): Promise<void> {
    const row = JSON.stringify(records)
    this.projection = projection
    const before = this.#last
    const added = (async () => {
      await before
      await this.commit()
      if (this.#error !== null) throw this.#error
      this.#content.rows.push(row)
      for (const id of taken) this.#content.inbox.delete(id)
    })()
    this.#last = added.catch(() => undefined)
    return added
  }

  async putBlob(bytes: Uint8Array): Promise<string> {
    const digest = createHash('sha256').update(bytes).digest('hex')
    await this.commit()
    this.#content.blobs.set(digest, bytes)
    return digest
  }

  async getBlob(digest: string): Promise<Uint8Array> {
    const bytes = this.#content.blobs.get(digest)
    if (bytes === undefined) throw new TypeError(`no blob ${digest}`)
    return bytes
  }

  async snapshot(records: AsyncIterable<readonly LogRecord[]>): Promise<void> {
    const before = this.#last
    const rows: string[] = []
    let count = 0
    const counted = before.then(() => (count = this.#content.rows.length))
    for await (const row of records) rows.push(JSON.stringify(row))
    await counted
    this.#content.snapshot = rows
    this.#content.rows.splice(0, count)
  }

  async inbox(): Promise<readonly InboxEntry[]> {
    return [...this.#content.inbox.values()]
  }

  async hasEntries(): Promise<boolean> {
    return this.#content.inbox.size > 0
  }

  /** Another owner takes the session. */
  lose(error: CodecellError): void {
    this.#error = error
    this.#lose({ type: 'taken_over', error })
  }

  async release(wake: Wake): Promise<void> {
    await this.#last
    this.#content.wake = wake
  }
}

async function* readRows(rows: readonly string[]): AsyncGenerator<readonly LogRecord[]> {
  for (const row of rows) yield parseRow(row)
}

function parseRow(row: string): readonly LogRecord[] {
  const parsed: unknown = JSON.parse(row)
  return Array.isArray(parsed) ? parsed : []
}
