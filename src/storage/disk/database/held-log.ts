import type { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'

/**
 * Keeps the write-ahead log of a database when the connection is closed without `releaseLog`, as if the process were
 * killed. It is for a process that ends, or that has lost the session to another. SQLite merges the log into the
 * database when the last connection closes, and removes it; the next opening would report the log as missing. SQLite
 * keeps the log while the same connection has the file attached a second time, read-only.
 */
export function holdLog(path: string, database: DatabaseSync): void {
  database.prepare('ATTACH ? AS kept').run(`${pathToFileURL(path).href}?mode=ro`)
  // SQLite opens the attached file on the first read.
  database.exec('SELECT 1 FROM kept.sqlite_schema')
}

/** Allows SQLite to merge and remove the log. */
export function releaseLog(database: DatabaseSync): void {
  database.exec('DETACH kept')
}
