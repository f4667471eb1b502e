import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { CodecellError, createSession, openSession } from '../../src/index.ts'
import { Waker, type WakerOptions } from '../../src/node/waker.ts'
import { LogStore } from '../../src/storage/shared/shared-store.ts'
import { sqliteStore, type SharedStore } from '../../src/store.ts'
import { newFolder } from '../support/folder.ts'
import { Gate } from '../support/gate.ts'
import { sharedHosts } from '../support/hosts.ts'
import { textsOf } from '../support/texts.ts'

const hosts = sharedHosts('in-process')
let file = ''
beforeEach(() => {
  file = join(newFolder(), 'store.db')
})

function newStore(): SharedStore {
  const store = sqliteStore(file)
  onTestFinished(() => store[Symbol.asyncDispose]())
  return store
}

/** Creates a session whose only cell waits for a timer, and closes it. */
async function hibernate(store: SharedStore, sessionId: string, delayMs = 0): Promise<void> {
  await using session = await createSession({ store, sessionId, hosts })
  await session.execute(`await new Promise((done) => setTimeout(done, ${delayMs})); text("${sessionId}")`, {
    yieldTimeMs: 0,
  })
}

async function taken(store: SharedStore): Promise<readonly string[]> {
  const names = await LogStore.takeDue(store, 10, { capabilities: [], ofAllTenants: false })
  return names.map(({ id }) => id).toSorted()
}

test('a due session that was taken is opened with its content, by name, and in no other process', async () => {
  const [store, other] = [newStore(), newStore()]
  await hibernate(store, 'a')
  await expect.poll(() => taken(store)).toEqual(['a'])
  await expect(openSession({ store: other, sessionId: 'a', hosts })).rejects.toMatchObject({ code: 'SESSION_IN_USE' })
  await using session = await openSession({ store, sessionId: 'a', hosts })
  expect(textsOf(await session.observe('1', { yieldTimeMs: 600_000 }))).toEqual(['a'])
})

test('a session that was taken and not opened is released when the store is given it back or disposed, and stays due', async () => {
  const [store, other] = [newStore(), newStore()]
  await hibernate(store, 'a')
  await hibernate(store, 'b')
  await expect.poll(() => taken(store)).toEqual(['a', 'b'])
  await LogStore.giveBack(store, { tenant: store.tenant, id: 'a' })
  expect(await taken(other)).toEqual(['a'])
  await store[Symbol.asyncDispose]()
  expect(await taken(other)).toEqual(['b'])
})

test('a session that was closed while its cell computed, or its tool ran, is due at once; one that waits is not', async () => {
  const store = newStore()
  const { tool } = new Gate()
  for (const [sessionId, source] of [
    ['computes', 'yield_control(); for (;;) {}'],
    ['calls', 'await tools.gate({})'],
    ['waits', 'await new Promise((done) => setTimeout(done, 600_000))'],
    ['is-done', 'text(1)'],
  ] as const) {
    await using session = await createSession({ store, sessionId, hosts, tools: [tool] })
    await session.execute(source, { yieldTimeMs: 1 })
  }
  expect(await taken(store)).toEqual(['calls', 'computes'])
})

function newWaker(options: Partial<WakerOptions> & Pick<WakerOptions, 'store' | 'open'>): Waker {
  const waker = new Waker({ room: () => 10, ...options })
  onTestFinished(() => waker[Symbol.asyncDispose]())
  return waker
}

test('a waker opens due sessions, at most as many as the process has room for', async () => {
  const store = newStore()
  for (const id of ['a', 'b', 'c']) await hibernate(store, id)
  const opened: string[] = []
  let room = 2
  const open = async (id: string): Promise<void> => {
    room--
    opened.push(id)
    onTestFinished(async () => await session.close())
    const session = await openSession({ store, sessionId: id, hosts })
  }
  const waker = newWaker({ store, open, room: () => room, intervalMs: 3_600_000 })
  await expect.poll(() => opened).toHaveLength(2)
  room = 5
  waker.poke()
  await expect.poll(() => opened.toSorted()).toEqual(['a', 'b', 'c'])
})

test('a waker that is not poked looks once in its interval', async () => {
  const store = newStore()
  const open = vi.fn(async () => undefined)
  newWaker({ store, open, intervalMs: 20 })
  await hibernate(newStore(), 'a')
  await expect.poll(() => open.mock.calls).toEqual([['a', 'default']])
})

test('an opening that fails is reported, its session stays due, and others open', async () => {
  const store = newStore()
  await hibernate(store, 'bad')
  await hibernate(store, 'good')
  const opened: string[] = []
  const open = async (id: string): Promise<void> => {
    opened.push(id)
    if (id === 'bad') throw new TypeError('no tools')
  }
  const onError = vi.fn()
  const waker = newWaker({ store, open, onError, intervalMs: 20 })
  await expect.poll(() => opened).toContain('good')
  await expect.poll(() => opened.filter((id) => id === 'bad').length).toBeGreaterThan(1)
  expect(onError).toHaveBeenCalledWith(expect.objectContaining({ message: 'no tools' }), 'bad')
  await waker[Symbol.asyncDispose]()
  await store[Symbol.asyncDispose]()
  expect(await taken(newStore())).toEqual(['bad', 'good'])
})

test('a waker takes only sessions whose needs are among its capabilities, and the sessions of its store have them', async () => {
  const [store, other] = [newStore(), newStore()]
  const opened: string[] = []
  newWaker({ store: other, open: async (id) => void opened.push(`other ${id}`), intervalMs: 20 })
  const waker = newWaker({ store, open: async () => undefined, capabilities: ['tools:x'], intervalMs: 3_600_000 })
  await hibernate(store, 'a')
  await hibernate(newStore(), 'b')
  await expect.poll(() => opened).toEqual(['other b'])
  await waker[Symbol.asyncDispose]()
  const capabilities = ['tools:x', 'more']
  expect(await LogStore.takeDue(store, 10, { capabilities, ofAllTenants: false })).toMatchObject([{ id: 'a' }])
})

test('a waker reports a store that cannot be reached once, until it can', async () => {
  const store = newStore()
  const onError = vi.fn()
  newWaker({ store, open: async () => undefined, onError, intervalMs: 5 })
  await store[Symbol.asyncDispose]()
  await expect.poll(() => onError.mock.calls.length).toBe(1)
  const [error, id] = onError.mock.calls[0] ?? []
  expect(CodecellError.is(error, 'STORE_UNREACHABLE')).toBe(true)
  expect(id).toBeNull()
})
