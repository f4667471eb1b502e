import { CodecellError } from '../errors.ts'
import type { OptionNames } from '../options/check-options.ts'
import { openPostgresLogs } from '../storage/logs/postgres/open-postgres-logs.ts'
import { parseStoreUrl } from '../storage/logs/postgres/store-url.ts'
import { LogStore, type SharedStore } from '../storage/shared/shared-store.ts'
import { loadPg } from './pg-package.ts'
import { invalid, parseStoreOptions, storeOptionNames, type StoreOptions } from './store-options.ts'

/** Options of a store in PostgreSQL. */
export type PostgresStoreOptions = StoreOptions & {
  /**
   * The schema of the tables. Stores in different schemas are independent.
   *
   * @default the parameter `schema` of the URL, else `codecell`
   */
  readonly schema?: string
}

const optionNames: OptionNames<PostgresStoreOptions> = { ...storeOptionNames, schema: 'any' }

/**
 * Returns the store of sessions in a database of PostgreSQL 15 or later, which nodes on many machines can share. It connects and
 * creates its tables at the first use, which then throws `STORE_UNREACHABLE`, `INVALID_OPTION`, or `PACKAGE_MISSING` without the
 * package `pg`. No error shows the password.
 *
 * @throws {CodecellError} `INVALID_OPTION` for a malformed URL or an invalid option
 * @example
 * ```ts
 * await using store = postgresStore('postgres://agent@db.example/app', { tenant: 'acme' })
 * await using session = await createSession({ store, sessionId: 'invoices' })
 * ```
 */
export function postgresStore(url: string, options: PostgresStoreOptions = {}): SharedStore {
  const { tenant, node } = parseStoreOptions('postgresStore', options, optionNames)
  const { schema } = options
  if (schema !== undefined && typeof schema !== 'string') throw invalid('schema', schema, 'a string')
  if (typeof url !== 'string') {
    throw new CodecellError('INVALID_OPTION', 'Cannot use the URL of the store: expected a string', {
      details: { option: 'url', expected: 'a string' },
    })
  }
  return new LogStore({
    tenant,
    location: parseStoreUrl(url, schema ?? null).where,
    open: async () =>
      await openPostgresLogs(await loadPg(), url, { ...node, ...(schema === undefined ? {} : { schema }) }),
  })
}
