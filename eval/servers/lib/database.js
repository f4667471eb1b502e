import { DatabaseSync } from 'node:sqlite'

/** Creates a database in the folder of the run, with tables and their rows. */
export function createDatabase(file, tables) {
  const database = new DatabaseSync(file)
  database.exec('PRAGMA synchronous = OFF; PRAGMA journal_mode = DELETE; BEGIN')
  for (const [name, { columns, rows }] of Object.entries(tables)) {
    const names = columns.split(',').map((column) => column.trim().split(' ')[0])
    database.exec(`CREATE TABLE ${name} (${columns})`)
    const insert = database.prepare(`INSERT INTO ${name} VALUES (${names.map(() => '?').join(', ')})`)
    for (const row of rows) insert.run(...names.map((column) => row[column.replaceAll('"', '')] ?? null))
  }
  database.exec('COMMIT')
  return {
    all: (sql, ...values) => database.prepare(sql).all(...values),
    get: (sql, ...values) => database.prepare(sql).get(...values),
    run: (sql, ...values) => database.prepare(sql).run(...values),
  }
}
