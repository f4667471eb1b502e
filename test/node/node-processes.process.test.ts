import { describe, expect, onTestFinished, test } from 'vitest'
import { createSession, readSession, readSessions, type Tool } from '../../src/index.ts'
import { postgresStore, sqliteStore, type SharedStore } from '../../src/store.ts'
import { newStoredInPostgres, newStoredInSqlite, type StoredSession } from '../durability/stored-session.ts'
import { startCli } from '../support/cli.ts'
import { sharedHosts } from '../support/hosts.ts'
import { skippedWithoutPostgres } from '../support/postgres/shared-server.ts'
import { NodeProcess } from './node-process.ts'

function storeAt(location: string): SharedStore {
  const store = location.startsWith('postgres:')
    ? postgresStore(location)
    : sqliteStore(location.replace(/^sqlite:/, ''))
  onTestFinished(() => store[Symbol.asyncDispose]())
  return store
}

const names = ['send', 'hang', 'review', 'kill']
const tools = names.map((name): Tool => ({ name, call: () => 'not here' }))

/** Creates sessions with a cell each, and closes them. */
async function create(store: SharedStore, sessionIds: readonly string[], source: string): Promise<void> {
  const hosts = sharedHosts('in-process')
  for (const sessionId of sessionIds) {
    await using session = await createSession({ store, sessionId, hosts, tools })
    await session.execute(source, { yieldTimeMs: 0 })
  }
}

function nodesBehaviors(newStored: () => Promise<StoredSession>): void {
  test('every due session is opened by one node, and its timer fires once', async () => {
    const { location } = await newStored()
    const store = storeAt(location)
    const ids = Array.from({ length: 30 }, (_, n) => `s${n}`)
    await create(store, ids, 'await new Promise((done) => setTimeout(done, 4000)); await tools.send({})')
    const nodes = [new NodeProcess(location), new NodeProcess(location)]
    const opened = (): readonly unknown[] => nodes.flatMap((node) => node.all('opened'))
    const sent = (): readonly unknown[] => nodes.flatMap((node) => node.all('session'))
    await expect.poll(() => sent().length).toBe(ids.length)
    await expect.poll(async () => (await readSessions({ store })).every(({ openedBy }) => openedBy === null)).toBe(true)
    expect(sent().toSorted()).toEqual(ids.toSorted())
    expect(opened().toSorted()).toEqual(ids.toSorted())
  })

  test('a session of a node that is killed in the middle of a program resumes on another one on its own', async () => {
    const { location } = await newStored()
    const first = new NodeProcess(location)
    first.use('s', 'await tools.hang({})')
    await expect.poll(() => first.all('called')).toEqual(['hang'])
    const second = new NodeProcess(location)
    await first.kill()
    await expect.poll(() => second.all('called')).toEqual(['hang'])
    expect(second.all('opened')).toEqual(['s'])
  })

  test('a user of a session waits while the lease of its killed owner runs out', async () => {
    const { location } = await newStored()
    const first = new NodeProcess(location)
    first.use('s', 'store("a", 1); await tools.hang({})')
    await expect.poll(() => first.all('called')).toEqual(['hang'])
    await first.kill()
    const second = new NodeProcess(location)
    second.use('s', 'text(1)')
    await expect.poll(() => second.all('used')).toEqual(['s'])
  })

  test('`codecell answer` wakes a session that no process has open', async () => {
    const { location } = await newStored()
    const nodes = [new NodeProcess(location), new NodeProcess(location)] as const
    nodes[0].use('s', 'text(await tools.review({}))')
    await expect.poll(() => nodes[0].all('called')).toHaveLength(1)
    const store = storeAt(location)
    const report = async (): Promise<unknown> => {
      const { openedBy, cellList } = await readSession({ store, sessionId: 's' })
      return [openedBy, cellList[0]?.state.type]
    }
    await expect.poll(report).toEqual([null, 'running'])
    const [key] = nodes[0].all('called')
    const { code } = await startCli(['answer', 's', String(key), '--store', location, '--json', '"ok"']).result
    expect(code).toBe(0)
    await expect.poll(report).toEqual([null, 'finished'])
    nodes[1].use('s', null)
    await expect.poll(() => nodes[1].all('outcome')).toMatchObject([{ type: 'completed', items: [{ text: 'ok' }] }])
    expect(nodes.flatMap((node) => node.all('called'))).toHaveLength(1)
  })

  test.each([
    ['while it is opened', 'poison', 'await new Promise((done) => setTimeout(done, 0))'],
    ['with its first call', 'calling', 'await tools.kill({})'],
  ])('a session that kills its node %s is parked, and other sessions are opened', async (_when, poison, source) => {
    const { location, endLeases } = await newStored()
    const store = storeAt(location)
    await create(store, [poison], source)
    let killed = 0
    for (; killed < 3; killed++) {
      const node = new NodeProcess(location)
      await expect.poll(() => node.isRunning).toBe(false)
      expect(node.all('opened')).toEqual([poison])
      await endLeases()
    }
    await create(store, ['other'], 'await new Promise((done) => setTimeout(done, 0)); await tools.send({})')
    const node = new NodeProcess(location)
    await expect.poll(() => node.all('session')).toEqual(['other'])
    // waits because the poisonous session would be opened in this time
    await new Promise((resolve) => void setTimeout(resolve, 1500))
    expect(node.isRunning).toBe(true)
    expect(node.all('opened')).toEqual(['other'])
  })
}

describe('nodes of a store in SQLite', () => nodesBehaviors(newStoredInSqlite))

describe.skipIf(skippedWithoutPostgres() !== null)('nodes of a store in PostgreSQL', () =>
  nodesBehaviors(newStoredInPostgres),
)
