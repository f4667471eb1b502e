import type { StoredSession } from '../log-database.ts'
import type { SessionName, SessionQuery, SessionSummary } from '../session-logs.ts'
import { maxIdleEpochs, StoredFields } from '../stored-fields.ts'
import type { SqliteFile } from './sqlite-file.ts'

const summaryColumns = `s.*, n.node, n.address,
  (SELECT projection FROM log WHERE tenant = s.tenant AND session = s.id ORDER BY seq DESC LIMIT 1) AS projection,
  (SELECT at FROM log WHERE tenant = s.tenant AND session = s.id ORDER BY seq DESC LIMIT 1) AS last_at,
  (SELECT count(*) FROM approvals WHERE tenant = s.tenant AND session = s.id) AS approval_count,
  (SELECT count(*) FROM inbox WHERE tenant = s.tenant AND session = s.id AND body IS NOT NULL) AS inbox_count
  FROM sessions s LEFT JOIN nodes n ON n.node = s.owner AND n.lease_until > ?`

/** Reads everything of a session, within a transaction. */
export function readSession(file: SqliteFile, { tenant, id }: SessionName): StoredSession | null {
  const row = file.one(`SELECT ${summaryColumns} WHERE s.tenant = ? AND s.id = ?`, Date.now(), tenant, id)
  if (row === null) return null
  const fields = new StoredFields(row, file.path)
  const snapshot = fields.snapshot()
  const all = (sql: string, ...more: readonly number[]): readonly StoredFields[] =>
    file.all(sql, tenant, id, ...more).map((found) => new StoredFields(found, file.path))
  const parts =
    snapshot === null
      ? []
      : all(
          'SELECT body FROM snapshots WHERE tenant = ? AND session = ? AND seq = ? AND epoch = ? ORDER BY part',
          snapshot.seq,
          snapshot.epoch,
        )
  const rows = all(
    'SELECT seq, epoch, sum, body FROM log WHERE tenant = ? AND session = ? AND seq > ? ORDER BY seq',
    snapshot?.seq ?? 0,
  )
  const approvals = all('SELECT body FROM approvals WHERE tenant = ? AND session = ? ORDER BY key')
  const entries = all(
    'SELECT entry_id, kind, body FROM inbox WHERE tenant = ? AND session = ? AND body IS NOT NULL ORDER BY position',
  )
  return {
    summary: fields.summary(),
    snapshot,
    snapshotParts: parts.map((part) => part.bytes('body')),
    rows: rows.map((stored) => stored.storedRow()),
    approvals: approvals.map((approval) => approval.text('body')),
    entries: entries.map((entry) => entry.entry()),
  }
}

/** Returns one page of summaries, within a transaction. */
export function listSessions(file: SqliteFile, query: SessionQuery, count: number): readonly SessionSummary[] {
  const approvals = 'EXISTS (SELECT 1 FROM approvals a WHERE a.tenant = s.tenant AND a.session = s.id)'
  const conditions = [
    's.tenant = ? AND s.id > ?',
    ...(query.hasApprovals === undefined ? [] : [query.hasApprovals ? approvals : `NOT ${approvals}`]),
    ...(query.isParked === undefined ? [] : [`(s.idle_epochs >= ${maxIdleEpochs}) = ${query.isParked ? 1 : 0}`]),
  ]
  const sql = `SELECT ${summaryColumns} WHERE ${conditions.join(' AND ')} ORDER BY s.id LIMIT ?`
  const rows = file.all(sql, Date.now(), query.tenant, query.after ?? '', count)
  return rows.map((row) => new StoredFields(row, file.path).summary())
}
