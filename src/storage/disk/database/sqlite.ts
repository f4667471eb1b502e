import type { DatabaseSync, DatabaseSyncOptions } from 'node:sqlite'

/** SQLite's code for a lock that somebody else holds; codes above its lowest byte say more about it. */
const busyCode = 5

/**
 * Opens a database. Node's SQLite is loaded here and not imported: a Node that has none must be able to read this package as
 * far as the sentence that says which Node is needed.
 */
export function openDatabase(path: string, options: DatabaseSyncOptions): DatabaseSync {
  const sqlite = process.getBuiltinModule('node:sqlite')
  return new sqlite.DatabaseSync(path, options)
}

export function isBusy(error: unknown): boolean {
  if (!(error instanceof Error) || !('errcode' in error)) return false
  return typeof error.errcode === 'number' && (error.errcode & 0xff) === busyCode
}
