import type { DatabaseSync, DatabaseSyncOptions } from 'node:sqlite'

/**
 * Opens a database. Node's SQLite is loaded here and not imported: a Node that has none must be able to read this package as
 * far as the sentence that says which Node is needed.
 */
export function openDatabase(path: string, options: DatabaseSyncOptions): DatabaseSync {
  const sqlite = process.getBuiltinModule('node:sqlite')
  return new sqlite.DatabaseSync(path, options)
}
