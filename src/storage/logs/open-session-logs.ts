import { prepareServer } from './postgres/check-server.ts'
import { PostgresConnection, type PgModule } from './postgres/postgres-connection.ts'
import { PostgresLogDatabase } from './postgres/postgres-log-database.ts'
import { parseStoreUrl } from './postgres/store-url.ts'
import type { SessionLogs } from './session-logs.ts'
import { SharedSessionLogs, type SharedLogsOptions } from './shared-session-logs.ts'
import { SqliteFile } from './sqlite/sqlite-file.ts'
import { SqliteLogDatabase } from './sqlite/sqlite-log-database.ts'

export type PostgresLogsOptions = SharedLogsOptions & {
  /**
   * The schema of the tables.
   *
   * @default the parameter `schema` of the URL, else `codecell`
   */
  readonly schema?: string
  /**
   * How long the store waits for a response of the server, in milliseconds.
   *
   * @default 10000
   */
  readonly statementMs?: number
}

/**
 * Opens session logs in PostgreSQL 15 or later, and creates their tables. `pg` is the module of that name.
 *
 * @throws {CodecellError} `INVALID_OPTION` when the URL, the server or the tables cannot be used; nothing is changed.
 * `STORE_UNREACHABLE`
 */
export async function openPostgresLogs(
  pg: PgModule,
  url: string,
  options: PostgresLogsOptions = {},
): Promise<SessionLogs> {
  const address = parseStoreUrl(url, options.schema ?? null)
  const { statementMs = 10_000, lanes = 4 } = options
  const connection = new PostgresConnection(pg, address, { statementMs, connections: lanes + 4 })
  try {
    await prepareServer(connection)
  } catch (error) {
    await connection.close()
    throw error
  }
  return SharedSessionLogs.start(new PostgresLogDatabase(connection), options)
}

/**
 * Opens session logs in an SQLite file, which several processes of one machine can use. It is for tests and for
 * machines without PostgreSQL.
 *
 * @throws {CodecellError} `INVALID_OPTION` for a file that is not a store; it is not changed. `STORE_UNREACHABLE`
 */
export async function openSqliteLogs(path: string, options: SharedLogsOptions = {}): Promise<SessionLogs> {
  const file = await SqliteFile.open(path)
  return SharedSessionLogs.start(new SqliteLogDatabase(file), { lanes: 1, ...options })
}
