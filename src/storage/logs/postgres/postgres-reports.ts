import type { StoredSession } from '../log-database.ts'
import type { SessionName, SessionQuery, SessionSummary } from '../session-logs.ts'
import { maxIdleEpochs, StoredFields } from '../stored-fields.ts'
import { nowMs, type Query } from './postgres-connection.ts'

const summarySql = `SELECT s.*, n.node, n.address, l.projection, l.last_at,
    (SELECT count(*) FROM @.approvals a WHERE a.tenant = s.tenant AND a.session = s.id) AS approval_count,
    (SELECT count(*) FROM @.inbox i WHERE i.tenant = s.tenant AND i.session = s.id AND i.body IS NOT NULL) AS inbox_count
  FROM @.sessions s
  LEFT JOIN @.nodes n ON n.node = s.owner AND n.lease_until > ${nowMs}
  LEFT JOIN LATERAL (
    SELECT projection, at AS last_at FROM @.log
    WHERE tenant = s.tenant AND session = s.id ORDER BY seq DESC LIMIT 1
  ) AS l ON true`

/** Reads everything of a session, within a transaction that sees one snapshot. */
export async function readSession(
  query: Query,
  { tenant, id }: SessionName,
  where: string,
): Promise<StoredSession | null> {
  const all = async (sql: string, ...more: readonly number[]): Promise<readonly StoredFields[]> =>
    (await query(sql, [tenant, id, ...more])).map((row) => new StoredFields(row, where))
  const [fields] = await all(`${summarySql} WHERE s.tenant = $1 AND s.id = $2`)
  if (fields === undefined) return null
  const snapshot = fields.snapshot()
  const parts =
    snapshot === null
      ? []
      : await all(
          'SELECT body FROM @.snapshots WHERE tenant = $1 AND session = $2 AND seq = $3 AND epoch = $4 ORDER BY part',
          snapshot.seq,
          snapshot.epoch,
        )
  const rows = await all(
    'SELECT seq, epoch, sum, body FROM @.log WHERE tenant = $1 AND session = $2 AND seq > $3 ORDER BY seq',
    snapshot?.seq ?? 0,
  )
  const approvals = await all('SELECT body FROM @.approvals WHERE tenant = $1 AND session = $2 ORDER BY key')
  const entries = await all(
    'SELECT entry_id, kind, body FROM @.inbox WHERE tenant = $1 AND session = $2 AND body IS NOT NULL ORDER BY position',
  )
  return {
    summary: fields.summary(),
    snapshot,
    snapshotParts: parts.map((part) => part.bytes('body')),
    rows: rows.map((row) => row.storedRow()),
    approvals: approvals.map((approval) => approval.text('body')),
    entries: entries.map((entry) => entry.entry()),
  }
}

/** Returns one page of summaries. */
export async function listSessions(
  query: Query,
  { tenant, after, hasApprovals, isParked }: SessionQuery,
  { count, where }: { readonly count: number; readonly where: string },
): Promise<readonly SessionSummary[]> {
  const sql = `${summarySql} WHERE s.tenant = $1 AND s.id > $2
      AND ($3::boolean IS NULL OR $3 = EXISTS (SELECT FROM @.approvals a WHERE a.tenant = s.tenant AND a.session = s.id))
      AND ($4::boolean IS NULL OR $4 = (s.idle_epochs >= ${maxIdleEpochs}))
    ORDER BY s.id LIMIT $5`
  const rows = await query(sql, [tenant, after ?? '', hasApprovals ?? null, isParked ?? null, count])
  return rows.map((row) => new StoredFields(row, where).summary())
}
