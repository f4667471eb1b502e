import type { SessionDatabase } from './database.ts'
import { Row } from './row-reader.ts'

/**
 * The stored values of a session, with those of before for as long as a cell that goes on began with them. A version is the
 * state after so many commits.
 */
export class StoredValueTable {
  readonly #database: SessionDatabase
  #version: number

  constructor(database: SessionDatabase) {
    this.#database = database
    this.#version = this.#count('SELECT coalesce(max(version), 0) AS n FROM stored_values')
  }

  get version(): number {
    return this.#version
  }

  /** Values by key as they were at a version, in the order in which they were stored. Throws `SESSION_INVALID`. */
  at(version: number): ReadonlyMap<string, string> {
    const rows = this.#database.all(
      `SELECT key, json FROM stored_values AS v WHERE version =
         (SELECT max(version) FROM stored_values WHERE key = v.key AND version <= ?) ORDER BY rowid`,
      version,
    )
    return new Map(
      rows.map((found) => {
        const row = new Row(found, this.#database.path)
        return [row.text('key'), row.text('json')] as const
      }),
    )
  }

  /** Merges what one cell wrote. Throws `STORAGE_FAILED`. */
  commit(writes: ReadonlyMap<string, string>): void {
    if (writes.size === 0) return
    const version = this.#version + 1
    for (const [key, json] of writes)
      this.#database.run('INSERT INTO stored_values (key, version, json) VALUES (?, ?, ?)', key, version, json)
    const oldest = this.#count(
      `SELECT coalesce(min(values_version), ${version}) AS n FROM cells WHERE state = 'running'`,
    )
    this.#database.run(
      `DELETE FROM stored_values AS old WHERE EXISTS
         (SELECT 1 FROM stored_values WHERE key = old.key AND version > old.version AND version <= ?)`,
      oldest,
    )
    // Should the transaction around this one fail, a number is left out.
    this.#version = version
  }

  #count(sql: string): number {
    return new Row(this.#database.one(sql), this.#database.path).integer('n')
  }
}
