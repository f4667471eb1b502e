import { createHash } from 'node:crypto'
import { isRecord } from '../../protocol/json.ts'
import { logInvalid } from './log-errors.ts'
import type { InboxEntry, LogRecord, Projection, SessionCounts, SessionName } from './session-logs.ts'
import type { StoredEntry, StoredRow, StoredSnapshot } from './log-database.ts'

/**
 * Returns the sum of a row in the form of a UUID: a digest of its content and of the sum before it. Two rows with the
 * same sum have the same content and the same history.
 */
export function sumOf(previousSum: string, row: { readonly seq: number; epoch: number; body: Uint8Array }): string {
  const hash = createHash('sha256').update(`${previousSum}:${row.seq}:${row.epoch}:`).update(row.body)
  return hash
    .digest('hex')
    .slice(0, 32)
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/** Returns the body of a row or of a part of a snapshot, from the JSON of its records. */
export function bodyOf(records: readonly string[]): Buffer {
  return Buffer.from(`[${records.join(',')}]`)
}

/** Returns an entry of an inbox. A body that is not JSON is undefined: one entry must not hide the others. */
export function inboxEntryOf({ id, kind, body }: StoredEntry): InboxEntry {
  return { id, kind, body: parseOrUndefined(body) }
}

function parseOrUndefined(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

/** @throws {CodecellError} `SESSION_INVALID` */
export function parseBody(name: SessionName, body: Uint8Array, location: string): readonly LogRecord[] {
  try {
    const records: unknown = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString())
    if (Array.isArray(records) && records.every(isLogRecord)) return records
  } catch (cause) {
    throw logInvalid(name, `${location} is damaged: expected JSON`, cause)
  }
  throw logInvalid(name, `${location} is damaged: expected a list of records`)
}

function isLogRecord(value: unknown): value is LogRecord {
  return isRecord(value) && typeof value['type'] === 'string' && typeof value['cell'] === 'number'
}

/** Checks that the rows of a log follow each other without a gap, each with the right sum. */
export class RowChain {
  readonly #name: SessionName
  #seq: number
  #sum: string
  #epoch = 0

  constructor(name: SessionName, snapshot: StoredSnapshot | null) {
    this.#name = name
    this.#seq = snapshot?.seq ?? 0
    this.#sum = snapshot?.sum ?? ''
  }

  /**
   * Returns the records of the next row.
   *
   * @throws {CodecellError} `SESSION_INVALID`
   */
  next(row: StoredRow): readonly LogRecord[] {
    if (row.seq !== this.#seq + 1) {
      throw logInvalid(this.#name, `row ${this.#seq + 1} of the log is missing; restore the store from a backup`)
    }
    if (row.epoch < this.#epoch || row.sum !== sumOf(this.#sum, row)) {
      throw logInvalid(this.#name, `row ${row.seq} of the log is damaged; restore the store from a backup`)
    }
    this.#seq = row.seq
    this.#sum = row.sum
    this.#epoch = row.epoch
    return parseBody(this.#name, row.body, `row ${row.seq} of the log`)
  }

  /** @throws {CodecellError} `SESSION_INVALID` when rows up to `seq` are missing */
  finish(seq: number): void {
    if (this.#seq < seq) {
      throw logInvalid(this.#name, `row ${this.#seq + 1} of the log is missing; restore the store from a backup`)
    }
  }
}

/** The part of a projection that every row contains. */
export type StoredProjection = {
  readonly wakeAt: number | null
  readonly counts: SessionCounts
  readonly approvals: number
}

export function projectionText({ wakeAt, counts, approvals, engines = [] }: Projection): string {
  const { running, finished, closed } = counts
  return JSON.stringify({
    wakeAt,
    counts: { running, finished, closed },
    approvals: approvals.length,
    ...(engines.length === 0
      ? {}
      : { engines: Object.fromEntries(engines.map(({ id, name, cells }) => [id, { name: plainName(name), cells }])) }),
  })
}

/** Hosts name their engines, and JSON types of a store refuse some characters, so a name is printable ASCII here. */
function plainName(name: string): string {
  return name.slice(0, maxNameLength).replaceAll(/[^\x20-\x7E]/g, '?')
}

const maxNameLength = 100

/** Returns the projection of a row; an empty one for a log without records of its session. */
export function parseProjection(text: string | null): StoredProjection {
  const value: unknown = text === null || text === '' ? {} : JSON.parse(text)
  const fields = isRecord(value) ? value : {}
  const counts = isRecord(fields['counts']) ? fields['counts'] : {}
  return {
    wakeAt: typeof fields['wakeAt'] === 'number' ? fields['wakeAt'] : null,
    counts: {
      running: numberOf(counts['running']),
      finished: numberOf(counts['finished']),
      closed: numberOf(counts['closed']),
    },
    approvals: numberOf(fields['approvals']),
  }
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0
}
