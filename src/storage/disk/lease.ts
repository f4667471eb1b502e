import { readFileSync, writeFileSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { CodecellError } from '../../errors.ts'
import { isRecord } from '../../protocol/json.ts'
import type { SessionLayout } from './layout.ts'
import { isBusy, openDatabase } from './database/sqlite.ts'
import { storageFailed } from './common/storage-error.ts'

/**
 * The right to write a session: a lock of the operating system on a file. It ends with the process that holds it,
 * however that ends. Network file systems may not support such locks.
 */
export class Lease {
  readonly #layout: SessionLayout
  readonly #database: DatabaseSync

  private constructor(layout: SessionLayout, database: DatabaseSync) {
    this.#layout = layout
    this.#database = database
  }

  /** @throws {CodecellError} `SESSION_IN_USE`, `STORAGE_FAILED` */
  static take(layout: SessionLayout): Lease {
    let database: DatabaseSync | null = null
    try {
      database = openDatabase(layout.lease, { timeout: 0 })
      database.exec('BEGIN EXCLUSIVE')
      return new Lease(layout, database)
    } catch (cause) {
      database?.close()
      if (!isBusy(cause)) throw storageFailed(layout.lease, cause)
      throw new CodecellError(
        'SESSION_IN_USE',
        `Cannot open the session in "${layout.folder}": ${holderOf(layout)} has it open`,
        { cause },
      )
    }
  }

  /**
   * Records that this process has opened or closed the session.
   *
   * @throws {CodecellError} `STORAGE_FAILED`
   */
  recordHolder(isOpen: boolean): void {
    try {
      writeFileSync(this.#layout.holder, JSON.stringify({ pid: process.pid, since: Date.now(), isOpen }), {
        mode: 0o600,
      })
    } catch (cause) {
      throw storageFailed(this.#layout.holder, cause)
    }
  }

  release(): void {
    if (this.#database.isOpen) this.#database.close()
  }
}

/** Returns whether the last process left the session open; null without a record of one. */
export function wasLeftOpen({ holder }: SessionLayout): boolean | null {
  const value = readHolder(holder)
  return value === null ? null : value['isOpen'] === true
}

/** Returns whether a process has the session open. */
export function isLeased(layout: SessionLayout): boolean {
  let database: DatabaseSync | null = null
  try {
    database = openDatabase(layout.lease, { timeout: 0, readOnly: true })
    database.exec('SELECT 1 FROM sqlite_schema')
    return false
  } catch (error) {
    return isBusy(error)
  } finally {
    database?.close()
  }
}

/** Returns the process that held the lease last; null if unknown. */
export function holderPid({ holder }: SessionLayout): number | null {
  const pid = readHolder(holder)?.['pid']
  return typeof pid === 'number' ? pid : null
}

function readHolder(path: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return isRecord(value) ? value : null
  } catch {
    return null
  }
}

function holderOf(layout: SessionLayout): string {
  const pid = holderPid(layout)
  if (pid === null) return 'another process'
  return pid === process.pid ? 'this process' : `process ${pid}`
}
