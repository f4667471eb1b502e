import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { CodecellError, messageOf } from '../../../errors.ts'
import { demandHere } from '../../session-move.ts'
import { holdLog, releaseLog } from './held-log.ts'
import { folderText, storedMove } from './stored-move.ts'
import { Ownership, type Epoch } from '../common/ownership.ts'
import { checkRows, defineRowSum } from './row-sums.ts'
import { commonFormat, schemaSteps } from './schema.ts'
import { isBusy, openDatabase } from './sqlite.ts'
import { sessionInUse, sessionInvalid, storageFailed } from '../common/storage-error.ts'

/** A value that is bound to a statement. */
export type SqlValue = string | number | null

export type DatabaseOptions = {
  readonly fsync: boolean
  readonly isNew: boolean
  /** The opening moves the session, which may be elsewhere. `minEpoch` is the last epoch of the other location. */
  readonly moving?: { readonly minEpoch: number }
}

/** The database of one session. */
export class SessionDatabase {
  readonly path: string
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  /** Null: the database is read-only. */
  readonly #ownership: Ownership | null
  #depth = 0

  private constructor(path: string, database: DatabaseSync, ownership: Ownership | null) {
    this.path = path
    this.#database = database
    this.#ownership = ownership
  }

  /**
   * Opens or creates the database, migrates an older format, and takes it over from every earlier opening. With
   * `fsync`, commits survive power loss as well as a crash of the process.
   *
   * @throws {CodecellError} `SESSION_IN_USE` when another process holds the write lock, `SESSION_MOVED`, `SESSION_INVALID`,
   * `STORAGE_FAILED`
   */
  static open(path: string, { fsync, isNew, moving }: DatabaseOptions): SessionDatabase {
    const database = opened(path, { timeout: 5000 })
    try {
      database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${fsync ? 'FULL' : 'NORMAL'}`)
      holdLog(path, database)
      if (!isNew) check(path, database)
      defineRowSum(database)
      migrate(path, database, commonFormat)
      if (!isNew) checkRows(path, database)
      if (moving === undefined) demandMovedHere(path, database)
      return new SessionDatabase(path, database, Ownership.take(path, database, moving?.minEpoch ?? 0))
    } catch (error) {
      database.close()
      if (isBusy(error)) throw sessionInUse(path, error)
      throw isNew ? storageFailed(path, error) : asInvalid(path, error)
    }
  }

  /**
   * Opens a database read-only, while another process may write it. `isOwned`: a process has the session open.
   *
   * @throws {CodecellError} `SESSION_INVALID`, `SESSION_MOVED`, `SESSION_NOT_FOUND` while its owner creates it
   */
  static read(path: string, { isOwned }: { readonly isOwned: boolean }): SessionDatabase {
    const database = opened(path, { readOnly: true, timeout: 5000 })
    try {
      const version = checkVersion(path, database)
      if (version === 0 && isOwned) {
        throw new CodecellError('SESSION_NOT_FOUND', `Cannot read "${path}": a process is creating the session`)
      }
      if (version < commonFormat) {
        throw sessionInvalid(
          path,
          `it has format ${version}, and only format ${commonFormat} can be read; open the session once to migrate it`,
        )
      }
      defineRowSum(database)
      checkRows(path, database)
      demandMovedHere(path, database)
      return new SessionDatabase(path, database, null)
    } catch (error) {
      database.close()
      throw asInvalid(path, error)
    }
  }

  /** The epoch of this opening; a read-only database has none. */
  get epoch(): Epoch {
    return this.#ownership?.epoch ?? { number: 0, token: '' }
  }

  /**
   * Must be called before an effect that is not written in the same transaction.
   *
   * @throws {CodecellError} `SESSION_LOST`
   */
  checkOwner(): void {
    this.#ownership?.check()
  }

  /** Calls `callback` once, when another process has taken the session over. */
  onLost(callback: (error: CodecellError) => void): void {
    this.#ownership?.onLost(callback)
  }

  /**
   * Returns the number of changed rows.
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

  /** @throws {CodecellError} `SESSION_INVALID` */
  all(sql: string, ...values: readonly SqlValue[]): readonly unknown[] {
    try {
      return this.#prepare(sql).all(...values)
    } catch (error) {
      throw asInvalid(this.path, error)
    }
  }

  /**
   * Returns the first row, or undefined.
   *
   * @throws {CodecellError} `SESSION_INVALID`
   */
  one(sql: string, ...values: readonly SqlValue[]): unknown {
    try {
      return this.#prepare(sql).get(...values)
    } catch (error) {
      throw asInvalid(this.path, error)
    }
  }

  /**
   * Runs `work` on one snapshot, while another process may write.
   *
   * @throws {CodecellError} `SESSION_INVALID`, and what `work` throws
   */
  readSnapshot<result>(work: () => result): result {
    this.all('BEGIN')
    try {
      return work()
    } finally {
      this.all('COMMIT')
    }
  }

  /**
   * Runs `work` in one transaction, which commits only if this opening still owns the session.
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
      // A full disk may have rolled the transaction back.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    }
    // If the files were replaced since the first check, the old files have the record and the new ones do not.
    this.#ownership?.checkPath()
  }

  /**
   * Migrates to the last format, in which `work` writes.
   *
   * @throws {CodecellError} `STORAGE_FAILED`, `SESSION_LOST`
   */
  writeLastFormat(work: () => void): void {
    this.transaction(() => {
      try {
        if (versionOf(this.#database) < schemaSteps.length) takeSteps(this.#database, schemaSteps.length)
      } catch (cause) {
        throw storageFailed(this.path, cause)
      }
      work()
    })
  }

  /** Returns whether a table exists, which depends on the format. */
  hasTable(name: string): boolean {
    return this.one(`SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?`, name) !== undefined
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

/** Throws `SESSION_MOVED` for a session that is not in this folder. */
function demandMovedHere(path: string, database: DatabaseSync): void {
  demandHere(folderText(path), storedMove(path, { get: (sql) => database.prepare(sql).get() }))
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
      `it has format ${version}, and this version of codecell supports formats up to ${schemaSteps.length}; use a newer version`,
    )
  }
  return version
}

function check(path: string, database: DatabaseSync): void {
  checkVersion(path, database)
  const row = database.prepare('PRAGMA main.quick_check(1)').get()
  const verdict = row?.['quick_check']
  if (verdict !== 'ok') throw sessionInvalid(path, `the database is corrupt (${String(verdict)})`)
}

function migrate(path: string, database: DatabaseSync, format: number): void {
  if (checkVersion(path, database) >= format) return
  // In one transaction, so that other processes see no format in between.
  database.exec('BEGIN IMMEDIATE')
  takeSteps(database, format)
  database.exec('COMMIT')
}

function takeSteps(database: DatabaseSync, format: number): void {
  for (const step of schemaSteps.slice(versionOf(database), format)) database.exec(step)
  database.exec(`PRAGMA user_version = ${format}`)
}

function asInvalid(path: string, error: unknown): CodecellError {
  if (error instanceof CodecellError) return error
  return sessionInvalid(path, `the database cannot be read (${messageOf(error)})`, error)
}
