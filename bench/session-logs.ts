import pg from 'pg'
import { openPostgresLogs } from '../src/storage/logs/postgres/open-postgres-logs.ts'
import type { OpenLog, SessionLogs } from '../src/storage/logs/session-logs.ts'
import { PostgresServer } from '../test/support/postgres/postgres-server.ts'
import { median } from './statistics.ts'

// node bench/session-logs.ts [rounds]
// Compares appends to shared session logs with single INSERT commits of the same server, in the same run. Prints ratios.

const rounds = Number(process.argv[2] ?? 5)
const projection = { wakeAt: null, approvals: [], counts: { running: 1, finished: 0, closed: 0 } }
const record = { type: 'given', cell: 1, command: { type: 'tool_response', id: 1, body: 'x'.repeat(200) } }

type Round = {
  readonly commit: number
  readonly append: number
  readonly many: number
  readonly opening: number
}

/** Returns the median of the milliseconds of each call. */
async function timeOf(count: number, call: (index: number) => Promise<unknown>): Promise<number> {
  const times: number[] = []
  for (let index = 0; index < count; index++) {
    const start = performance.now()
    await call(index)
    times.push(performance.now() - start)
  }
  return median(times)
}

async function open(logs: SessionLogs, id: string): Promise<OpenLog> {
  const log = await logs.open({ tenant: 'bench', id }, { mustExist: false })
  if ('heldBy' in log) throw new Error(`${id} is open`)
  return log
}

async function drain(log: OpenLog): Promise<void> {
  for await (const batch of log.records) void batch
}

async function measure(client: pg.Client, logs: SessionLogs, round: number): Promise<Round> {
  const body = JSON.stringify([record])
  const insert = (): Promise<unknown> => client.query('INSERT INTO bench_rows (body) VALUES ($1)', [body])
  const one = await open(logs, `one-${round}`)
  const append = (log: OpenLog): Promise<void> => log.append([record], projection)
  await timeOf(20, insert)
  await timeOf(20, () => append(one))
  const commits: number[] = []
  const appends: number[] = []
  // In turns, so that both see the same machine.
  for (let turn = 0; turn < 10; turn++) {
    commits.push(await timeOf(20, insert))
    appends.push(await timeOf(20, () => append(one)))
  }
  const sessions = await Promise.all(Array.from({ length: 256 }, (_, index) => open(logs, `many-${round}-${index}`)))
  const start = performance.now()
  const each = 20
  await Promise.all(
    sessions.map(async (log) => {
      for (let index = 0; index < each; index++) await append(log)
    }),
  )
  const many = (performance.now() - start) / (sessions.length * each)
  const hibernated = await open(logs, `hibernated-${round}`)
  for (let index = 0; index < 19; index++) await append(hibernated)
  await hibernated.release({ at: null })
  const openings: number[] = []
  for (let index = 0; index < 20; index++) {
    const begin = performance.now()
    const log = await open(logs, `hibernated-${round}`)
    await drain(log)
    openings.push(performance.now() - begin)
    await log.release({ at: null })
  }
  return { commit: median(commits), append: median(appends), many, opening: median(openings) }
}

const server = await PostgresServer.start({ shared_buffers: '128MB' })
const client = new pg.Client({ connectionString: server.url() })
await client.connect()
await client.query('CREATE TABLE bench_rows (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text)')
const logs = await openPostgresLogs(pg, server.url())
const all: Round[] = []
for (let round = 0; round < rounds; round++) all.push(await measure(client, logs, round))
const ratio = (of: (round: Round) => number): string => {
  const values = all.map(of).toSorted((left, right) => left - right)
  return `${median(values).toFixed(2)} (${values[0]?.toFixed(2)} to ${values.at(-1)?.toFixed(2)})`
}
console.log(`one INSERT commit: ${ratio(({ commit }) => commit)} ms`)
console.log(`append of one session, in commits: ${ratio(({ append, commit }) => append / commit)}; target at most 1.3`)
console.log(
  `appends of 256 sessions, in commits/s of one connection: ${ratio(({ many, commit }) => commit / many)}; target at least 30`,
)
console.log(
  `opening and reading a session of 20 records, in commits: ${ratio(({ opening, commit }) => opening / commit)}; target at most 5`,
)
await logs[Symbol.asyncDispose]()
await client.end()
await server.stop()
