import type { NewRow, RowOutcome } from '../log-database.ts'
import { StoredFields } from '../stored-fields.ts'
import { nowMs, type PgRow, type Query } from './postgres-connection.ts'

/**
 * `ON CONFLICT` makes the key of the log the fence: of two rows with one number, one is added. A row is added only
 * behind the row that its writer knows.
 */
const singleSql = `
  INSERT INTO @.log (tenant, session, seq, epoch, took, sum, at, projection, body)
  SELECT $1::text, $2::text, $3::bigint, $4::bigint, $5::boolean, $6::uuid, ${nowMs}, $7::text, $8::bytea
  WHERE EXISTS (
    SELECT FROM @.log WHERE tenant = $1::text AND session = $2::text AND seq = $3::bigint - 1 AND sum = $9::uuid)
  ON CONFLICT DO NOTHING
  RETURNING sum`

/** `LIMIT 1` keeps the planner from reading the log to join it. */
const previousSql = `
      SELECT FROM @.log p
      WHERE p.tenant = r.tenant AND p.session = r.session AND p.seq = r.seq - 1 AND p.sum = r.previous LIMIT 1`

/** The first row of a log is added only if its session exists. */
const previousOrFirstSql = `
      (${previousSql})
      UNION ALL
      (SELECT FROM @.sessions s WHERE r.seq = 1 AND s.tenant = r.tenant AND s.id = r.session LIMIT 1)`

function insertSql(condition: string): string {
  return `
  WITH r AS (
    SELECT *, substring($1::bytea FROM start FOR size) AS body FROM unnest(
      $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::boolean[], $7::uuid[], $8::uuid[], $9::text[],
      $10::integer[], $11::integer[]
    ) AS t (tenant, session, seq, epoch, took, previous, sum, projection, start, size)
  ), added AS (
    INSERT INTO @.log (tenant, session, seq, epoch, took, sum, at, projection, body)
    SELECT r.tenant, r.session, r.seq, r.epoch, r.took, r.sum, ${nowMs}, r.projection, r.body
    FROM r CROSS JOIN LATERAL (${condition}) AS previous
    ORDER BY r.tenant, r.session
    ON CONFLICT DO NOTHING
    RETURNING tenant, session, sum
  )`
}

const approvalsSql = `, changed AS (
    SELECT added.tenant, added.session FROM added
    JOIN unnest($12::text[], $13::text[]) AS c (tenant, session) USING (tenant, session)
  ), fresh AS (
    SELECT a.* FROM unnest($14::text[], $15::text[], $16::text[], $17::text[]) AS a (tenant, session, key, body)
    JOIN changed USING (tenant, session)
  ), gone AS (
    DELETE FROM @.approvals a USING changed c WHERE a.tenant = c.tenant AND a.session = c.session
      AND NOT EXISTS (SELECT FROM fresh f WHERE f.tenant = a.tenant AND f.session = a.session AND f.key = a.key)
  ), saved AS (
    INSERT INTO @.approvals (tenant, session, key, body) SELECT tenant, session, key, body FROM fresh
    ON CONFLICT (tenant, session, key) DO UPDATE SET body = excluded.body
  ), taken AS (
    UPDATE @.inbox i SET body = NULL, at = ${nowMs}
    FROM unnest($18::text[], $19::text[], $20::text[]) AS k (tenant, session, entry_id)
    JOIN added USING (tenant, session)
    WHERE i.tenant = k.tenant AND i.session = k.session AND i.entry_id = k.entry_id
  )`

const resultSql = ' SELECT sum FROM added'
const plainSql = insertSql(previousSql) + resultSql
const firstSql = insertSql(previousOrFirstSql) + resultSql
const fullSql = insertSql(previousOrFirstSql) + approvalsSql + resultSql

const storedSql = `
  SELECT t.position::integer AS position, l.sum
  FROM unnest($1::text[], $2::text[], $3::bigint[]) WITH ORDINALITY AS t (tenant, session, seq, position)
  CROSS JOIN LATERAL (
    SELECT sum FROM @.log l WHERE l.tenant = t.tenant AND l.session = t.session AND l.seq = t.seq LIMIT 1
  ) AS l`

/** Adds rows with one statement. A row that is already on record counts as added. */
export async function insertRows(query: Query, rows: readonly NewRow[], where: string): Promise<readonly RowOutcome[]> {
  const found = await addRows(query, rows)
  const added = new Set(found.map((row) => new StoredFields(row, where).text('sum')))
  const rest = rows.filter(({ sum }) => !added.has(sum))
  const stored = rest.length === 0 ? new Map<NewRow, string>() : await storedSums(query, rest, where)
  return rows.map((row) => {
    if (added.has(row.sum) || stored.get(row) === row.sum) return 'added'
    return stored.has(row) ? 'other_row' : 'previous_missing'
  })
}

/** Adds rows, with the cheapest statement. The server plans a statement each time. */
function addRows(query: Query, rows: readonly NewRow[]): Promise<readonly PgRow[]> {
  const isPlain = rows.every(({ approvals, taken }) => approvals === null && taken.length === 0)
  if (!isPlain) return query(fullSql, [...rowValues(rows), ...changeValues(rows)])
  const [row] = rows
  if (row !== undefined && rows.length === 1 && row.seq > 1) return query(singleSql, singleValues(row))
  return query(rows.some(({ seq }) => seq === 1) ? firstSql : plainSql, rowValues(rows))
}

function singleValues({ name, seq, epoch, isTook, sum, projection, body, previousSum }: NewRow): readonly unknown[] {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  return [name.tenant, name.id, seq, epoch, isTook, sum, projection, bytes, previousSum]
}

function rowValues(rows: readonly NewRow[]): readonly unknown[] {
  let start = 1
  const starts = rows.map(({ body }) => {
    const own = start
    start += body.byteLength
    return own
  })
  return [
    Buffer.concat(rows.map(({ body }) => body)),
    rows.map(({ name }) => name.tenant),
    rows.map(({ name }) => name.id),
    rows.map(({ seq }) => seq),
    rows.map(({ epoch }) => epoch),
    rows.map(({ isTook }) => isTook),
    rows.map(({ previousSum }) => (previousSum === '' ? null : previousSum)),
    rows.map(({ sum }) => sum),
    rows.map(({ projection }) => projection),
    starts,
    rows.map(({ body }) => body.byteLength),
  ]
}

function changeValues(rows: readonly NewRow[]): readonly unknown[] {
  const changed = rows.filter(({ approvals }) => approvals !== null)
  const approvals = changed.flatMap(({ name, approvals: all }) => (all ?? []).map((approval) => ({ name, approval })))
  const taken = rows.flatMap(({ name, taken: ids }) => ids.map((entry) => ({ name, entry })))
  return [
    changed.map(({ name }) => name.tenant),
    changed.map(({ name }) => name.id),
    approvals.map(({ name }) => name.tenant),
    approvals.map(({ name }) => name.id),
    approvals.map(({ approval }) => approval.key),
    approvals.map(({ approval }) => JSON.stringify(approval)),
    taken.map(({ name }) => name.tenant),
    taken.map(({ name }) => name.id),
    taken.map(({ entry }) => entry),
  ]
}

/** Returns the sums of the rows that have the numbers of these rows. */
async function storedSums(query: Query, rows: readonly NewRow[], where: string): Promise<Map<NewRow, string>> {
  const found = await query(storedSql, [
    rows.map(({ name }) => name.tenant),
    rows.map(({ name }) => name.id),
    rows.map(({ seq }) => seq),
  ])
  const sums = new Map<NewRow, string>()
  for (const each of found) {
    const fields = new StoredFields(each, where)
    const row = rows[fields.integer('position') - 1]
    if (row !== undefined) sums.set(row, fields.text('sum'))
  }
  return sums
}
