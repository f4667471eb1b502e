import { readFileSync, writeFileSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { CodecellError } from '../../errors.ts'
import { isRecord } from '../../protocol/json.ts'
import type { SessionLayout } from './layout.ts'
import { openDatabase } from './sqlite.ts'
import { storageFailed } from './storage-error.ts'

/** SQLite's code for a lock that somebody else holds. */
const busyCode = 5

/**
 * The right to write a session: a lock of the operating system on a file, which goes with the process that holds it, however
 * that ends. Folders on a network may not support such locks.
 */
export class Lease {
  readonly #database: DatabaseSync

  private constructor(database: DatabaseSync) {
    this.#database = database
  }

  /** Throws `SESSION_IN_USE`, `STORAGE_FAILED`. */
  static take(layout: SessionLayout): Lease {
    let database: DatabaseSync | null = null
    try {
      database = openDatabase(layout.lease, { timeout: 0 })
      database.exec('BEGIN EXCLUSIVE')
      writeFileSync(layout.holder, JSON.stringify({ pid: process.pid, since: Date.now() }), { mode: 0o600 })
      return new Lease(database)
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

  release(): void {
    if (this.#database.isOpen) this.#database.close()
  }
}

/** Whether somebody has the session open now. */
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

/** The process that had the lease last, null when nobody can say. */
export function holderPid({ holder }: SessionLayout): number | null {
  try {
    const value: unknown = JSON.parse(readFileSync(holder, 'utf8'))
    const pid = isRecord(value) ? value['pid'] : null
    return typeof pid === 'number' ? pid : null
  } catch {
    // Who it is helps people only.
    return null
  }
}

function holderOf(layout: SessionLayout): string {
  const pid = holderPid(layout)
  if (pid === null) return 'another process'
  return pid === process.pid ? 'this process' : `process ${pid}`
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === busyCode
}
