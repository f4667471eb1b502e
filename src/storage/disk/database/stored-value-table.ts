import type { SessionDatabase } from './database.ts'
import { Row } from './row-reader.ts'

/**
 * The stored values of a session, and the earlier values that a running cell started with. The version counts commits.
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

  /**
   * Returns values by key as of a version, in the order in which they were stored.
   *
   * @throws {CodecellError} `SESSION_INVALID`
   */
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

  /**
   * Merges the values of one cell.
   *
   * @throws {CodecellError} `STORAGE_FAILED`
   */
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
    // If the surrounding transaction fails, a version number is skipped.
    this.#version = version
  }

  #count(sql: string): number {
    return new Row(this.#database.one(sql), this.#database.path).integer('n')
  }
}
