import pg from 'pg'
import { createHostPool, createSession } from '../../src/index.ts'
import { Waker } from '../../src/node/waker.ts'
import { LogStore } from '../../src/storage/shared/shared-store.ts'
import type { OpenLog, SessionLogs } from '../../src/storage/logs/session-logs.ts'
import { openSharedSession } from '../../src/storage/shared/open-shared-session.ts'
import { postgresStore, type SharedStore } from '../../src/store.ts'
import { PostgresServer } from '../../test/support/postgres/postgres-server.ts'
import { timed } from '../timed.ts'

const tenant = 'bench'
const template = 'template'
const limits = { maxReplayCharsInMemory: 1_000_000, maxSpillBytes: 1_000_000 }

/** Sessions that are opened and read, and that are resumed with hosts. */
const maxRead = 5000
const maxResumed = 500
/** Sessions that a node holds at a time: less than `maxOpenSessions`. */
const maxHeld = 9000
/** Sessions that a node opens at a time. */
const maxOpen = 32

/** A program of 640 bytes that makes a call, and waits for a week. */
const program = `
const customer = await tools.lookup({ id: 17 })
// ${'The program that the model wrote explains what it does. '.repeat(9)}
await new Promise((resolve) => setTimeout(resolve, 7 * 24 * 3_600_000))
text(customer.name)`
const tools = [{ name: 'lookup', call: () => ({ name: 'Ada', city: 'London' }) }]

type Line = readonly [name: string, value: string]

/** Fills a store with sessions that wait for a timer, and wakes those that are due. */
export async function* waitingSessions({
  sessions,
  due,
}: {
  readonly sessions: number
  readonly due: number
}): AsyncGenerator<Line> {
  const server = await PostgresServer.start({
    shared_buffers: '512MB',
    max_wal_size: '4GB',
    maintenance_work_mem: '256MB',
  })
  const client = new pg.Client({ connectionString: server.url() })
  try {
    await client.connect()
    await using store = postgresStore(server.url(), { tenant })
    await using hosts = createHostPool({ size: 2, maxCells: 128 })
    {
      await using session = await createSession({ store, sessionId: template, tools, hosts })
      await session.execute(program, { yieldTimeMs: 200 })
    }
    // A waiting cell resumes on its engine.
    const { rows } = await client.query<{ readonly need: string }>(
      `SELECT unnest(needs) AS need FROM codecell.sessions WHERE id = '${template}'`,
    )
    const needs = rows.map(({ need }) => need)
    yield* fill(client, sessions)
    await makeDue(client, { count: due, sessions, first: 1 })
    yield await takeAll(client, store, needs)
    const read = Math.min(due, maxRead)
    await makeDue(client, { count: read, sessions, first: 2 })
    const readRate = await wakeAll({ store, needs, count: read }, async (id) => {
      const session = await openSharedSession(store, id, { mustExist: true, limits })
      if (session.unfinished().length !== 1) throw new Error(`${id} has no waiting cell`)
      await session.close()
    })
    yield [`${read} due sessions opened by a waker, read and released`, `${readRate.toFixed(0)} sessions/s`]
    const resumed = Math.min(due, maxResumed)
    await makeDue(client, { count: resumed, sessions, first: 3 })
    const resumeRate = await wakeAll({ store, needs, count: resumed }, async (sessionId) => {
      const session = await createSession({ store, sessionId, tools, hosts })
      if (session.cells().length !== 1) throw new Error(`${sessionId} has no waiting cell`)
      await session.close()
    })
    yield [`${resumed} due sessions resumed on hosts, and released`, `${resumeRate.toFixed(0)} sessions/s`]
  } finally {
    await client.end()
    await server.stop()
  }
}

/** Copies the rows of the template. The sum of a row does not depend on the name of its session. */
async function* fill(client: pg.Client, sessions: number): AsyncGenerator<Line> {
  const empty = await number(client, bytesSql)
  const startedAt = performance.now()
  const id = `'s' || lpad(n::text, 7, '0')`
  const from = (column: string): string =>
    `CROSS JOIN generate_series(1, ${sessions}) AS n WHERE tenant = '${tenant}' AND ${column} = '${template}'`
  await client.query(`INSERT INTO codecell.sessions (tenant, id, epoch, owner, needs, idle_epochs, created_at)
    SELECT tenant, ${id}, epoch, NULL, needs, 0, created_at FROM codecell.sessions ${from('id')}`)
  await client.query(`INSERT INTO codecell.log (tenant, session, seq, epoch, took, sum, at, projection, body)
    SELECT tenant, ${id}, seq, epoch, took, sum, at, projection, body FROM codecell.log ${from('session')}`)
  await client.query(`INSERT INTO codecell.wakes (bucket, due, tenant, session, needs)
    SELECT n % 64, due, tenant, ${id}, needs FROM codecell.wakes ${from('session')}`)
  await client.query(`DELETE FROM codecell.wakes WHERE session = '${template}'`)
  for (const table of ['sessions', 'log', 'wakes']) await client.query(`VACUUM ANALYZE codecell.${table}`)
  const seconds = (performance.now() - startedAt) / 1000
  const bytes = (await number(client, bytesSql)) - empty
  const rows = await number(client, `SELECT count(*) AS n FROM codecell.log WHERE session = '${template}'`)
  yield [
    `sessions, each with one waiting cell and ${rows} rows`,
    `${sessions.toLocaleString('en')}, filled in ${seconds.toFixed(0)} s`,
  ]
  yield [
    'PostgreSQL, with all indexes',
    `${(bytes / 1e9).toFixed(2)} GB, ${(bytes / sessions).toFixed(0)} bytes for each`,
  ]
}

type Choice = { readonly count: number; readonly sessions: number; readonly first: number }

/** Makes sessions due that are spread evenly. */
async function makeDue(client: pg.Client, { count, sessions, first }: Choice): Promise<void> {
  const step = Math.floor(sessions / count)
  await client.query(
    `INSERT INTO codecell.wakes (bucket, due, tenant, session, needs)
     SELECT n % 64, 1000 + n, tenant, 's' || lpad((${first} + n * ${step})::text, 7, '0'), needs
     FROM codecell.sessions CROSS JOIN generate_series(0, ${count - 1}) AS n
     WHERE tenant = '${tenant}' AND id = '${template}' ON CONFLICT (tenant, session) DO UPDATE SET due = excluded.due`,
  )
  await client.query('VACUUM ANALYZE codecell.wakes')
}

/** Takes the due sessions 64 at a time, and gives them back. Returns the rates, and the pages that taking one touches. */
async function takeAll(client: pg.Client, store: SharedStore, has: readonly string[]): Promise<Line> {
  const logs = await LogStore.logsOf(store)
  const total = { taken: 0, takingMs: 0, releasingMs: 0, pages: 0 }
  for (;;) {
    const pagesBefore = await countedPages(client)
    const held: OpenLog[] = []
    total.takingMs += await timed(async () => held.push(...(await takeUpTo(logs, maxHeld, has))))
    total.pages += (await countedPages(client)) - pagesBefore
    if (held.length === 0) break
    total.taken += held.length
    total.releasingMs += await timed(async () => await releaseAll(held))
  }
  const { taken, takingMs, releasingMs, pages } = total
  const rates = `${((1000 * taken) / takingMs).toFixed(0)} taken/s, ${((1000 * taken) / releasingMs).toFixed(0)} released/s`
  return [
    `${taken.toLocaleString('en')} due sessions taken by \`takeDue\`, and released`,
    `${rates}; ${(pages / taken).toFixed(0)} pages for each that is taken`,
  ]
}

async function takeUpTo(logs: SessionLogs, count: number, has: readonly string[]): Promise<readonly OpenLog[]> {
  const held: OpenLog[] = []
  while (held.length < count) {
    const taken = await logs.takeDue(64, { has, tenants: [tenant] })
    if (taken.length === 0) break
    held.push(...taken)
  }
  return held
}

async function releaseAll(held: readonly OpenLog[]): Promise<void> {
  for (let from = 0; from < held.length; from += 16) {
    await Promise.all(held.slice(from, from + 16).map((log) => log.release({ at: null })))
  }
}

/** Returns the pages of tables and indexes that the server has read so far, from its cache or the disk. */
async function countedPages(client: pg.Client): Promise<number> {
  // waits because the server counts the pages of a statement up to a second later
  await new Promise((resolve) => setTimeout(resolve, 2500))
  return await number(client, pagesSql)
}

type Waking = { readonly store: SharedStore; readonly needs: readonly string[]; readonly count: number }

/** Wakes due sessions as a node does. Returns their number in a second. */
async function wakeAll({ store, needs, count }: Waking, open: (id: string) => Promise<void>): Promise<number> {
  const startedAt = performance.now()
  const { promise, resolve } = Promise.withResolvers<void>()
  let opened = 0
  await using waker = new Waker({
    store,
    capabilities: needs,
    room: () => maxOpen,
    open: async (id) => {
      await open(id)
      waker.poke()
      if (++opened === count) resolve()
    },
  })
  await promise
  return count / ((performance.now() - startedAt) / 1000)
}

async function number(client: pg.Client, sql: string): Promise<number> {
  const { rows } = await client.query<{ readonly n: string }>(sql)
  return Number(rows[0]?.n)
}

const bytesSql = `SELECT sum(pg_total_relation_size(oid)) AS n FROM pg_class
  WHERE relnamespace = 'codecell'::regnamespace AND relkind = 'r'`
const pagesSql = `SELECT sum(heap_blks_hit + heap_blks_read + coalesce(idx_blks_hit + idx_blks_read, 0)) AS n
  FROM pg_statio_all_tables WHERE schemaname = 'codecell'`
