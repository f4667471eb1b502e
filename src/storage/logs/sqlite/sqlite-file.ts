import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { CodecellError, messageOf } from '../../../errors.ts'
import { invalidStoreOption, storeUnreachable } from '../log-errors.ts'
import { sqliteApplicationId, sqliteSteps } from './schema.ts'

/** How long a transaction waits for others, in milliseconds. */
const busyMs = 10_000
/** The part of it during which the thread is blocked. */
const blockedMs = 20

export type SqlRow = Readonly<Record<string, unknown>>

/** One SQLite file with the tables of a store, which several processes use. */
export class SqliteFile {
  readonly path: string
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  private constructor(path: string, database: DatabaseSync) {
    this.path = path
    this.#database = database
  }

  /**
   * Opens or creates the file. An existing file of another program is not changed.
   *
   * @throws {CodecellError} `INVALID_OPTION` for a file that is not a store, `STORE_UNREACHABLE`
   */
  static async open(path: string): Promise<SqliteFile> {
    const file = new SqliteFile(path, opened(path))
    try {
      await file.#whenFree(() => file.#prepareFile())
      return file
    } catch (error) {
      file.close()
      if (isCode(error, notADatabaseCode)) throw foreign(path, 'it is not an SQLite database')
      throw storeUnreachable(`"${path}"`, error)
    }
  }

  /**
   * Runs `work` in one transaction that can write. It waits for other processes.
   *
   * @throws {CodecellError} `STORE_UNREACHABLE`, and errors of `work` that are not of SQLite
   */
  async write<Result>(work: () => Result): Promise<Result> {
    return this.#transaction('BEGIN IMMEDIATE', work)
  }

  /**
   * Runs `work` on one snapshot.
   *
   * @throws {CodecellError} `STORE_UNREACHABLE`, and errors of `work` that are not of SQLite
   */
  async read<Result>(work: () => Result): Promise<Result> {
    return this.#transaction('BEGIN', work)
  }

  all(sql: string, ...values: readonly SQLInputValue[]): readonly SqlRow[] {
    return this.#prepare(sql).all(...values)
  }

  /** Returns rows of a statement with named parameters. */
  named(sql: string, values: Readonly<Record<string, SQLInputValue>>): readonly SqlRow[] {
    return this.#prepare(sql).all(values)
  }

  one(sql: string, ...values: readonly SQLInputValue[]): SqlRow | null {
    return this.#prepare(sql).get(...values) ?? null
  }

  /** Returns the number of changed rows. */
  run(sql: string, ...values: readonly SQLInputValue[]): number {
    return Number(this.#prepare(sql).run(...values).changes)
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close()
  }

  async #transaction<Result>(begin: string, work: () => Result): Promise<Result> {
    try {
      return await this.#whenFree(() => this.#inTransaction(begin, work))
    } catch (error) {
      throw storeUnreachable(`"${this.path}"`, error)
    }
  }

  #inTransaction<Result>(begin: string, work: () => Result): Result {
    this.#database.exec(begin)
    try {
      const result = work()
      this.#database.exec('COMMIT')
      return result
    } catch (error) {
      // A full disk may have rolled the transaction back.
      if (this.#database.isOpen && this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    }
  }

  /** Repeats `work` while other processes hold the lock, without blocking the thread for long. */
  async #whenFree<Result>(work: () => Result): Promise<Result> {
    const end = performance.now() + busyMs
    for (;;) {
      try {
        return work()
      } catch (error) {
        if (!isCode(error, busyCode) || performance.now() > end) throw error
      }
      await new Promise((resolve) => setTimeout(resolve, 1 + Math.random() * 10))
    }
  }

  #prepareFile(): void {
    const isNew = this.one('SELECT count(*) AS count FROM sqlite_schema')?.['count'] === 0
    const id = this.one('PRAGMA application_id')?.['application_id']
    if (!isNew && id !== sqliteApplicationId) throw foreign(this.path, 'it has tables of another program')
    this.#checkVersion()
    this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    this.#inTransaction('BEGIN IMMEDIATE', () => {
      const version = this.#checkVersion()
      if (version === sqliteSteps.length) return
      for (const step of sqliteSteps.slice(version)) this.#database.exec(step)
      this.#database.exec(`PRAGMA user_version = ${sqliteSteps.length}; PRAGMA application_id = ${sqliteApplicationId}`)
    })
  }

  #checkVersion(): number {
    const version = Number(this.one('PRAGMA user_version')?.['user_version'])
    if (version <= sqliteSteps.length) return version
    const known = `this version of codecell supports formats up to ${sqliteSteps.length}; use a newer version`
    throw foreign(this.path, `it has format ${version}, and ${known}`)
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const statement = this.#database.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }
}

const busyCode = 5
const notADatabaseCode = 26

function isCode(error: unknown, code: number): boolean {
  if (!(error instanceof Error) || !('errcode' in error)) return false
  return typeof error.errcode === 'number' && (error.errcode & 0xff) === code
}

function opened(path: string): DatabaseSync {
  const sqlite = process.getBuiltinModule('node:sqlite')
  try {
    return new sqlite.DatabaseSync(path, { timeout: blockedMs })
  } catch (cause) {
    throw invalidStoreOption('path', `Cannot open the store "${path}": ${messageOf(cause)}`, cause)
  }
}

function foreign(path: string, reason: string): CodecellError {
  return invalidStoreOption('path', `Cannot use "${path}" as a store: ${reason}; nothing was changed`)
}
