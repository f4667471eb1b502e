import { inspect } from 'node:util'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import {
  createSession,
  openSession,
  readSession,
  readSessions,
  type Session,
  type SessionOptions,
  type Tool,
} from '../../../src/index.ts'
import { createMcpServer } from '../../../src/mcp-server.ts'
import { codeMode } from '../../../src/openai-responses.ts'
import { postgresStore, sqliteStore, type SharedStore, type StoreOptions } from '../../../src/store.ts'
import { newFolder } from '../../support/folder.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { textsOf } from '../../support/texts.ts'

const hosts = sharedHosts('in-process')
let file = ''
beforeEach(() => {
  file = join(newFolder(), 'store.db')
})

function newStore(options: StoreOptions = {}): SharedStore {
  const store = sqliteStore(file, options)
  onTestFinished(() => store[Symbol.asyncDispose]())
  return store
}

test('sessions of one process share a store, and each is found again under its id and tenant', async () => {
  const store = newStore()
  const sessions = await Promise.all(['a', 'b', 'c'].map((sessionId) => createSession({ store, sessionId, hosts })))
  await Promise.all(sessions.map((session) => session.execute(`store("id", "${session.id}")`)))
  await expect(createSession({ store, sessionId: 'a', hosts })).rejects.toMatchObject({
    code: 'SESSION_IN_USE',
    message: expect.stringContaining('"default/a"'),
  })
  const other = newStore({ tenant: 'other' })
  await using foreign = await createSession({ store: other, sessionId: 'a', hosts })
  expect(textsOf(await foreign.execute('text(load("id") === undefined)'))).toEqual(['true'])
  await Promise.all(sessions.map((session) => session.close()))
  await using again = await openSession({ store, sessionId: 'b', hosts })
  expect(textsOf(await again.execute('text(load("id"))'))).toEqual(['b'])
  expect((await readSessions({ store })).map(({ id }) => id).toSorted()).toEqual(['a', 'b', 'c'])
  expect((await readSessions({ store: other })).map(({ id }) => id)).toEqual(['a'])
})

test('a session in a store resumes with the tools, approvals and grants that it had', async () => {
  const made: unknown[] = []
  const tools: readonly Tool[] = [
    { name: 'send', needsApproval: 'ask', call: (input) => void made.push(input) },
    // The catalogue is longer than a record may be.
    ...Array.from({ length: 10 }, (_, n) => ({ name: `long_${n}`, description: 'd'.repeat(16_000), call: () => 1 })),
  ]
  const options: SessionOptions = { sessionId: 's', hosts, tools, approvals: { hold: true } }
  {
    await using store = sqliteStore(file)
    await using session = await createSession({ ...options, store })
    await session.execute('await tools.send({ n: 1 }); await tools.send({ n: 2 }); text(ALL_TOOLS.length)', {
      yieldTimeMs: 1,
    })
    await expect.poll(() => session.pendingApprovals()).toHaveLength(1)
  }
  const store = newStore()
  await using session = await createSession({ ...options, store, tools: tools.slice(0, 1) })
  const [batch] = session.pendingApprovals()
  await session.decide(batch?.requests.map(({ key }) => key) ?? [], {
    type: 'allow_in_cell',
    calls: 2,
  })
  expect(textsOf(await session.observe('1', { yieldTimeMs: 600_000 }))).toEqual(['12'])
  expect(made).toEqual([{ n: 1 }, { n: 2 }])
})

test('codeMode() and createMcpServer() store their sessions in a store', async () => {
  const store = newStore()
  {
    await using mode = await codeMode({ store, sessionId: 'mode', hosts, tools: [] })
    await mode.session.execute('store("m", 1)')
  }
  const server = createMcpServer({ store, sessionId: 'served', hosts, tools: [] })
  const client = server.connectClient()
  client.build()
  await server[Symbol.asyncDispose]()
  await using session: Session = await openSession({ store, sessionId: 'mode', hosts })
  expect(textsOf(await session.execute('text(load("m"))'))).toEqual(['1'])
})

describe('a wrong option', () => {
  const storage = 'somewhere'
  const invalid = (message: string): object => ({ code: 'INVALID_OPTION', message: expect.stringContaining(message) })

  test('a session in a folder and a store is refused', async () => {
    const store = newStore()
    const text = 'expected the option "storage" or "store", got both'
    await expect(createSession({ storage, store, hosts })).rejects.toMatchObject(invalid(text))
    expect(() => createMcpServer({ storage, store, tools: [] })).toThrow(expect.objectContaining(invalid(text)))
    const both = { storage, store, sessionId: 's' }
    expect(() => readSession(both)).toThrow(expect.objectContaining(invalid(text)))
    const neither: object = {}
    expect(() => Reflect.apply(readSessions, null, [neither])).toThrow(expect.objectContaining(invalid('got neither')))
  })

  test.each(['postgres://db/app', {}, 7])('the store %j is refused', async (store) => {
    const options = { sessionId: 's', hosts }
    const opened: unknown = Reflect.apply(createSession, null, [{ ...options, store }])
    await expect(opened).rejects.toMatchObject(invalid('expected a store of postgresStore() or sqliteStore()'))
  })

  test.each<[string, () => unknown]>([
    ['Cannot name a tenant "a/b"', () => sqliteStore('x', { tenant: 'a/b' })],
    ['Cannot name a tenant ""', () => sqliteStore('x', { tenant: '' })],
    ['expected an integer from 3000 to 600000', () => sqliteStore('x', { leaseMs: 10 })],
    ['expected the path of a file', () => sqliteStore('')],
    ['expected the path of a file', () => sqliteStore(':memory:')],
    ['did you mean "tenant"?', () => Reflect.apply(sqliteStore, null, ['x', { tennant: 'a' }])],
    ['Cannot parse the URL of the store', () => postgresStore('https://u:sEcret@db')],
    ['Cannot use the schema "A b"', () => postgresStore('postgres://db/app', { schema: 'A b' })],
    ['Cannot use the URL of the store: expected a string', () => Reflect.apply(postgresStore, null, [undefined])],
  ])('a store is refused with the error %j', (text, make) => {
    expect(make).toThrow(expect.objectContaining(invalid(text)))
  })

  test('a store does not show the password of its URL', async () => {
    await using store = postgresStore('postgres://u:sEcret@127.0.0.1:1/app')
    const error: unknown = await createSession({ store, sessionId: 's', hosts }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'STORE_UNREACHABLE' })
    expect(inspect([store, error], { depth: 20, showHidden: true })).not.toContain('sEcret')
  })

  test('a store that was disposed opens no session', async () => {
    const store = newStore()
    await store[Symbol.asyncDispose]()
    await expect(createSession({ store, sessionId: 's', hosts })).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' })
  })
})
