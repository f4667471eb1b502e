import { openSqliteLogs } from '../storage/logs/sqlite/open-sqlite-logs.ts'
import { LogStore, type SharedStore } from '../storage/shared/shared-store.ts'
import { invalid, parseStoreOptions, storeOptionNames, type StoreOptions } from './store-options.ts'

/**
 * Returns the store of sessions in an SQLite file, which processes of one machine can share. The file is created at the first use,
 * which then throws `STORE_UNREACHABLE`, or `INVALID_OPTION` for a file of another program.
 *
 * @throws {CodecellError} `INVALID_OPTION` for an invalid option
 * @example
 * ```ts
 * await using store = sqliteStore('sessions.db')
 * await using session = await createSession({ store, sessionId: 'invoices' })
 * ```
 */
export function sqliteStore(path: string, options: StoreOptions = {}): SharedStore {
  const { tenant, node } = parseStoreOptions('sqliteStore', options, storeOptionNames)
  if (typeof path !== 'string' || path === '' || path === ':memory:') throw invalid('path', path, 'the path of a file')
  return new LogStore({ tenant, location: `"${path}"`, open: async () => await openSqliteLogs(path, node) })
}
