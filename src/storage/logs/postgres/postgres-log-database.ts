import type * as logs from '../log-database.ts'
import type {
  BlobScope,
  Digest,
  NodeAddress,
  NodeState,
  SessionName,
  SessionQuery,
  SessionSummary,
} from '../session-logs.ts'
import type { FleetDatabase } from '../fleet-database.ts'
import { StoredFields } from '../stored-fields.ts'
import { insertRows } from './insert-rows.ts'
import { nowMs, type PgRow, type PostgresConnection } from './postgres-connection.ts'
import { claimDue, claimSession, claimsOf, makeDue, releaseSession } from './postgres-ownership.ts'
import { PostgresFleet } from './postgres-fleet.ts'
import { listSessions, readSession } from './postgres-reports.ts'

/** The statements of a shared store in PostgreSQL. */
export class PostgresLogDatabase implements logs.LogDatabase {
  readonly where: string
  readonly fleet: FleetDatabase
  readonly #connection: PostgresConnection

  constructor(connection: PostgresConnection) {
    this.#connection = connection
    this.fleet = new PostgresFleet(connection)
    this.where = connection.where
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#connection.close()
  }

  async renew({ node, url, build, isDraining }: NodeState, ttlMs: number): Promise<logs.Renewal> {
    const rows = await this.#connection.leaseQuery(
      `INSERT INTO @.nodes AS n (node, address, lease_until, alive_since, build, draining)
       VALUES ($1, $2, ${nowMs} + $3::bigint, ${nowMs}, $4, $5)
       ON CONFLICT (node) DO UPDATE SET lease_until = excluded.lease_until, draining = excluded.draining,
         alive_since = CASE WHEN n.lease_until > ${nowMs} THEN n.alive_since ELSE excluded.alive_since END
       RETURNING n.alive_since, ${nowMs} AS now`,
      [node, url, Math.ceil(ttlMs), build, isDraining],
    )
    const fields = this.#fields(rows[0])
    return { aliveSince: fields.integer('alive_since'), now: fields.integer('now') }
  }

  async endLease(node: string): Promise<void> {
    await this.#connection.leaseQuery('UPDATE @.nodes SET lease_until = 0 WHERE node = $1', [node])
  }

  async owned(node: string): Promise<readonly logs.Claim[]> {
    return claimsOf(await this.#connection.query('SELECT tenant, id, epoch FROM @.sessions WHERE owner = $1', [node]))
  }

  claim(name: SessionName, options: logs.ClaimOptions): Promise<logs.ClaimOutcome> {
    return claimSession(this.#connection, name, options)
  }

  claimDue(options: logs.ClaimDueOptions): Promise<readonly logs.Claim[] | null> {
    return claimDue(this.#connection, options)
  }

  release(name: SessionName, release: logs.Release): Promise<void> {
    return releaseSession(this.#connection, name, release)
  }

  async tail({ tenant, id }: SessionName): Promise<logs.Tail | null> {
    const [row] = await this.#connection.query(
      `SELECT s.*, l.seq AS last_seq, l.sum AS last_sum, l.projection AS last_projection,
         (SELECT coalesce(sum(octet_length(r.body)), 0) FROM @.log r
          WHERE r.tenant = $1 AND r.session = $2 AND r.seq > coalesce(s.snapshot_seq, 0)) AS log_bytes
       FROM @.sessions s LEFT JOIN LATERAL (
         SELECT seq, sum, projection FROM @.log WHERE tenant = $1 AND session = $2 ORDER BY seq DESC LIMIT 1
       ) AS l ON true WHERE s.tenant = $1 AND s.id = $2`,
      [tenant, id],
    )
    if (row === undefined) return null
    const fields = this.#fields(row)
    return {
      epoch: fields.integer('epoch'),
      seq: fields.isNull('last_seq') ? 0 : fields.integer('last_seq'),
      sum: fields.optionalText('last_sum') ?? '',
      projection: fields.optionalText('last_projection'),
      bytes: fields.integer('log_bytes'),
      snapshot: fields.snapshot(),
    }
  }

  async rows(
    { tenant, id }: SessionName,
    { after, last, maxBytes }: logs.RowRange,
  ): Promise<readonly logs.StoredRow[]> {
    const rows = await this.#connection.query(
      `SELECT seq, epoch, sum, body FROM (
         SELECT seq, epoch, sum, body, sum(octet_length(body)) OVER (ORDER BY seq) AS total FROM (
           SELECT * FROM @.log WHERE tenant = $1 AND session = $2 AND seq > $3 AND seq <= $4 ORDER BY seq LIMIT 1000
         ) AS page) AS summed
       WHERE total <= $5 OR seq = $3 + 1 ORDER BY seq`,
      [tenant, id, after, last, maxBytes],
    )
    return rows.map((row) => this.#fields(row).storedRow())
  }

  async snapshotPart(
    { tenant, id }: SessionName,
    { seq, epoch }: logs.SnapshotId,
    part: number,
  ): Promise<Uint8Array | null> {
    const [row] = await this.#connection.query(
      'SELECT body FROM @.snapshots WHERE tenant = $1 AND session = $2 AND seq = $3 AND epoch = $4 AND part = $5',
      [tenant, id, seq, epoch, part],
    )
    return row === undefined ? null : this.#fields(row).bytes('body')
  }

  insert(rows: readonly logs.NewRow[]): Promise<readonly logs.RowOutcome[]> {
    return insertRows(this.#connection.query, rows, this.where)
  }

  async putSnapshotPart(
    { tenant, id }: SessionName,
    { seq, epoch }: logs.SnapshotId,
    part: number,
    body: Uint8Array,
  ): Promise<void> {
    await this.#connection.query(
      `INSERT INTO @.snapshots (tenant, session, seq, epoch, part, body) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (tenant, session, seq, epoch, part) DO UPDATE SET body = excluded.body`,
      [tenant, id, seq, epoch, part, bufferOf(body)],
    )
  }

  finishSnapshot({ tenant, id }: SessionName, snapshot: logs.FinishedSnapshot): Promise<boolean> {
    const { seq, epoch, parts, bytes, sum, keepTakenMs, removesBlobs } = snapshot
    return this.#connection.transaction(async (query) => {
      const changed = await query(
        `UPDATE @.sessions SET snapshot_seq = $3, snapshot_epoch = $4, snapshot_parts = $5, snapshot_bytes = $6,
           snapshot_sum = $7
         WHERE tenant = $1 AND id = $2 AND epoch = $4 AND EXISTS (
           SELECT FROM @.log l WHERE l.tenant = $1 AND l.session = $2 AND l.seq = $3 AND l.sum = $7)
         RETURNING id`,
        [tenant, id, seq, epoch, parts, bytes, sum],
      )
      if (changed.length === 0) return false
      await query('DELETE FROM @.log WHERE tenant = $1 AND session = $2 AND seq < $3', [tenant, id, seq])
      await query(
        `DELETE FROM @.snapshots
         WHERE tenant = $1 AND session = $2 AND NOT (seq = $3 AND epoch = $4 AND part < $5)`,
        [tenant, id, seq, epoch, parts],
      )
      await query(
        `DELETE FROM @.inbox WHERE tenant = $1 AND session = $2 AND body IS NULL AND at < ${nowMs} - $3::bigint`,
        [tenant, id, keepTakenMs],
      )
      if (removesBlobs) await query('DELETE FROM @.blobs WHERE tenant = $1 AND session = $2', [tenant, id])
      return true
    })
  }

  async putBlobPart({ tenant, id }: SessionName, blob: logs.BlobPart, body: Uint8Array): Promise<void> {
    const { scope, digest, part, parts } = blob
    const values = [tenant, digest, part, parts, bufferOf(body)]
    if (scope === 'tenant') {
      await this.#connection.query(
        `INSERT INTO @.catalogues (tenant, digest, part, parts, body) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT DO NOTHING`,
        values,
      )
      return
    }
    await this.#connection.query(
      `INSERT INTO @.blobs (tenant, session, digest, part, parts, body)
       SELECT tenant, id, $2, $3, $4, $5 FROM @.sessions WHERE tenant = $1 AND id = $6 ON CONFLICT DO NOTHING`,
      [...values, id],
    )
  }

  async blobPart(
    { tenant, id }: SessionName,
    scope: BlobScope,
    digest: Digest,
    part: number,
  ): Promise<logs.StoredPart | null> {
    const [row] =
      scope === 'tenant'
        ? await this.#connection.query(
            'SELECT body, parts FROM @.catalogues WHERE tenant = $1 AND digest = $2 AND part = $3',
            [tenant, digest, part],
          )
        : await this.#connection.query(
            'SELECT body, parts FROM @.blobs WHERE tenant = $1 AND session = $2 AND digest = $3 AND part = $4',
            [tenant, id, digest, part],
          )
    return row === undefined
      ? null
      : { body: this.#fields(row).bytes('body'), parts: this.#fields(row).integer('parts') }
  }

  post(name: SessionName, entry: logs.NewEntry, maxEntries: number): Promise<'posted' | 'not_found' | 'full'> {
    const { tenant, id } = name
    return this.#connection.transaction(async (query) => {
      // The lock orders this after a release that is under way, and counts entries exactly.
      const [session] = await query('SELECT owner FROM @.sessions WHERE tenant = $1 AND id = $2 FOR NO KEY UPDATE', [
        tenant,
        id,
      ])
      if (session === undefined) return 'not_found'
      const known = 'SELECT FROM @.inbox WHERE tenant = $1 AND session = $2 AND entry_id = $3'
      if ((await query(known, [tenant, id, entry.id])).length > 0) return 'posted'
      const posted = await query(
        `INSERT INTO @.inbox (tenant, session, entry_id, kind, body, at)
         SELECT $1, $2, $3, $4, $5, ${nowMs} WHERE $6 > (
           SELECT count(*) FROM @.inbox WHERE tenant = $1 AND session = $2 AND body IS NOT NULL)
         RETURNING entry_id`,
        [tenant, id, entry.id, entry.kind, entry.body, maxEntries],
      )
      if (posted.length === 0) return 'full'
      if (this.#fields(session).isNull('owner')) await makeDue(query, name)
      return 'posted'
    })
  }

  async inbox({ tenant, id }: SessionName): Promise<readonly logs.StoredEntry[]> {
    const rows = await this.#connection.query(
      `SELECT entry_id, kind, body FROM @.inbox
       WHERE tenant = $1 AND session = $2 AND body IS NOT NULL ORDER BY position`,
      [tenant, id],
    )
    return rows.map((row) => this.#fields(row).entry())
  }

  async inboxesOf(node: string): Promise<readonly SessionName[]> {
    const rows = await this.#connection.query(
      `SELECT DISTINCT i.tenant, i.session FROM @.inbox i WHERE i.body IS NOT NULL
       AND EXISTS (SELECT FROM @.sessions s WHERE s.tenant = i.tenant AND s.id = i.session AND s.owner = $1)`,
      [node],
    )
    return rows.map((row) => this.#fields(row).sessionName())
  }

  async ownerOf({ tenant, id }: SessionName): Promise<NodeAddress | null> {
    const [row] = await this.#connection.query(
      `SELECT n.node, n.address FROM @.sessions s JOIN @.nodes n ON n.node = s.owner
       WHERE s.tenant = $1 AND s.id = $2 AND n.lease_until > ${nowMs}`,
      [tenant, id],
    )
    return row === undefined ? null : this.#fields(row).address()
  }

  read(name: SessionName): Promise<logs.StoredSession | null> {
    const begin = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY'
    return this.#connection.transaction((query) => readSession(query, name, this.where), begin)
  }

  list(query: SessionQuery, count: number): Promise<readonly SessionSummary[]> {
    return listSessions(this.#connection.query, query, { count, where: this.where })
  }

  remove({ tenant, id }: SessionName): Promise<'removed' | 'in_use'> {
    return this.#connection.transaction(async (query) => {
      await query('SELECT FROM @.sessions WHERE tenant = $1 AND id = $2 FOR UPDATE', [tenant, id])
      const live = await query(
        `SELECT FROM @.sessions s JOIN @.nodes n ON n.node = s.owner
         WHERE s.tenant = $1 AND s.id = $2 AND n.lease_until > ${nowMs}`,
        [tenant, id],
      )
      if (live.length > 0) return 'in_use'
      await query('DELETE FROM @.sessions WHERE tenant = $1 AND id = $2', [tenant, id])
      for (const table of ['log', 'snapshots', 'blobs', 'wakes', 'inbox', 'approvals']) {
        await query(`DELETE FROM @.${table} WHERE tenant = $1 AND session = $2`, [tenant, id])
      }
      return 'removed'
    })
  }

  #fields(row: PgRow | undefined): StoredFields {
    return new StoredFields(row, this.where)
  }
}

/** The driver sends a `Buffer` as bytes, and any other object as JSON. */
function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
