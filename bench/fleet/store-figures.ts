import pg from 'pg'
import { createHostPool, createSession, openSession, type HostPool, type Session } from '../../src/index.ts'
import { postgresStore, type SharedStore } from '../../src/store.ts'
import { PostgresServer } from '../../test/support/postgres/postgres-server.ts'
import { median } from '../statistics.ts'
import { timed } from '../timed.ts'
import type { Figure } from './figure.ts'

const sessionsAtOnce = 256
const callsOfEach = 20
const callsInSequence = 100

type Round = {
  readonly commitMs: number
  readonly callMs: number
  readonly callsPerSecond: number
  readonly openingMs: number
}

/** Measures calls and openings of sessions in PostgreSQL as ratios to commits of the same server. */
export async function storeFigures(rounds: number): Promise<readonly Figure[]> {
  const server = await PostgresServer.start({ shared_buffers: '128MB' })
  const client = new pg.Client({ connectionString: server.url() })
  try {
    await client.connect()
    await client.query('CREATE TABLE bench_rows (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text)')
    await using store = postgresStore(server.url())
    await using hosts = createHostPool({ size: 2, maxCells: 128 })
    await hosts.warm()
    const all: Round[] = []
    for (let round = 0; round < rounds; round++) all.push(await measure(client, store, { hosts, round }))
    return figuresOf(all)
  } finally {
    await client.end()
    await server.stop()
  }
}

type Parts = { readonly hosts: HostPool; readonly round: number }

async function measure(client: pg.Client, store: SharedStore, { hosts, round }: Parts): Promise<Round> {
  const body = 'x'.repeat(300)
  const commit = async (): Promise<void> =>
    void (await client.query('INSERT INTO bench_rows (body) VALUES ($1)', [body]))
  const commits: number[] = []
  const calls: number[] = []
  await repeat(20, commit)
  // In turns, so that both see the same machine.
  for (let turn = 0; turn < 5; turn++) {
    commits.push(...(await repeat(50, commit)))
    calls.push(...(await callTimes(store, hosts, `one-${round}-${turn}`)))
  }
  const callsPerSecond = await callRate(store, hosts, round)
  const openingMs = await openingTime(store, hosts, `hibernated-${round}`)
  return { commitMs: median(commits), callMs: median(calls), callsPerSecond, openingMs }
}

async function repeat(count: number, work: () => Promise<void>): Promise<number[]> {
  const times: number[] = []
  for (let index = 0; index < count; index++) times.push(await timed(work))
  return times
}

/** Returns the time between calls of a tool in sequence. */
async function callTimes(store: SharedStore, hosts: HostPool, sessionId: string): Promise<number[]> {
  const at: number[] = []
  const tools = [{ name: 'echo', call: (input: unknown) => (at.push(performance.now()), input) }]
  await using session = await createSession({ store, hosts, sessionId, tools })
  await run(session, `for (let i = 0; i < ${callsInSequence}; i++) await tools.echo({ i })`)
  return at.slice(1).map((time, index) => time - (at[index] ?? time))
}

/** Returns the calls per second of many sessions together. */
async function callRate(store: SharedStore, hosts: HostPool, round: number): Promise<number> {
  const tools = [{ name: 'echo', call: (input: unknown) => input }]
  const sessions: Session[] = []
  for (let index = 0; index < sessionsAtOnce; index++) {
    sessions.push(await createSession({ store, hosts, sessionId: `many-${round}-${index}`, tools }))
  }
  const gate = 'await new Promise((resolve) => setTimeout(resolve, 0))'
  const source = `${gate}; for (let i = 0; i < ${callsOfEach}; i++) await tools.echo({ i })`
  const ms = await timed(async () => await Promise.all(sessions.map((session) => run(session, source))))
  await Promise.all(sessions.map((session) => session.close()))
  return (sessionsAtOnce * callsOfEach) / (ms / 1000)
}

/** Returns the time in which a session of about 20 records opens. */
async function openingTime(store: SharedStore, hosts: HostPool, sessionId: string): Promise<number> {
  const tools = [{ name: 'echo', call: (input: unknown) => input }]
  {
    await using session = await createSession({ store, hosts, sessionId, tools })
    await session.execute(
      'for (let i = 0; i < 4; i++) await tools.echo({ i }); await new Promise((resolve) => setTimeout(resolve, 3_600_000))',
      { yieldTimeMs: 100 },
    )
  }
  const times: number[] = []
  for (let index = 0; index < 20; index++) {
    const startedAt = performance.now()
    const session = await openSession({ store, hosts, sessionId, tools })
    times.push(performance.now() - startedAt)
    await session.close()
  }
  return median(times)
}

async function run(session: Session, source: string): Promise<void> {
  const outcome = await session.execute(source, { yieldTimeMs: 300_000 })
  if (outcome.type !== 'completed') throw new Error(`the program ended as ${JSON.stringify(outcome)}`)
}

function figuresOf(all: readonly Round[]): readonly Figure[] {
  const of = (pick: (round: Round) => number): number => median(all.map(pick))
  const commit = `${of(({ commitMs }) => commitMs).toFixed(2)} ms each`
  return [
    {
      figure: 'nested call on a shared store, one session',
      against: 'one `INSERT` commit of the same server',
      ratio: of(({ callMs, commitMs }) => callMs / commitMs),
      target: { max: 1.3 },
      values: `${of(({ callMs }) => callMs).toFixed(2)} ms; commits ${commit}`,
    },
    {
      figure: `nested calls/s of ${sessionsAtOnce} sessions`,
      against: 'commits/s of one connection',
      ratio: of(({ callsPerSecond, commitMs }) => (callsPerSecond * commitMs) / 1000),
      target: { min: 30 },
      values: `${of(({ callsPerSecond }) => callsPerSecond).toFixed(0)} calls/s`,
    },
    {
      figure: 'opening a hibernated session of 20 records',
      against: 'one commit',
      ratio: of(({ openingMs, commitMs }) => openingMs / commitMs),
      target: { max: 5 },
      values: `${of(({ openingMs }) => openingMs).toFixed(2)} ms`,
    },
  ]
}
