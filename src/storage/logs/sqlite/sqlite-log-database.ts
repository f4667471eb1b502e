import type { SqliteFile } from './sqlite-file.ts'
import { claimDue, claimSession, releaseSession } from './sqlite-ownership.ts'
import { SqliteFleet } from './sqlite-fleet.ts'
import { readSession, listSessions } from './sqlite-reports.ts'
import type { FleetDatabase } from '../fleet-database.ts'
import { StoredFields } from '../stored-fields.ts'
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

/** The statements of a shared store in an SQLite file. The clock of the machine is the clock of the store. */
export class SqliteLogDatabase implements logs.LogDatabase {
  readonly where: string
  readonly fleet: FleetDatabase
  readonly #file: SqliteFile

  constructor(file: SqliteFile) {
    this.#file = file
    this.fleet = new SqliteFleet(file)
    this.where = `"${file.path}"`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#file.close()
  }

  renew({ node, url, build, isDraining }: NodeState, ttlMs: number): Promise<logs.Renewal> {
    return this.#file.write(() => {
      const now = Date.now()
      const row = this.#file.one(
        `INSERT INTO nodes (node, address, lease_until, alive_since, build, draining) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (node) DO UPDATE SET lease_until = excluded.lease_until, draining = excluded.draining,
           alive_since = iif(lease_until > ?, alive_since, excluded.alive_since)
         RETURNING alive_since`,
        node,
        url,
        now + Math.ceil(ttlMs),
        now,
        build,
        isDraining ? 1 : 0,
        now,
      )
      return { aliveSince: this.#fieldsOf(row).integer('alive_since'), now }
    })
  }

  async endLease(node: string): Promise<void> {
    await this.#file.write(() => this.#file.run('UPDATE nodes SET lease_until = 0 WHERE node = ?', node))
  }

  owned(node: string): Promise<readonly logs.Claim[]> {
    return this.#file.read(() =>
      this.#file.all('SELECT tenant, id, epoch FROM sessions WHERE owner = ?', node).map((row) => {
        const fields = this.#fieldsOf(row)
        return { name: { tenant: fields.text('tenant'), id: fields.text('id') }, epoch: fields.integer('epoch') }
      }),
    )
  }

  claim(name: SessionName, options: logs.ClaimOptions): Promise<logs.ClaimOutcome> {
    return this.#file.write(() => claimSession(this.#file, name, options))
  }

  claimDue(options: logs.ClaimDueOptions): Promise<readonly logs.Claim[] | null> {
    return this.#file.write(() => claimDue(this.#file, options))
  }

  release(name: SessionName, release: logs.Release): Promise<void> {
    return this.#file.write(() => releaseSession(this.#file, name, release))
  }

  tail(name: SessionName): Promise<logs.Tail | null> {
    return this.#file.read(() => {
      const { tenant, id } = name
      const session = this.#file.one('SELECT * FROM sessions WHERE tenant = ? AND id = ?', tenant, id)
      if (session === null) return null
      const snapshot = this.#fieldsOf(session).snapshot()
      const last = this.#file.one(
        'SELECT seq, sum, projection FROM log WHERE tenant = ? AND session = ? ORDER BY seq DESC LIMIT 1',
        tenant,
        id,
      )
      const size = this.#file.one(
        'SELECT coalesce(sum(length(body)), 0) AS bytes FROM log WHERE tenant = ? AND session = ? AND seq > ?',
        tenant,
        id,
        snapshot?.seq ?? 0,
      )
      const fields = last === null ? null : this.#fieldsOf(last)
      return {
        epoch: this.#fieldsOf(session).integer('epoch'),
        seq: fields?.integer('seq') ?? 0,
        sum: fields?.text('sum') ?? '',
        projection: fields?.text('projection') ?? null,
        bytes: size === null ? 0 : this.#fieldsOf(size).integer('bytes'),
        snapshot,
      }
    })
  }

  rows({ tenant, id }: SessionName, { after, last, maxBytes }: logs.RowRange): Promise<readonly logs.StoredRow[]> {
    return this.#file.read(() => {
      const sql = `SELECT seq, epoch, sum, body FROM (
          SELECT *, sum(length(body)) OVER (ORDER BY seq) AS total FROM log
          WHERE tenant = ? AND session = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT 1000)
        WHERE total <= ? OR seq = ?`
      return this.#file
        .all(sql, tenant, id, after, last, maxBytes, after + 1)
        .map((row) => this.#fieldsOf(row).storedRow())
    })
  }

  snapshotPart({ tenant, id }: SessionName, { seq, epoch }: logs.SnapshotId, part: number): Promise<Uint8Array | null> {
    return this.#file.read(() => {
      const sql = 'SELECT body FROM snapshots WHERE tenant = ? AND session = ? AND seq = ? AND epoch = ? AND part = ?'
      const row = this.#file.one(sql, tenant, id, seq, epoch, part)
      return row === null ? null : this.#fieldsOf(row).bytes('body')
    })
  }

  insert(rows: readonly logs.NewRow[]): Promise<readonly logs.RowOutcome[]> {
    return this.#file.write(() => rows.map((row) => this.#insertRow(row)))
  }

  async putSnapshotPart(
    { tenant, id }: SessionName,
    { seq, epoch }: logs.SnapshotId,
    part: number,
    body: Uint8Array,
  ): Promise<void> {
    await this.#file.write(() =>
      this.#file.run(
        'INSERT OR REPLACE INTO snapshots (tenant, session, seq, epoch, part, body) VALUES (?, ?, ?, ?, ?, ?)',
        tenant,
        id,
        seq,
        epoch,
        part,
        body,
      ),
    )
  }

  finishSnapshot({ tenant, id }: SessionName, snapshot: logs.FinishedSnapshot): Promise<boolean> {
    const { seq, epoch, parts, bytes, sum, keepTakenMs, removesBlobs } = snapshot
    return this.#file.write(() => {
      const changed = this.#file.run(
        `UPDATE sessions SET snapshot_seq = ?, snapshot_epoch = ?, snapshot_parts = ?, snapshot_bytes = ?, snapshot_sum = ?
         WHERE tenant = ? AND id = ? AND epoch = ? AND EXISTS (
           SELECT 1 FROM log WHERE tenant = ? AND session = ? AND seq = ? AND sum = ?)`,
        seq,
        epoch,
        parts,
        bytes,
        sum,
        tenant,
        id,
        epoch,
        tenant,
        id,
        seq,
        sum,
      )
      if (changed === 0) return false
      this.#file.run('DELETE FROM log WHERE tenant = ? AND session = ? AND seq < ?', tenant, id, seq)
      const others =
        'DELETE FROM snapshots WHERE tenant = ? AND session = ? AND NOT (seq = ? AND epoch = ? AND part < ?)'
      this.#file.run(others, tenant, id, seq, epoch, parts)
      const old = 'DELETE FROM inbox WHERE tenant = ? AND session = ? AND body IS NULL AND at < ?'
      this.#file.run(old, tenant, id, Date.now() - keepTakenMs)
      if (removesBlobs) this.#file.run('DELETE FROM blobs WHERE tenant = ? AND session = ?', tenant, id)
      return true
    })
  }

  async putBlobPart({ tenant, id }: SessionName, blob: logs.BlobPart, body: Uint8Array): Promise<void> {
    const { scope, digest, part, parts } = blob
    await this.#file.write(() => {
      if (scope === 'tenant') {
        const sql = 'INSERT OR IGNORE INTO catalogues (tenant, digest, part, parts, body) VALUES (?, ?, ?, ?, ?)'
        return this.#file.run(sql, tenant, digest, part, parts, body)
      }
      return this.#file.run(
        `INSERT OR IGNORE INTO blobs (tenant, session, digest, part, parts, body)
         SELECT tenant, id, ?, ?, ?, ? FROM sessions WHERE tenant = ? AND id = ?`,
        digest,
        part,
        parts,
        body,
        tenant,
        id,
      )
    })
  }

  blobPart(
    { tenant, id }: SessionName,
    scope: BlobScope,
    digest: Digest,
    part: number,
  ): Promise<logs.StoredPart | null> {
    return this.#file.read(() => {
      const row =
        scope === 'tenant'
          ? this.#file.one(
              'SELECT body, parts FROM catalogues WHERE tenant = ? AND digest = ? AND part = ?',
              tenant,
              digest,
              part,
            )
          : this.#file.one(
              'SELECT body, parts FROM blobs WHERE tenant = ? AND session = ? AND digest = ? AND part = ?',
              tenant,
              id,
              digest,
              part,
            )
      return row === null
        ? null
        : { body: this.#fieldsOf(row).bytes('body'), parts: this.#fieldsOf(row).integer('parts') }
    })
  }

  post(
    { tenant, id }: SessionName,
    entry: logs.NewEntry,
    maxEntries: number,
  ): Promise<'posted' | 'not_found' | 'full'> {
    return this.#file.write(() => {
      const session = this.#file.one('SELECT owner FROM sessions WHERE tenant = ? AND id = ?', tenant, id)
      if (session === null) return 'not_found'
      const known = 'SELECT 1 FROM inbox WHERE tenant = ? AND session = ? AND entry_id = ?'
      if (this.#file.one(known, tenant, id, entry.id) !== null) return 'posted'
      const sql = 'SELECT count(*) AS count FROM inbox WHERE tenant = ? AND session = ? AND body IS NOT NULL'
      const count = this.#file.one(sql, tenant, id)
      if (count !== null && this.#fieldsOf(count).integer('count') >= maxEntries) return 'full'
      this.#file.run(
        'INSERT INTO inbox (tenant, session, entry_id, kind, body, at) VALUES (?, ?, ?, ?, ?, ?)',
        tenant,
        id,
        entry.id,
        entry.kind,
        entry.body,
        Date.now(),
      )
      if (session['owner'] === null) {
        this.#file.run('INSERT OR REPLACE INTO wakes (tenant, session, due) VALUES (?, ?, 0)', tenant, id)
      }
      return 'posted'
    })
  }

  inbox({ tenant, id }: SessionName): Promise<readonly logs.StoredEntry[]> {
    return this.#file.read(() => {
      const sql =
        'SELECT entry_id, kind, body FROM inbox WHERE tenant = ? AND session = ? AND body IS NOT NULL ORDER BY position'
      return this.#file.all(sql, tenant, id).map((row) => this.#fieldsOf(row).entry())
    })
  }

  inboxesOf(node: string): Promise<readonly SessionName[]> {
    return this.#file.read(() => {
      const sql = `SELECT DISTINCT tenant, session FROM inbox WHERE body IS NOT NULL
        AND EXISTS (SELECT 1 FROM sessions WHERE tenant = inbox.tenant AND id = inbox.session AND owner = ?)`
      return this.#file.all(sql, node).map((row) => this.#fieldsOf(row).sessionName())
    })
  }

  ownerOf({ tenant, id }: SessionName): Promise<NodeAddress | null> {
    return this.#file.read(() => {
      const sql = `SELECT node, address FROM sessions JOIN nodes ON node = owner
        WHERE tenant = ? AND id = ? AND lease_until > ?`
      const row = this.#file.one(sql, tenant, id, Date.now())
      return row === null ? null : this.#fieldsOf(row).address()
    })
  }

  read(name: SessionName): Promise<logs.StoredSession | null> {
    return this.#file.read(() => readSession(this.#file, name))
  }

  list(query: SessionQuery, count: number): Promise<readonly SessionSummary[]> {
    return this.#file.read(() => listSessions(this.#file, query, count))
  }

  remove({ tenant, id }: SessionName): Promise<'removed' | 'in_use'> {
    return this.#file.write(() => {
      const live = `SELECT 1 FROM sessions JOIN nodes ON node = owner WHERE tenant = ? AND id = ? AND lease_until > ?`
      if (this.#file.one(live, tenant, id, Date.now()) !== null) return 'in_use'
      this.#file.run('DELETE FROM sessions WHERE tenant = ? AND id = ?', tenant, id)
      for (const table of ['log', 'snapshots', 'blobs', 'wakes', 'inbox', 'approvals']) {
        this.#file.run(`DELETE FROM ${table} WHERE tenant = ? AND session = ?`, tenant, id)
      }
      return 'removed'
    })
  }

  #fieldsOf(row: unknown): StoredFields {
    return new StoredFields(row, this.where)
  }

  #insertRow(row: logs.NewRow): logs.RowOutcome {
    const { name, seq, epoch, isTook, previousSum, sum, projection, body } = row
    const { tenant, id } = name
    const stored = this.#file.one('SELECT sum FROM log WHERE tenant = ? AND session = ? AND seq = ?', tenant, id, seq)
    if (stored !== null) return stored['sum'] === sum ? 'added' : 'other_row'
    const previous = 'SELECT 1 FROM log WHERE tenant = ? AND session = ? AND seq = ? AND sum = ?'
    if (seq > 1 && this.#file.one(previous, tenant, id, seq - 1, previousSum) === null) return 'previous_missing'
    const session = 'SELECT 1 FROM sessions WHERE tenant = ? AND id = ?'
    if (this.#file.one(session, tenant, id) === null) return 'previous_missing'
    this.#file.run(
      `INSERT INTO log (tenant, session, seq, epoch, took, sum, at, projection, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      tenant,
      id,
      seq,
      epoch,
      isTook ? 1 : 0,
      sum,
      Date.now(),
      projection,
      body,
    )
    if (row.approvals !== null) {
      this.#file.run('DELETE FROM approvals WHERE tenant = ? AND session = ?', tenant, id)
      const sql = 'INSERT OR REPLACE INTO approvals (tenant, session, key, body) VALUES (?, ?, ?, ?)'
      for (const approval of row.approvals) this.#file.run(sql, tenant, id, approval.key, JSON.stringify(approval))
    }
    for (const entry of row.taken) {
      const sql = 'UPDATE inbox SET body = NULL, at = ? WHERE tenant = ? AND session = ? AND entry_id = ?'
      this.#file.run(sql, Date.now(), tenant, id, entry)
    }
    return 'added'
  }
}
