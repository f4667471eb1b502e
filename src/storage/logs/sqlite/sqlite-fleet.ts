import type { SQLInputValue } from 'node:sqlite'
import type { FleetDatabase, NeedSums, SessionSums, StoredNode, SumPage, WaitingSums } from '../fleet-database.ts'
import { FleetFields, sessionSums } from '../fleet-fields.ts'
import { maxIdleEpochs } from '../stored-fields.ts'
import type { SqliteFile } from './sqlite-file.ts'

const nodesSql = `SELECT * FROM (
    SELECT n.node, n.address, n.build, n.draining, n.lease_until, n.alive_since, (
      SELECT count(*) FROM sessions s WHERE s.owner = n.node AND (:tenant IS NULL OR s.tenant = :tenant)) AS sessions
    FROM nodes n)
  WHERE sessions > 0 OR lease_until > :now ORDER BY alive_since, node`

const pageSql = `WITH page AS (
    SELECT tenant, id, owner, idle_epochs FROM sessions
    WHERE (:tenant IS NULL OR tenant = :tenant) AND (tenant, id) > (:afterTenant, :afterId)
    ORDER BY tenant, id LIMIT :count
  ), facts AS MATERIALIZED (
    SELECT p.*, n.lease_until, coalesce(n.lease_until > :now, 0) AS alive, (
      SELECT nullif(projection, '') FROM log WHERE tenant = p.tenant AND session = p.id ORDER BY seq DESC LIMIT 1
    ) AS projection
    FROM page p LEFT JOIN nodes n ON n.node = p.owner
  ), engines AS (
    SELECT e.key AS engine, max(json_extract(e.value, '$.name')) AS name, sum(json_extract(e.value, '$.cells')) AS cells
    FROM facts CROSS JOIN json_each(projection, '$.engines') AS e WHERE projection IS NOT NULL GROUP BY e.key
  )`

const cellsSql = (state: string): string =>
  `coalesce(sum(json_extract(projection, '$.counts.${state}')), 0) AS ${state}`
const parkedSql = `FILTER (WHERE owner IS NULL AND idle_epochs >= ${maxIdleEpochs})`

const tenantsSql = `${pageSql} SELECT tenant, max(id) AS last_id, count(*) AS sessions, sum(alive) AS open,
    count(*) FILTER (WHERE owner IS NOT NULL AND NOT alive) AS abandoned,
    min(lease_until) FILTER (WHERE NOT alive AND lease_until > 0) AS abandoned_since,
    ${cellsSql('running')}, ${cellsSql('finished')}, ${cellsSql('closed')}, count(*) ${parkedSql} AS parked,
    json_group_array(id ORDER BY id) ${parkedSql} AS parked_ids,
    (SELECT json_group_array(json_object('engine', engine, 'name', name, 'cells', cells)) FROM engines) AS engines
  FROM facts GROUP BY tenant ORDER BY tenant`

/** A session with the due time 0 is due since its first entry. */
const waitingSql = `SELECT tenant, sum(due) AS due, min(due_since) AS due_since, sum(waiting) AS waiting,
    min(next_due) AS next_due, sum(entries) AS entries, min(oldest_entry) AS oldest_entry,
    sum(approvals) AS approvals, min(oldest_approval) AS oldest_approval
  FROM (
    SELECT w.tenant, count(*) FILTER (WHERE w.due <= :now) AS due,
      min(CASE WHEN w.due > 0 THEN w.due ELSE (
        SELECT min(i.at) FROM inbox i WHERE i.tenant = w.tenant AND i.session = w.session AND i.body IS NOT NULL) END
      ) FILTER (WHERE w.due <= :now) AS due_since,
      count(*) FILTER (WHERE w.due > :now) AS waiting, min(w.due) FILTER (WHERE w.due > :now) AS next_due,
      0 AS entries, NULL AS oldest_entry, 0 AS approvals, NULL AS oldest_approval
    FROM wakes w GROUP BY w.tenant
    UNION ALL
    SELECT tenant, 0, NULL, 0, NULL, count(*), min(at), 0, NULL FROM inbox WHERE body IS NOT NULL GROUP BY tenant
    UNION ALL
    SELECT tenant, 0, NULL, 0, NULL, 0, NULL, count(*), min(json_extract(body, '$.askedAt'))
    FROM approvals GROUP BY tenant
  )
  WHERE :tenant IS NULL OR tenant = :tenant GROUP BY tenant ORDER BY tenant`

const needsSql = `SELECT s.tenant, e.value AS need, count(*) AS sessions FROM sessions s CROSS JOIN json_each(s.needs) AS e
  WHERE (:tenant IS NULL OR s.tenant = :tenant) AND CASE WHEN s.owner IS NULL
    THEN EXISTS (SELECT 1 FROM wakes w WHERE w.tenant = s.tenant AND w.session = s.id AND w.due <= :now)
    ELSE NOT EXISTS (SELECT 1 FROM nodes WHERE node = s.owner AND lease_until > :now) END
  GROUP BY s.tenant, e.value ORDER BY sessions DESC, need`

/** The reports about all sessions of a store in an SQLite file. */
export class SqliteFleet implements FleetDatabase {
  readonly #file: SqliteFile

  constructor(file: SqliteFile) {
    this.#file = file
  }

  nodes(tenant: string | null): Promise<{ readonly at: number; readonly nodes: readonly StoredNode[] }> {
    return this.#file.read(() => {
      const now = Date.now()
      return { at: now, nodes: this.#all(nodesSql, { tenant, now }).map((fields) => fields.node()) }
    })
  }

  sums({ tenant, after, count }: SumPage): Promise<SessionSums> {
    const values = { tenant, afterTenant: after.tenant, afterId: after.id, count, now: Date.now() }
    return this.#file.read(() => sessionSums(this.#all(tenantsSql, values)))
  }

  waiting(tenant: string | null): Promise<readonly WaitingSums[]> {
    return this.#file.read(() =>
      this.#all(waitingSql, { tenant, now: Date.now() }).map((fields) => fields.waitingSums()),
    )
  }

  needs(tenant: string | null): Promise<readonly NeedSums[]> {
    return this.#file.read(() => this.#all(needsSql, { tenant, now: Date.now() }).map((fields) => fields.needSums()))
  }

  #all(sql: string, values: Record<string, SQLInputValue>): readonly FleetFields[] {
    return this.#file.named(sql, values).map((row) => new FleetFields(row, `"${this.#file.path}"`))
  }
}
