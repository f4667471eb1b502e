import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '../../../errors.ts'
import type { RowsCheck } from '../tasks/task.ts'
import { jsonEqual } from '../values/json-equal.ts'
import { failed, passed, shown, type Verdict } from './run-end.ts'

export async function checkRows({ database, sql, equals }: RowsCheck, folder: string): Promise<Verdict> {
  const file = join(folder, database)
  if (!existsSync(file)) return failed(`expected the database ${database}, which does not exist`)
  // Not every Node has the module.
  const { DatabaseSync } = await import('node:sqlite')
  const connection = new DatabaseSync(file, { readOnly: true })
  try {
    const rows = connection
      .prepare(sql)
      .all()
      .map((row) => Object.values(row).map((value) => (typeof value === 'bigint' ? Number(value) : value)))
    return jsonEqual(rows, equals) ? passed : failed(`expected the rows ${shown(equals)}, got ${shown(rows)}: ${sql}`)
  } catch (error) {
    return failed(`cannot query ${database}: ${messageOf(error)}`)
  } finally {
    connection.close()
  }
}
