import { SharedSessionLogs, type SharedLogsOptions } from '../node/shared-session-logs.ts'
import type { SessionLogs } from '../session-logs.ts'
import { SqliteFile } from './sqlite-file.ts'
import { SqliteLogDatabase } from './sqlite-log-database.ts'

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
