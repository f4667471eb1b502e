import type { FleetDatabase, NeedSums, SessionSums, StoredNode, SumPage, WaitingSums } from '../fleet-database.ts'
import { FleetFields, sessionSums } from '../fleet-fields.ts'
import { maxIdleEpochs } from '../stored-fields.ts'
import { nowMs, type PgRow, type PostgresConnection, type Query } from './postgres-connection.ts'

const nodesSql = `SELECT * FROM (
    SELECT n.node, n.address, n.build, n.draining, n.lease_until, n.alive_since, (
      SELECT count(*) FROM @.sessions s WHERE s.owner = n.node AND ($1::text IS NULL OR s.tenant = $1)) AS sessions
    FROM @.nodes n) AS counted
  WHERE sessions > 0 OR lease_until > ${nowMs} ORDER BY alive_since, node`

const pageSql = `WITH page AS (
    SELECT tenant, id, owner, idle_epochs FROM @.sessions
    WHERE ($1::text IS NULL OR tenant = $1) AND (tenant, id) > ($2::text, $3::text) ORDER BY tenant, id LIMIT $4
  ), facts AS MATERIALIZED (
    SELECT p.*, n.lease_until, coalesce(n.lease_until > ${nowMs}, false) AS alive, l.projection
    FROM page p LEFT JOIN @.nodes n ON n.node = p.owner
    LEFT JOIN LATERAL (
      SELECT nullif(projection, '')::jsonb AS projection FROM @.log
      WHERE tenant = p.tenant AND session = p.id ORDER BY seq DESC LIMIT 1
    ) AS l ON true
  ), engines AS (
    SELECT e.key AS engine, max(e.value ->> 'name') AS name, sum((e.value ->> 'cells')::integer) AS cells
    FROM facts CROSS JOIN LATERAL jsonb_each(projection -> 'engines') AS e GROUP BY e.key
  )`

const cellsSql = (state: string): string =>
  `coalesce(sum((projection #>> '{counts,${state}}')::integer), 0) AS ${state}`
const parkedSql = `FILTER (WHERE owner IS NULL AND idle_epochs >= ${maxIdleEpochs})`

const tenantsSql = `${pageSql} SELECT tenant, max(id) AS last_id, count(*) AS sessions, count(*) FILTER (WHERE alive) AS open,
    count(*) FILTER (WHERE owner IS NOT NULL AND NOT alive) AS abandoned,
    min(lease_until) FILTER (WHERE NOT alive AND lease_until > 0) AS abandoned_since,
    ${cellsSql('running')}, ${cellsSql('finished')}, ${cellsSql('closed')}, count(*) ${parkedSql} AS parked,
    to_json((array_agg(id ORDER BY id) ${parkedSql})[1:20])::text AS parked_ids,
    (SELECT json_agg(e) FROM engines e)::text AS engines
  FROM facts GROUP BY tenant ORDER BY tenant`

/**
 * A session with the due time 0 is due since its first entry. An approval has inputs of a program, which the type `jsonb` can refuse;
 * quotation marks within them are escaped.
 */
const waitingSql = `SELECT tenant, sum(due) AS due, min(due_since) AS due_since, sum(waiting) AS waiting,
    min(next_due) AS next_due, sum(entries) AS entries, min(oldest_entry) AS oldest_entry,
    sum(approvals) AS approvals, min(oldest_approval) AS oldest_approval
  FROM (
    SELECT w.tenant, count(*) FILTER (WHERE w.due <= ${nowMs}) AS due,
      min(CASE WHEN w.due > 0 THEN w.due ELSE (
        SELECT min(i.at) FROM @.inbox i WHERE i.tenant = w.tenant AND i.session = w.session AND i.body IS NOT NULL) END
      ) FILTER (WHERE w.due <= ${nowMs}) AS due_since,
      count(*) FILTER (WHERE w.due > ${nowMs}) AS waiting, min(w.due) FILTER (WHERE w.due > ${nowMs}) AS next_due,
      0 AS entries, NULL::bigint AS oldest_entry, 0 AS approvals, NULL::bigint AS oldest_approval
    FROM @.wakes w GROUP BY w.tenant
    UNION ALL
    SELECT tenant, 0, NULL, 0, NULL, count(*), min(at), 0, NULL FROM @.inbox WHERE body IS NOT NULL GROUP BY tenant
    UNION ALL
    SELECT tenant, 0, NULL, 0, NULL, 0, NULL, count(*), min(substring(body FROM '"askedAt":(\\d+)')::bigint)
    FROM @.approvals GROUP BY tenant
  ) AS parts
  WHERE $1::text IS NULL OR tenant = $1 GROUP BY tenant ORDER BY tenant`

const needsSql = `SELECT tenant, need, count(*) AS sessions FROM (
    SELECT tenant, unnest(needs) AS need FROM @.wakes WHERE due <= ${nowMs}
    UNION ALL
    SELECT s.tenant, unnest(s.needs) FROM @.nodes n JOIN @.sessions s ON s.owner = n.node
    WHERE n.lease_until <= ${nowMs}
  ) AS waiting
  WHERE $1::text IS NULL OR tenant = $1 GROUP BY tenant, need ORDER BY sessions DESC, need`

/** The reports about all sessions of a store in PostgreSQL. */
export class PostgresFleet implements FleetDatabase {
  readonly #connection: PostgresConnection

  constructor(connection: PostgresConnection) {
    this.#connection = connection
  }

  nodes(tenant: string | null): Promise<{ readonly at: number; readonly nodes: readonly StoredNode[] }> {
    return this.#read(async (query) => {
      const [now] = await query(`SELECT ${nowMs} AS at`)
      const rows = await query(nodesSql, [tenant])
      return { at: this.#fields(now).integer('at'), nodes: rows.map((row) => this.#fields(row).node()) }
    })
  }

  async sums({ tenant, after, count }: SumPage): Promise<SessionSums> {
    const rows = await this.#connection.query(tenantsSql, [tenant, after.tenant, after.id, count])
    return sessionSums(rows.map((row) => this.#fields(row)))
  }

  async waiting(tenant: string | null): Promise<readonly WaitingSums[]> {
    return (await this.#connection.query(waitingSql, [tenant])).map((row) => this.#fields(row).waitingSums())
  }

  async needs(tenant: string | null): Promise<readonly NeedSums[]> {
    return (await this.#connection.query(needsSql, [tenant])).map((row) => this.#fields(row).needSums())
  }

  #read<Result>(work: (query: Query) => Promise<Result>): Promise<Result> {
    return this.#connection.transaction(work, 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
  }

  #fields(row: PgRow | undefined): FleetFields {
    return new FleetFields(row, this.#connection.where)
  }
}
