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

const waiting = (ms: number): string => `await new Promise((done) => setTimeout(done, ${ms}))`

const byText = (left: string, right: string): number => left.localeCompare(right)

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
    await create(store, ids, `${waiting(4000)}; await tools.send({})`)
    const nodes = [new NodeProcess(location), new NodeProcess(location)]
    const opened = (): readonly string[] => nodes.flatMap((node) => node.all('opened').map(String)).toSorted(byText)
    const sent = (): readonly string[] => nodes.flatMap((node) => node.all('session').map(String)).toSorted(byText)
    await expect.poll(() => sent().length).toBe(ids.length)
    await expect
      .poll(async () =>
        (await readSessions({ store })).every((session) => 'openedBy' in session && session.openedBy === null),
      )
      .toBe(true)
    expect(sent()).toEqual(ids.toSorted(byText))
    expect(opened()).toEqual(ids.toSorted(byText))
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
    ['while it is opened', 'poison', waiting(1000)],
    ['with a call that is retried', 'calling', `${waiting(1000)}; await tools.kill({})`],
  ])('a session that kills its node %s is parked, and other sessions are opened', async (_when, poison, source) => {
    const { location, endLeases } = await newStored()
    const store = storeAt(location)
    await create(store, [poison], source)
    // The first call of the second session is progress.
    for (let killed = 0; killed < (poison === 'poison' ? 3 : 4); killed++) {
      const node = new NodeProcess(location)
      await expect.poll(() => node.isRunning).toBe(false)
      expect(node.all('opened')).toEqual([poison])
      await endLeases()
    }
    await create(store, ['other'], `${waiting(1000)}; await tools.send({})`)
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
