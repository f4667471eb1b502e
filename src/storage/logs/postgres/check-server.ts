import type { CodecellError } from '../../../errors.ts'
import { invalidStoreOption } from '../log-errors.ts'
import { StoredFields } from '../stored-fields.ts'
import type { PostgresConnection, Query } from './postgres-connection.ts'
import { codeOf, openingError } from './postgres-errors.ts'
import { postgresProduct, postgresSteps, postgresTables } from './schema.ts'

/** Errors of two processes that create the tables at the same time. */
const raceCodes = new Set(['23505', '40001', '40P01', '42P06', '42P07', 'XX000'])
const maxAttempts = 10

/**
 * Checks the server and its settings, then creates or migrates the tables. Tables of another application, or of a newer
 * format, are not changed.
 *
 * @throws {CodecellError} `INVALID_OPTION`, `STORE_UNREACHABLE`
 */
export async function prepareServer(connection: PostgresConnection): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await connection.rawTransaction((query) => prepare(query, connection))
    } catch (error) {
      if (attempt === maxAttempts || !raceCodes.has(codeOf(error))) throw openingError(connection.where, error)
    }
  }
}

async function prepare(query: Query, { where, schema }: PostgresConnection): Promise<void> {
  await checkSettings(query, where)
  const format = await formatOf(query, schema, where)
  if (format < postgresSteps.length) await migrate(query, { schema, where, format })
}

/** @throws {CodecellError} `INVALID_OPTION` for a server that is too old, read-only, or that loses confirmed commits */
export async function checkSettings(query: Query, where: string): Promise<void> {
  const [row] = await query(`SELECT current_setting('server_version_num')::int AS version,
    current_setting('server_version') AS version_text, current_setting('fsync') AS fsync,
    current_setting('synchronous_commit') AS synchronous_commit,
    current_setting('server_encoding') AS encoding, pg_is_in_recovery() AS standby`)
  const fields = new StoredFields(row, where)
  const version = fields.integer('version')
  if (version < 150_000) {
    throw refused(where, `expected PostgreSQL 15 or later, got ${fields.text('version_text')}; upgrade the server`)
  }
  if (fields.boolean('standby')) throw refused(where, 'the server is a read-only standby; use the URL of the primary')
  for (const setting of ['fsync', 'synchronous_commit'] as const) {
    if (fields.text(setting) !== 'off') continue
    const scopes = setting === 'fsync' ? 'the server' : 'the server, the database and the user'
    throw refused(where, `${setting} is off, so a crash loses confirmed records; set it to on for ${scopes}`)
  }
  const encoding = fields.text('encoding')
  if (encoding !== 'UTF8') throw refused(where, `expected a database with the encoding UTF8, got ${encoding}`)
}

/** Returns the format of the tables; 0 for a schema that is missing or empty. */
async function formatOf(query: Query, schema: string, where: string): Promise<number> {
  const relations = await query(
    `SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
       AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') ORDER BY 1`,
    [schema],
  )
  if (relations.length === 0) return 0
  const names = relations.map((row) => new StoredFields(row, where).text('name'))
  const columns = await query(
    `SELECT count(*)::int AS count FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
     JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relname = 'store_format' AND a.attname IN ('product', 'format')`,
    [schema],
  )
  if (new StoredFields(columns[0], where).integer('count') < 2) {
    const example = names.find((name) => postgresTables.includes(name)) ?? names[0] ?? ''
    throw foreign(where, `the schema has tables of another application, such as "${example}"`)
  }
  await checkRights(query, { schema, where, tables: names.filter((name) => postgresTables.includes(name)) })
  const [row] = await query('SELECT product::text AS product, format::int AS format FROM @.store_format LIMIT 1')
  if (row === undefined) throw foreign(where, 'the table "store_format" has no row')
  const fields = new StoredFields(row, where)
  if (fields.optionalText('product') !== postgresProduct) {
    throw foreign(where, 'the table "store_format" belongs to another application')
  }
  const format = fields.integer('format')
  if (format > postgresSteps.length || format < 1) {
    const supported = `this version of codecell supports formats up to ${postgresSteps.length}`
    throw refused(where, `its tables have format ${format}, and ${supported}; use a newer version; nothing was changed`)
  }
  const missing = postgresTables.filter((table) => !names.includes(table))
  if (missing.length === 0) return format
  const text = `tables are missing: ${missing.join(', ')}; restore the schema from a backup`
  throw refused(where, `${text}; nothing was changed`)
}

type Migration = { readonly schema: string; readonly where: string; readonly format: number }

async function migrate(query: Query, { schema, where, format }: Migration): Promise<void> {
  const [row] = await query(
    `SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1) AS exists,
       has_database_privilege(current_database(), 'CREATE') AS may_create_schema,
       CASE WHEN EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)
         THEN has_schema_privilege($1, 'CREATE') ELSE false END AS may_create_tables,
       current_user::text AS "user", current_database()::text AS database`,
    [schema],
  )
  const fields = new StoredFields(row, where)
  const exists = fields.boolean('exists')
  const user = fields.text('user')
  if (!(exists ? fields.boolean('may_create_tables') : fields.boolean('may_create_schema'))) {
    const grant = exists
      ? `GRANT CREATE, USAGE ON SCHEMA "${schema}" TO "${user}"`
      : `CREATE SCHEMA "${schema}" AUTHORIZATION "${user}"`
    throw refused(where, `the user "${user}" has no right to create the tables; run ${grant}`)
  }
  if (format > 0) await checkOwner(query, { schema, where, format })
  if (!exists) await query(`CREATE SCHEMA "${schema}"`)
  if (format === 0) {
    await query(
      'CREATE TABLE @.store_format (id integer PRIMARY KEY CHECK (id = 1), product text NOT NULL, format integer NOT NULL)',
    )
    await query('INSERT INTO @.store_format (id, product, format) VALUES (1, $1, 0)', [postgresProduct])
  }
  // Another process that migrates locks this row. After it, fewer steps remain.
  const [locked] = await query('SELECT format::int AS format FROM @.store_format FOR UPDATE')
  for (const step of postgresSteps.slice(new StoredFields(locked, where).integer('format'))) {
    for (const statement of step.split(/;\s*\n/)) if (statement.trim() !== '') await query(statement)
  }
  await query('UPDATE @.store_format SET format = $1', [postgresSteps.length])
}

/** Only the owner of a table can change its columns. */
async function checkOwner(query: Query, { schema, where, format }: Migration): Promise<void> {
  const [row] = await query(
    `SELECT current_user::text AS "user", coalesce(bool_and(pg_has_role(c.relowner, 'USAGE')), true) AS is_owner,
       coalesce(min(pg_get_userbyid(c.relowner))::text, '') AS owner
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relname = ANY ($2::text[])`,
    [schema, postgresTables],
  )
  const fields = new StoredFields(row, where)
  if (fields.boolean('is_owner')) return
  const formats = `its tables have format ${format}, and this version of codecell needs format ${postgresSteps.length}`
  const next = `run "codecell sessions --store URL" once as the owner of the tables, "${fields.text('owner')}"`
  throw refused(where, `${formats}; the user "${fields.text('user')}" cannot change them: ${next}; nothing was changed`)
}

type Rights = { readonly schema: string; readonly where: string; readonly tables: readonly string[] }

async function checkRights(query: Query, { schema, where, tables }: Rights): Promise<void> {
  const [row] = await query(
    `SELECT current_user::text AS "user", has_schema_privilege($1, 'USAGE')
       AND has_table_privilege(format('%I.store_format', $1::text), 'SELECT')
       AND NOT EXISTS (
         SELECT FROM unnest($2::text[]) AS t (name), unnest($3::text[]) AS r (name)
         WHERE NOT has_table_privilege(format('%I.%I', $1::text, t.name), r.name)) AS has_all`,
    [schema, tables, ['SELECT', 'INSERT', 'UPDATE', 'DELETE']],
  )
  const fields = new StoredFields(row, where)
  if (fields.boolean('has_all')) return
  const user = fields.text('user')
  const grant = `GRANT USAGE ON SCHEMA "${schema}" TO "${user}"; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "${schema}" TO "${user}"`
  throw refused(where, `the user "${user}" has no right to use the tables; run ${grant}`)
}

function refused(where: string, reason: string): CodecellError {
  return invalidStoreOption('url', `Cannot open the store ${where}: ${reason}`)
}

function foreign(where: string, reason: string): CodecellError {
  return refused(where, `${reason}; add ?schema=<name> to the URL for a schema of its own; nothing was changed`)
}
