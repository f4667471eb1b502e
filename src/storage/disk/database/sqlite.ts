import type { DatabaseSync, DatabaseSyncOptions } from 'node:sqlite'

/** The SQLite code for a lock held by another connection; the higher bytes of a code give details. */
const busyCode = 5

/**
 * Opens a database. `node:sqlite` is loaded on demand: a Node version without it must be able to load this package up
 * to the error that names the required version.
 */
export function openDatabase(path: string, options: DatabaseSyncOptions): DatabaseSync {
  const sqlite = process.getBuiltinModule('node:sqlite')
  return new sqlite.DatabaseSync(path, options)
}

export function isBusy(error: unknown): boolean {
  if (!(error instanceof Error) || !('errcode' in error)) return false
  return typeof error.errcode === 'number' && (error.errcode & 0xff) === busyCode
}
