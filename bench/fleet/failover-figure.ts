import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createHostPool, createSession } from '../../src/index.ts'
import { Waker } from '../../src/node/waker.ts'
import { postgresStore } from '../../src/store.ts'
import { PostgresServer } from '../../test/support/postgres/postgres-server.ts'
import { median } from '../statistics.ts'
import type { Figure } from './figure.ts'

/** The lease of a node, in milliseconds; the default of a store. */
const leaseMs = 10_000

/** Measures the time from the death of a node to the first call that another node makes for its session. */
export async function failoverFigure(rounds: number): Promise<readonly Figure[]> {
  const server = await PostgresServer.start()
  try {
    const times: number[] = []
    for (let round = 0; round < rounds; round++) times.push(await failover(server.url(), `round-${round}`))
    return [
      {
        figure: 'failover: node killed to first new effect',
        against: `lease of ${leaseMs / 1000} s`,
        ratio: median(times) / leaseMs,
        target: { max: 1.3 },
        values: times.map((ms) => `${(ms / 1000).toFixed(1)} s`).join(', '),
      },
    ]
  } finally {
    await server.stop()
  }
}

/** A tenant of its own, because the sessions of earlier rounds are due. */
async function failover(url: string, tenant: string): Promise<number> {
  const node = fork(new URL('failover-node.ts', import.meta.url), [url, tenant], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  await using store = postgresStore(url, { leaseMs, tenant })
  await using hosts = createHostPool({ size: 1 })
  await hosts.warm()
  const called = Promise.withResolvers<number>()
  const tools = [{ name: 'tick', call: () => called.resolve(performance.now()) }]
  const sessions: AsyncDisposable[] = []
  // The first call of the node.
  await once(node, 'message')
  const waker = new Waker({
    store,
    room: () => 1,
    open: async (id) => void sessions.push(await createSession({ store, hosts, sessionId: id, tools })),
  })
  node.kill('SIGKILL')
  const killedAt = performance.now()
  const calledAt = await called.promise
  await waker[Symbol.asyncDispose]()
  for (const session of sessions) await session[Symbol.asyncDispose]()
  return calledAt - killedAt
}
