import { existsSync } from 'node:fs'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { CodecellError, messageOf } from '../../errors.ts'
import { schemaSteps } from './schema.ts'
import { sessionInvalid, storageFailed } from './storage-error.ts'
import { openDatabase } from './sqlite.ts'

/** A value that goes into a statement. */
export type SqlValue = string | number | null

/** The database of one session. */
export class SessionDatabase {
  readonly path: string
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  #depth = 0

  private constructor(path: string, database: DatabaseSync) {
    this.path = path
    this.#database = database
  }

  /**
   * Opens or makes the database, and brings an older format up to date. With `sync` what is written outlasts the power as
   * well as the process. Throws `SESSION_INVALID`, `STORAGE_FAILED`.
   */
  static open(path: string, { sync }: { readonly sync: boolean }): SessionDatabase {
    const isNew = !existsSync(path)
    const database = opened(path, { timeout: 5000 })
    try {
      database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${sync ? 'FULL' : 'NORMAL'}`)
      if (!isNew) check(path, database)
      bringUpToDate(path, database)
      return new SessionDatabase(path, database)
    } catch (error) {
      database.close()
      throw isNew ? storageFailed(path, error) : asInvalid(path, error)
    }
  }

  /** Opens a database for reading only, while somebody may write it. Throws `SESSION_INVALID`. */
  static read(path: string): SessionDatabase {
    const database = opened(path, { readOnly: true, timeout: 5000 })
    try {
      checkVersion(path, database)
      return new SessionDatabase(path, database)
    } catch (error) {
      database.close()
      throw asInvalid(path, error)
    }
  }

  /** Throws `STORAGE_FAILED`. */
  run(sql: string, ...values: readonly SqlValue[]): void {
    try {
      this.#prepare(sql).run(...values)
    } catch (cause) {
      throw storageFailed(this.path, cause)
    }
  }

  /** Throws `SESSION_INVALID`. */
  all(sql: string, ...values: readonly SqlValue[]): readonly unknown[] {
    try {
      return this.#prepare(sql).all(...values)
    } catch (error) {
      throw asInvalid(this.path, error)
    }
  }

  /** The first row, undefined when there is none. Throws `SESSION_INVALID`. */
  one(sql: string, ...values: readonly SqlValue[]): unknown {
    try {
      return this.#prepare(sql).get(...values)
    } catch (error) {
      throw asInvalid(this.path, error)
    }
  }

  /** Reads that see one state, whoever writes meanwhile. Throws `SESSION_INVALID`, and what `work` throws. */
  atOneMoment<result>(work: () => result): result {
    this.all('BEGIN')
    try {
      return work()
    } finally {
      this.all('COMMIT')
    }
  }

  /** All of it or nothing. Throws `STORAGE_FAILED`, and what `work` throws. */
  together(work: () => void): void {
    if (this.#depth > 0) return work()
    this.run('BEGIN IMMEDIATE')
    this.#depth++
    try {
      work()
      this.#depth--
      this.run('COMMIT')
    } catch (error) {
      this.#depth = 0
      // A full disk may have rolled it back already.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    }
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close()
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const statement = this.#database.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }
}

function opened(path: string, options: { readonly readOnly?: boolean; readonly timeout: number }): DatabaseSync {
  try {
    return openDatabase(path, options)
  } catch (cause) {
    throw options.readOnly === true ? asInvalid(path, cause) : storageFailed(path, cause)
  }
}

function versionOf(database: DatabaseSync): number {
  const row = database.prepare('PRAGMA user_version').get()
  return Number(row?.['user_version'] ?? 0)
}

function checkVersion(path: string, database: DatabaseSync): number {
  const version = versionOf(database)
  if (version > schemaSteps.length) {
    throw sessionInvalid(
      path,
      `it has format ${version}, and this codecell knows formats up to ${schemaSteps.length}; use a newer one`,
    )
  }
  return version
}

function check(path: string, database: DatabaseSync): void {
  checkVersion(path, database)
  const row = database.prepare('PRAGMA quick_check(1)').get()
  const verdict = row?.['quick_check']
  if (verdict !== 'ok') throw sessionInvalid(path, `the database is damaged (${String(verdict)})`)
}

function bringUpToDate(path: string, database: DatabaseSync): void {
  for (let version = checkVersion(path, database); version < schemaSteps.length; version++) {
    database.exec('BEGIN IMMEDIATE')
    database.exec(schemaSteps[version] ?? '')
    database.exec(`PRAGMA user_version = ${version + 1}`)
    database.exec('COMMIT')
  }
}

function asInvalid(path: string, error: unknown): CodecellError {
  if (error instanceof CodecellError) return error
  return sessionInvalid(path, `the database cannot be read (${messageOf(error)})`, error)
}
