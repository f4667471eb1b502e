import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createSession, readSessions } from '../../src/index.ts'
import { postgresStore, sqliteStore, type SharedStore } from '../../src/store.ts'
import { newStoredInPostgres, newStoredInSqlite, type StoredSession } from '../durability/stored-session.ts'
import { SeededRandom } from '../faults/random.ts'
import { sharedHosts } from '../support/hosts.ts'
import { skippedWithoutPostgres } from '../support/postgres/shared-server.ts'
import { NodeProcess } from './node-process.ts'

const count = 12
const calls = 5

/** A program that waits between its calls, and continues after a call whose outcome is unknown. */
const source = `for (let n = 0; n < ${calls}; n++) {
  await new Promise((done) => setTimeout(done, 300 + 500 * n))
  await tools.send({ n }).catch((error) => text(String(error)))
}
text('all')`

function storeAt(location: string): SharedStore {
  const store = location.startsWith('postgres:')
    ? postgresStore(location)
    : sqliteStore(location.replace(/^sqlite:/, ''))
  onTestFinished(() => store[Symbol.asyncDispose]())
  return store
}

async function runKills(newStored: () => Promise<StoredSession>, seed: number): Promise<void> {
  const random = new SeededRandom(seed)
  const { location } = await newStored()
  const store = storeAt(location)
  const ids = Array.from({ length: count }, (_, n) => `s${n}`)
  const all: NodeProcess[] = []
  const start = (): NodeProcess => {
    const node = new NodeProcess(location)
    all.push(node)
    return node
  }
  let running = [start(), start(), start()]
  for (const [n, id] of ids.entries()) running[n % running.length]?.use(id, source)
  await expect.poll(() => all.flatMap((node) => node.all('used')).length).toBe(count)
  for (let kill = 0; kill < 5; kill++) {
    // waits because the nodes are to work between the kills
    await delay(500 + 1500 * random.next())
    const victim = running[Math.floor(random.next() * running.length)]
    await victim?.kill()
    running = [...running.filter((node) => node !== victim), start()]
  }
  const isFinished = async (): Promise<number> => {
    const sessions = await readSessions({ store })
    return sessions.filter((session) => 'cells' in session && session.cells.finished === 1).length
  }
  await expect.poll(isFinished, { timeout: 90_000, interval: 500 }).toBe(count)
  const made = all.flatMap(({ lines }) =>
    lines.flatMap(({ called, session, n }) => (called === 'send' ? [`${String(session)} ${String(n)}`] : [])),
  )
  expect(made.toSorted((left, right) => left.localeCompare(right))).toEqual(
    [...new Set(made)].toSorted((left, right) => left.localeCompare(right)),
  )
  await Promise.all(running.map((node) => node.end()))
  for (const sessionId of ids) {
    await using session = await createSession({ store, sessionId, hosts: sharedHosts('in-process') })
    const outcome = await session.observe('1')
    expect(outcome).toMatchObject({ type: 'completed' })
    for (const { callId, state } of session.ledger('1')) {
      const n = Number(callId.slice('tool-'.length)) - 1
      if (state === 'applied') expect(made).toContain(`${sessionId} ${n}`)
      else expect(state).toBe('unknown')
    }
    expect(session.ledger('1')).toHaveLength(calls)
  }
}

const text = 'programs end on other nodes when nodes are killed at random, and each call is made at most once (seed %i)'

describe('nodes of a store in SQLite', () => {
  test.each([1])(text, async (seed) => await runKills(newStoredInSqlite, seed))
})

describe.skipIf(skippedWithoutPostgres() !== null)('nodes of a store in PostgreSQL', () => {
  test.each([2])(text, async (seed) => await runKills(newStoredInPostgres, seed))
})
