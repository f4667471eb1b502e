import { isRecord } from '../../protocol/json.ts'
import { CodecellError } from '../../errors.ts'
import { parseProjection } from './log-rows.ts'
import type { StoredEntry, StoredRow, StoredSnapshot } from './log-database.ts'
import type { NodeAddress, SessionName, SessionSummary } from './session-logs.ts'

/**
 * The columns of one row of a store, of either engine.
 *
 * @throws {CodecellError} `SESSION_INVALID`, naming the column
 */
export class StoredFields {
  readonly #columns: Readonly<Record<string, unknown>>
  readonly #where: string

  constructor(row: unknown, where: string) {
    this.#columns = isRecord(row) ? row : {}
    this.#where = where
  }

  isNull(name: string): boolean {
    return this.#columns[name] === null
  }

  text(name: string): string {
    const value = this.#columns[name]
    return typeof value === 'string' ? value : this.#fail(name, 'a string')
  }

  optionalText(name: string): string | null {
    return this.isNull(name) ? null : this.text(name)
  }

  /** PostgreSQL returns a `bigint` as a string. */
  integer(name: string): number {
    const value = this.#columns[name]
    const number = typeof value === 'string' ? Number(value) : value
    return typeof number === 'number' && Number.isSafeInteger(number) ? number : this.#fail(name, 'an integer')
  }

  /** SQLite has integers instead of booleans. */
  boolean(name: string): boolean {
    const value = this.#columns[name]
    return value === true || value === 1
  }

  bytes(name: string): Uint8Array {
    const value = this.#columns[name]
    return value instanceof Uint8Array ? value : this.#fail(name, 'bytes')
  }

  /** The name of a session, from a table that refers to it. */
  sessionName(): SessionName {
    return { tenant: this.text('tenant'), id: this.text('session') }
  }

  storedRow(): StoredRow {
    return {
      seq: this.integer('seq'),
      epoch: this.integer('epoch'),
      sum: this.text('sum'),
      body: this.bytes('body'),
    }
  }

  entry(): StoredEntry {
    return { id: this.text('entry_id'), kind: this.text('kind'), body: this.text('body') }
  }

  address(): NodeAddress {
    return { node: this.text('node'), url: this.optionalText('address') }
  }

  snapshot(): StoredSnapshot | null {
    if (this.isNull('snapshot_seq')) return null
    return {
      seq: this.integer('snapshot_seq'),
      epoch: this.integer('snapshot_epoch'),
      parts: this.integer('snapshot_parts'),
      bytes: this.integer('snapshot_bytes'),
      sum: this.text('snapshot_sum'),
    }
  }

  /** The columns of `summaryColumns`. */
  summary(): SessionSummary {
    const { wakeAt, counts } = parseProjection(this.optionalText('projection'))
    const createdAt = this.integer('created_at')
    return {
      name: { tenant: this.text('tenant'), id: this.text('id') },
      epoch: this.integer('epoch'),
      owner: this.isNull('node') ? null : this.address(),
      createdAt,
      lastActivityAt: this.isNull('last_at') ? createdAt : this.integer('last_at'),
      counts,
      approvals: this.integer('approval_count'),
      wakeAt,
      inbox: this.integer('inbox_count'),
      isParked: this.integer('idle_epochs') >= maxIdleEpochs,
    }
  }

  #fail(name: string, expected: string): never {
    const text = `Cannot use the store ${this.#where}: expected ${expected} in the column "${name}" of a row`
    throw new CodecellError('SESSION_INVALID', text)
  }
}

/** The number of owners in a row that died without adding a record, after which `takeDue` skips a session. */
export const maxIdleEpochs = 3
