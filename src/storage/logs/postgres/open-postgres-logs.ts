import { SharedSessionLogs, type SharedLogsOptions } from '../node/shared-session-logs.ts'
import type { SessionLogs } from '../session-logs.ts'
import { prepareServer } from './check-server.ts'
import { PostgresConnection, type PgModule } from './postgres-connection.ts'
import { PostgresLogDatabase } from './postgres-log-database.ts'
import { parseStoreUrl } from './store-url.ts'

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
