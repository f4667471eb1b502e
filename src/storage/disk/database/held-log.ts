import type { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'

/**
 * Keeps the write-ahead log of a database when the connection is closed without `letLogGo`, as when a process is killed: by a process
 * that ends by itself, or one that has lost the session to another. SQLite merges the log into the database when the last
 * connection is closed, and removes it; whoever opens the session next would take the log for lost. It does not while the same
 * connection has the file twice, once for reading only.
 */
export function holdLog(path: string, database: DatabaseSync): void {
  database.prepare('ATTACH ? AS kept').run(`${pathToFileURL(path).href}?mode=ro`)
  // It is not open before something is read.
  database.exec('SELECT 1 FROM kept.sqlite_schema')
}

/** The log may be merged and removed from here on. */
export function releaseLog(database: DatabaseSync): void {
  database.exec('DETACH kept')
}
