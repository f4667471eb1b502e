import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { CodecellError, messageOf } from '../../../errors.ts'
import { holdLog, releaseLog } from './held-log.ts'
import { Ownership, type Epoch } from '../ownership.ts'
import { checkRows, defineRowSum } from './row-sums.ts'
import { schemaSteps } from './schema.ts'
import { isBusy, openDatabase } from './sqlite.ts'
import { sessionInUse, sessionInvalid, storageFailed } from '../storage-error.ts'

/** A value that goes into a statement. */
export type SqlValue = string | number | null

/** The database of one session. */
export class SessionDatabase {
  readonly path: string
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  /** Null: the database is only read. */
  readonly #ownership: Ownership | null
  #depth = 0

  private constructor(path: string, database: DatabaseSync, ownership: Ownership | null) {
    this.path = path
    this.#database = database
    this.#ownership = ownership
  }

  /**
   * Opens or makes the database, brings an older format up to date, and takes it over from every earlier opening. With `sync`
   * what is written outlasts the power as well as the process.
   *
   * @throws {CodecellError} `SESSION_IN_USE` when somebody writes it all the time, `SESSION_INVALID`, `STORAGE_FAILED`
   */
  static open(path: string, { fsync, isNew }: { readonly fsync: boolean; readonly isNew: boolean }): SessionDatabase {
    const database = opened(path, { timeout: 5000 })
    try {
      database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${fsync ? 'FULL' : 'NORMAL'}`)
      holdLog(path, database)
      if (!isNew) check(path, database)
      defineRowSum(database)
      migrate(path, database)
      if (!isNew) checkRows(path, database)
      return new SessionDatabase(path, database, Ownership.take(path, database))
    } catch (error) {
      database.close()
      if (isBusy(error)) throw sessionInUse(path, error)
      throw isNew ? storageFailed(path, error) : asInvalid(path, error)
    }
  }

  /** Opens a database for reading only, while somebody may write it. Throws `SESSION_INVALID`. */
  static read(path: string): SessionDatabase {
    const database = opened(path, { readOnly: true, timeout: 5000 })
    try {
      const version = checkVersion(path, database)
      if (version < schemaSteps.length) {
        throw sessionInvalid(
          path,
          `it has format ${version}, and is read from format ${schemaSteps.length} on; open it once`,
        )
      }
      defineRowSum(database)
      checkRows(path, database)
      return new SessionDatabase(path, database, null)
    } catch (error) {
      database.close()
      throw asInvalid(path, error)
    }
  }

  /** The opening that this is; of a database that is only read there is none. */
  get epoch(): Epoch {
    return this.#ownership?.epoch ?? { number: 0, token: '' }
  }

  /**
   * Has to be called before anything leaves the session that is not written in the same moment.
   *
   * @throws {CodecellError} `SESSION_LOST`
   */
  checkOwner(): void {
    this.#ownership?.check()
  }

  /** `callback` is called once, when it is noticed that another process has taken the session over. */
  onLost(callback: (error: CodecellError) => void): void {
    this.#ownership?.onLost(callback)
  }

  /**
   * Gives the number of rows that were changed.
   *
   * @throws {CodecellError} `STORAGE_FAILED`, `SESSION_LOST`
   */
  run(sql: string, ...values: readonly SqlValue[]): number {
    let changes = 0
    this.transaction(() => {
      changes = this.#execute(sql, ...values)
    })
    return changes
  }

  #execute(sql: string, ...values: readonly SqlValue[]): number {
    try {
      return Number(this.#prepare(sql).run(...values).changes)
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
  readSnapshot<result>(work: () => result): result {
    this.all('BEGIN')
    try {
      return work()
    } finally {
      this.all('COMMIT')
    }
  }

  /**
   * All of it or nothing, and nothing unless this opening still owns the session.
   *
   * @throws {CodecellError} `STORAGE_FAILED`, `SESSION_LOST`, and what `work` throws
   */
  transaction(work: () => void): void {
    if (this.#depth > 0) return work()
    this.#execute('BEGIN IMMEDIATE')
    this.#depth++
    try {
      this.checkOwner()
      work()
      this.#execute('COMMIT')
      this.#depth--
    } catch (error) {
      this.#depth = 0
      // A full disk may have rolled it back already.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    }
    // Files that were replaced since the first look have it on record, and the new ones have not.
    this.#ownership?.checkPath()
  }

  /** `isLogHeld`: the write-ahead log stays, as when the process is killed. */
  close({ isLogHeld }: { readonly isLogHeld: boolean }): void {
    if (!this.#database.isOpen) return
    if (!isLogHeld && this.#ownership !== null) releaseLog(this.#database)
    this.#database.close()
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
  const row = database.prepare('PRAGMA main.quick_check(1)').get()
  const verdict = row?.['quick_check']
  if (verdict !== 'ok') throw sessionInvalid(path, `the database is damaged (${String(verdict)})`)
}

function migrate(path: string, database: DatabaseSync): void {
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
