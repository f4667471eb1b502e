import { engineNeedPrefix } from '../../../protocol/engine-print.ts'
import { anyEngine, contentNeedPrefixes } from '../content-needs.ts'
import type { Claim, ClaimDueOptions, ClaimOptions, ClaimOutcome, Release } from '../log-database.ts'
import type { SessionName } from '../session-logs.ts'
import { maxIdleEpochs, StoredFields } from '../stored-fields.ts'
import { nowMs, type PgRow, type PostgresConnection, type Query } from './postgres-connection.ts'

const bucketCount = 64

/** SQL of the number of owners in a row that neither added a record nor released the session `s`. */
const idleEpochs = `CASE WHEN s.owner IS NULL THEN s.idle_epochs WHEN (
    SELECT l.took FROM @.log l WHERE l.tenant = s.tenant AND l.session = s.id ORDER BY l.seq DESC LIMIT 1
  ) THEN s.idle_epochs + 1 ELSE 0 END`

/** The same for a session that parameters name, so the server plans one partition of the log. */
const idleEpochsOfOne = idleEpochs.replace(
  'l.tenant = s.tenant AND l.session = s.id',
  'l.tenant = $1 AND l.session = $2',
)

const isOwnerDead = `NOT EXISTS (SELECT FROM @.nodes n WHERE n.node = s.owner AND n.lease_until > ${nowMs})`

const claimSql = `
  WITH claimed AS (
    UPDATE @.sessions s
    SET epoch = s.epoch + 1, owner = $3, needs = coalesce($4::text[], s.needs), idle_epochs = ${idleEpochsOfOne}
    WHERE s.tenant = $1 AND s.id = $2
      AND EXISTS (SELECT FROM @.nodes WHERE node = $3 AND lease_until > ${nowMs})
      AND (s.owner IS NULL OR CASE WHEN s.owner = $3 THEN $5::boolean ELSE ${isOwnerDead} END)
    RETURNING s.epoch
  ), woken AS (
    DELETE FROM @.wakes WHERE tenant = $1 AND session = $2 AND EXISTS (SELECT FROM claimed)
  )
  SELECT epoch FROM claimed`

const holderSql = `
  SELECT s.id, n.node, n.address,
    EXISTS (SELECT FROM @.nodes WHERE node = $3 AND lease_until > ${nowMs}) AS alive
  FROM (SELECT) AS one
  LEFT JOIN @.sessions s ON s.tenant = $1 AND s.id = $2
  LEFT JOIN @.nodes n ON n.node = s.owner AND n.lease_until > ${nowMs}`

/** Makes a node the owner of a session. An existing session takes one statement. */
export async function claimSession(
  connection: PostgresConnection,
  name: SessionName,
  options: ClaimOptions,
): Promise<ClaimOutcome> {
  const { node, mustExist, needs, canReclaim } = options
  const { tenant, id } = name
  for (;;) {
    const [claimed] = await connection.query(claimSql, [tenant, id, node, needs, canReclaim])
    if (claimed !== undefined) return { type: 'claimed', epoch: fieldsOf(claimed).integer('epoch') }
    const [found] = await connection.query(holderSql, [tenant, id, node])
    const fields = fieldsOf(found ?? {})
    if (!fields.boolean('alive')) return { type: 'lease_over' }
    if (fields.isNull('id')) {
      if (mustExist) return { type: 'not_found' }
      if (await create(connection, name, options)) return { type: 'claimed', epoch: 1 }
    } else if (!fields.isNull('node')) return { type: 'held', by: fields.address() }
  }
}

/** Creates a session, and returns whether this call did. */
function create(
  connection: PostgresConnection,
  { tenant, id }: SessionName,
  { node, needs }: ClaimOptions,
): Promise<boolean> {
  return connection.transaction(async (query) => {
    const sql = `INSERT INTO @.sessions (tenant, id, epoch, owner, needs, idle_epochs, created_at)
      VALUES ($1, $2, 1, $3, $4, 0, ${nowMs}) ON CONFLICT DO NOTHING RETURNING epoch`
    if ((await query(sql, [tenant, id, node, needs ?? []])).length === 0) return false
    // A statement of an old owner that was under way during a removal.
    await query('DELETE FROM @.log WHERE tenant = $1 AND session = $2', [tenant, id])
    return true
  })
}

/** The needs that do not start with any of these strings. */
function needsWithout(needs: string, prefixes: readonly string[]): string {
  const conditions = prefixes.map((prefix) => `n NOT LIKE '${prefix}%'`)
  return `ARRAY(SELECT n FROM unnest(${needs}) AS n WHERE ${conditions.join(' AND ')})`
}

/** Whether a node with these capabilities has all needs of a session. */
function isServed(needs: string, has: string): string {
  return `(${needs} <@ ${has}::text[] OR ('${anyEngine}' = ANY (${has}::text[]) AND ${needsWithout(needs, [engineNeedPrefix])} <@ ${has}::text[]))`
}

/** One index scan for each bucket, from a random one on; `LIMIT` ends them early. */
const dueSql = `
  WITH picked AS MATERIALIZED (
    SELECT w.tenant, w.session FROM generate_series($1::integer, $1::integer + ${bucketCount - 1}) AS b (number)
    CROSS JOIN LATERAL (
      SELECT tenant, session FROM @.wakes
      WHERE bucket = b.number % ${bucketCount} AND due <= (SELECT ${nowMs}) AND ${isServed('needs', '$2')}
        AND ($3::text[] IS NULL OR tenant = ANY ($3::text[]))
      ORDER BY due LIMIT $4 FOR UPDATE SKIP LOCKED
    ) AS w LIMIT $4
  )
  DELETE FROM @.wakes w USING picked p WHERE w.tenant = p.tenant AND w.session = p.session
  RETURNING w.tenant, w.session AS id`

const orphansSql = `
  SELECT o.tenant, o.id FROM @.nodes n CROSS JOIN LATERAL (
    SELECT s.tenant, s.id FROM @.sessions s
    WHERE s.owner = n.node AND ${isServed('s.needs', '$1')} AND ($2::text[] IS NULL OR s.tenant = ANY ($2::text[]))
    LIMIT $3 FOR UPDATE SKIP LOCKED
  ) AS o WHERE n.lease_until <= ${nowMs} LIMIT $3`

const takeSql = `
  UPDATE @.sessions s SET epoch = s.epoch + 1, owner = $1, idle_epochs = ${idleEpochs}
  FROM unnest($2::text[], $3::text[]) AS d (tenant, id)
  WHERE s.tenant = d.tenant AND s.id = d.id AND (s.owner IS NULL OR ${isOwnerDead}) AND ${idleEpochs} < ${maxIdleEpochs}
  RETURNING s.tenant, s.id, s.epoch`

const parkSql = `
  UPDATE @.sessions s SET owner = NULL, idle_epochs = ${idleEpochs}
  FROM unnest($1::text[], $2::text[]) AS d (tenant, id)
  WHERE s.tenant = d.tenant AND s.id = d.id AND s.owner IS NOT NULL AND ${isOwnerDead}
    AND ${idleEpochs} >= ${maxIdleEpochs}`

const removeNodesSql = `
  DELETE FROM @.nodes n WHERE n.lease_until < ${nowMs} - 60000
    AND NOT EXISTS (SELECT FROM @.sessions s WHERE s.owner = n.node)`

/** Makes a node the owner of sessions with work; null: its lease has run out. */
export function claimDue(connection: PostgresConnection, options: ClaimDueOptions): Promise<readonly Claim[] | null> {
  const { node, count, has, tenants } = options
  return connection.transaction(async (query) => {
    const alive = await query(`SELECT FROM @.nodes WHERE node = $1 AND lease_until > ${nowMs}`, [node])
    if (alive.length === 0) return null
    const bucket = Math.floor(Math.random() * bucketCount)
    const due = await take(query, node, await query(dueSql, [bucket, has, tenants, count]))
    if (due.length >= count) return due
    const orphans = await query(orphansSql, [has, tenants, count - due.length])
    const taken = await take(query, node, orphans)
    if (taken.length < orphans.length) await query(parkSql, namesOf(orphans))
    await query(removeNodesSql)
    return [...due, ...taken]
  })
}

async function take(query: Query, node: string, sessions: readonly PgRow[]): Promise<readonly Claim[]> {
  if (sessions.length === 0) return []
  return claimsOf(await query(takeSql, [node, ...namesOf(sessions)]))
}

/** Gives up a session. Entries of the inbox make it due at once. */
export function releaseSession(
  connection: PostgresConnection,
  { tenant, id }: SessionName,
  { node, epoch, wakeAt, isParked, needs }: Release,
): Promise<void> {
  return connection.transaction(async (query) => {
    const released = await query(
      `UPDATE @.sessions SET owner = NULL, idle_epochs = $5,
         needs = CASE WHEN $6::text[] IS NULL THEN needs ELSE array_cat(${needsWithout('needs', contentNeedPrefixes)}, $6::text[]) END
       WHERE tenant = $1 AND id = $2 AND epoch = $3 AND (owner = $4 OR owner IS NULL) RETURNING id`,
      [tenant, id, epoch, node, isParked ? maxIdleEpochs : 0, needs],
    )
    if (released.length === 0 || isParked) return
    // A statement of its own: it sees entries that were posted while the first one waited for the lock.
    await query(
      `INSERT INTO @.wakes (bucket, due, tenant, session, needs)
       SELECT floor(random() * ${bucketCount})::smallint, d.due, s.tenant, s.id, s.needs
       FROM @.sessions s CROSS JOIN LATERAL (
         SELECT CASE WHEN EXISTS (SELECT FROM @.inbox i WHERE i.tenant = $1 AND i.session = $2 AND i.body IS NOT NULL)
           THEN 0 ELSE $3::bigint END AS due) AS d
       WHERE s.tenant = $1 AND s.id = $2 AND d.due IS NOT NULL
       ON CONFLICT (tenant, session) DO UPDATE SET due = excluded.due`,
      [tenant, id, wakeAt === null ? null : Math.trunc(wakeAt)],
    )
  })
}

/** Adds the session to the wake-ups, within a transaction that has locked it. */
export async function makeDue(query: Query, { tenant, id }: SessionName): Promise<void> {
  await query(
    `INSERT INTO @.wakes (bucket, due, tenant, session, needs)
     SELECT floor(random() * ${bucketCount})::smallint, 0, tenant, id, needs FROM @.sessions
     WHERE tenant = $1 AND id = $2 ON CONFLICT (tenant, session) DO UPDATE SET due = 0`,
    [tenant, id],
  )
}

export function claimsOf(rows: readonly PgRow[]): readonly Claim[] {
  return rows.map((row) => {
    const fields = fieldsOf(row)
    return { name: { tenant: fields.text('tenant'), id: fields.text('id') }, epoch: fields.integer('epoch') }
  })
}

function namesOf(rows: readonly PgRow[]): readonly [readonly string[], readonly string[]] {
  return [rows.map((row) => fieldsOf(row).text('tenant')), rows.map((row) => fieldsOf(row).text('id'))]
}

function fieldsOf(row: PgRow): StoredFields {
  return new StoredFields(row, 'in PostgreSQL')
}
