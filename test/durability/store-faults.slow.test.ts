import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createSession, openSession, readSession, type Session, type Tool } from '../../src/index.ts'
import { postgresStore, type SharedStore, type StoreOptions } from '../../src/store.ts'
import { sharedHosts } from '../support/hosts.ts'
import { LossyProxy } from '../support/postgres/lossy-proxy.ts'
import { PostgresServer } from '../support/postgres/postgres-server.ts'
import { newSchema, skippedWithoutPostgres } from '../support/postgres/shared-server.ts'
import { textsOf } from '../support/texts.ts'
import { DurableAgent } from './durable-process.ts'
import { newStoredInPostgres } from './stored-session.ts'

const hosts = sharedHosts('in-process')

function storeAt(url: string, options: StoreOptions = {}): SharedStore {
  const store = postgresStore(url, options)
  onTestFinished(() => store[Symbol.asyncDispose]())
  return store
}

/** A tool that records the number of each of its calls. Every third result is long, so it is stored as a blob. */
function counter(): { readonly made: number[]; readonly tool: Tool } {
  const made: number[] = []
  const call = (input: unknown): string => {
    const { n } = Object(input)
    made.push(n)
    return 'x'.repeat(n % 3 === 0 ? 70_000 : 1)
  }
  return { made, tool: { name: 'send', call } }
}

const sendAll = (count: number): string => `for (let n = 0; n < ${count}; n++) await tools.send({ n }); text('all')`
const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n)

describe.skipIf(skippedWithoutPostgres() !== null)('a session in PostgreSQL', () => {
  test.each([
    ['shorter', 1500],
    ['longer', 5000],
  ])('effects wait while the store is away, for %s than the lease, and then continue', async (_name, awayMs) => {
    const { url } = await newSchema()
    const proxy = await LossyProxy.start(url)
    const { made, tool } = counter()
    const store = storeAt(proxy.url, { leaseMs: 3000 })
    await using session = await createSession({ store, sessionId: 's', hosts, tools: [tool] })
    const cell = session.execute(sendAll(500), { yieldTimeMs: 600_000 })
    await expect.poll(() => made.length).toBeGreaterThan(20)
    proxy.lose(() => true)
    // waits because calls whose start is on record may still be made
    await delay(300)
    const before = made.length
    // waits because the store is away for this time
    await delay(awayMs)
    expect(made.length).toBe(before)
    proxy.lose(() => false)
    expect(textsOf(await cell)).toEqual(['all'])
    expect(made).toEqual(upTo(500))
  })

  test('a session continues over restarts of the server in the middle of commits, and makes each call once', async () => {
    const server = await PostgresServer.start()
    onTestFinished(() => server.stop())
    const { made, tool } = counter()
    const store = storeAt(server.url())
    await using session = await createSession({ store, sessionId: 's', hosts, tools: [tool] })
    const cells = [1, 2, 3].map(() => session.execute(sendAll(150), { yieldTimeMs: 600_000 }))
    for (let crash = 1; crash <= 3; crash++) {
      const reached = made.length + 40
      await expect.poll(() => made.length, { timeout: 60_000 }).toBeGreaterThan(reached)
      await server.crash()
    }
    expect((await Promise.all(cells)).map((outcome) => textsOf(outcome))).toEqual([['all'], ['all'], ['all']])
    expect(made.toSorted((left, right) => left - right)).toEqual(upTo(450).map((n) => Math.floor(n / 3)))
    const { ledger } = await readSession({ store, sessionId: 's' })
    expect(new Set(ledger.map(({ state }) => state))).toEqual(new Set(['applied']))
    expect(ledger).toHaveLength(450)
  })

  test('a session of a killed process can be opened when its lease is over, and not before', async () => {
    const stored = { ...(await newStoredInPostgres()), endLeases: async () => undefined }
    await using agent = await DurableAgent.start(stored)
    await agent.ask('execute', 'text("before"); text(await tools.look({ n: 1 }))', { yieldTimeMs: 0 })
    await agent.called(1)
    await agent.kill()
    const look: Tool = { name: 'look', idempotent: true, call: () => 'looked' }
    const options = { store: storeAt(stored.location), sessionId: 'kept', hosts, tools: [look] }
    await expect(openSession(options)).rejects.toMatchObject({
      code: 'SESSION_IN_USE',
      message: expect.stringMatching(
        /^Cannot open session "default\/kept" of the store at .*: node [\w-]+ has it open$/,
      ),
    })
    await using session = await whenFree(() => openSession(options))
    expect(textsOf(await session.observe('1', { yieldTimeMs: 600_000 })).at(-1)).toBe('looked')
  })
})

/** Opens a session as soon as its lease is over. */
async function whenFree(open: () => Promise<Session>): Promise<Session> {
  let session: Session | null = null
  await expect
    .poll(
      async () => {
        session = await open().catch(() => null)
        return session !== null
      },
      { timeout: 60_000, interval: 500 },
    )
    .toBe(true)
  if (session === null) throw new Error('expected a session')
  return session
}
