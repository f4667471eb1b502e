import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import {
  createSession,
  decideApproval,
  provideResult,
  readSession,
  terminateCell,
  type CellOutcome,
  type Session,
  type SessionReport,
  type Tool,
} from '../../src/index.ts'
import {
  createNode,
  sqliteStore,
  type NodeOptions,
  type NodeSessionOptions,
  type SessionNode,
  type SharedStore,
} from '../../src/store.ts'
import { newFolder } from '../support/folder.ts'
import { Gate } from '../support/gate.ts'
import { sharedHosts } from '../support/hosts.ts'
import { textsOf } from '../support/texts.ts'

const hosts = sharedHosts('in-process')
const long = { yieldTimeMs: 600_000 }
let file = ''
beforeEach(() => {
  file = join(newFolder(), 'store.db')
})

function newStore(address?: string): SharedStore {
  const store = sqliteStore(file, address === undefined ? {} : { address })
  onTestFinished(() => store[Symbol.asyncDispose]())
  return store
}

function newNode(tools: readonly Tool[] = [], options: Partial<NodeOptions> = {}): SessionNode {
  const node = createNode({ store: newStore(), session: () => ({ tools, hosts }), hibernateMs: 0, ...options })
  onTestFinished(() => node[Symbol.asyncDispose]())
  return node
}

/** Waits until no process has the session open. */
async function hibernated(sessionId: string): Promise<void> {
  const store = newStore()
  await expect.poll(async () => (await readSession({ store, sessionId })).openedBy).toBeNull()
}

function start(source: string): (session: Session) => Promise<CellOutcome> {
  return async (session) => await session.execute(source, { yieldTimeMs: 0 })
}

const finish = (session: Session): Promise<readonly unknown[]> => textsOfFirst(session)

async function textsOfFirst(session: Session): Promise<readonly unknown[]> {
  return textsOf(await session.observe('1', long))
}

describe('a session of a node', () => {
  test('is shared by its users, stays open while one uses it, and is released when it only waits', async () => {
    const node = newNode()
    const gate = new Gate()
    const first = node.use('s', async (session) => {
      await gate.tool.call({})
      return session
    })
    await gate.called(1)
    const second = await node.use('s', (session) => session)
    expect(node.openSessions()).toEqual(['s'])
    gate.open(null)
    expect(await first).toBe(second)
    await hibernated('s')
    expect(node.openSessions()).toEqual([])
    expect(await node.use('s', (session) => session)).not.toBe(second)
  })

  test('is not released before the time that its node was given', async () => {
    const node = newNode([], { hibernateMs: 3_600_000 })
    const session = await node.use('s', (used) => used)
    // waits because a release would happen in this time
    await new Promise((resolve) => void setTimeout(resolve, 100))
    expect(await node.use('s', (used) => used)).toBe(session)
  })

  test('is not released while its tool runs, and continues on its own', async () => {
    const gate = new Gate()
    const node = newNode([gate.tool])
    await node.use('s', start('text(await tools.gate({}))'))
    await gate.called(1)
    // waits because a release would happen in this time
    await new Promise((resolve) => void setTimeout(resolve, 100))
    expect(node.openSessions()).toEqual(['s'])
    gate.open('done')
    await hibernated('s')
    expect(await node.use('s', finish)).toEqual(['done'])
    expect(gate.calls).toHaveLength(1)
  })

  test('is woken by its timer, and its response stays on record for the next user', async () => {
    const node = newNode()
    await node.use('s', start('await new Promise((done) => setTimeout(done, 1500)); text("fired")'))
    await hibernated('s')
    const store = newStore()
    await expect
      .poll(async () => (await readSession({ store, sessionId: 's' })).cellList[0]?.state.type)
      .toBe('finished')
    await hibernated('s')
    expect(await node.use('s', finish)).toEqual(['fired'])
  })

  test.each<[string, string, (store: SharedStore, report: SessionReport) => Promise<unknown>, unknown]>([
    [
      'the result of a deferred call that another process provides',
      'text(await tools.review({}))',
      async (store, { ledger }) =>
        await provideResult({ store, sessionId: 's', key: ledger[0]?.key ?? '', result: 'approved' }),
      ['approved'],
    ],
    [
      'the decision of another process about a pending call',
      'text(await tools.send({}))',
      async (store, { pendingApprovals }) =>
        await decideApproval({
          store,
          sessionId: 's',
          key: pendingApprovals[0]?.key ?? '',
          decision: { type: 'allow' },
        }),
      ['sent'],
    ],
    [
      'the expiry of a deferred call',
      'text(await tools.expiring({}).catch(() => "expired"))',
      async () => undefined,
      ['expired'],
    ],
  ])('is woken by %s, and makes each call once', async (_name, source, leave, texts) => {
    const calls: string[] = []
    const tools: readonly Tool[] = [
      { name: 'review', call: (_input, context) => (calls.push('review'), context.defer()) },
      { name: 'expiring', call: (_input, context) => (calls.push('expiring'), context.defer({ timeoutMs: 1500 })) },
      { name: 'send', needsApproval: 'ask', call: () => (calls.push('send'), 'sent') },
    ]
    const session = (): NodeSessionOptions => ({ tools, hosts, approvals: { hold: true } })
    const [one, other] = [newNode([], { session }), newNode([], { session })]
    await one.use('s', start(source))
    await hibernated('s')
    const store = newStore()
    await leave(store, await readSession({ store, sessionId: 's' }))
    await expect
      .poll(async () => (await readSession({ store, sessionId: 's' })).cellList[0]?.state.type)
      .toBe('finished')
    expect(await other.use('s', finish)).toEqual(texts)
    expect(calls).toHaveLength(1)
  })

  test('is woken by the termination of a cell by another process', async () => {
    const node = newNode()
    await node.use('s', start('await new Promise(() => {})'))
    await hibernated('s')
    const store = newStore()
    await terminateCell({ store, sessionId: 's', cellId: '1' })
    await expect.poll(async () => (await readSession({ store, sessionId: 's' })).cells.running).toBe(0)
  })

  test('continues on another node when its node is disposed in the middle of its program', async () => {
    const gates = [new Gate(), new Gate()] as const
    const tools = gates.map(({ tool }): Tool => ({ ...tool, annotations: { idempotentHint: true } }))
    const node = newNode(tools.slice(0, 1))
    await node.use('s', start('text(await tools.gate({}))'))
    await gates[0].called(1)
    const other = newNode(tools.slice(1))
    await node[Symbol.asyncDispose]()
    await gates[1].called(1)
    expect(other.openSessions()).toEqual(['s'])
    gates[1].open('late')
    expect(await other.use('s', finish)).toEqual(['late'])
  })

  test('of another process is opened when that process closes it', async () => {
    const session = await createSession({ store: newStore(), sessionId: 's', hosts })
    const node = newNode()
    const used = node.use('s', ({ id }) => id)
    await session.execute('store("a", 1)')
    await session.close()
    expect(await used).toBe('s')
    expect(textsOf(await node.use('s', (again) => again.execute('text(load("a"))')))).toEqual(['1'])
  })

  test('of another process is refused after the wait, with the address of that process', async () => {
    await using _ = await createSession({ store: newStore('https://a'), sessionId: 's', hosts })
    const session = vi.fn(() => ({ hosts }))
    const node = newNode([], { session, maxOwnerWaitMs: 700 })
    await expect(node.use('s', () => 1)).rejects.toMatchObject({
      code: 'SESSION_IN_USE',
      details: { url: 'https://a' },
    })
    expect(session).toHaveBeenCalledTimes(1)
    await expect(newNode([], { maxOwnerWaitMs: 0 }).use('s', () => 1)).rejects.toMatchObject({ code: 'SESSION_IN_USE' })
  })

  test('is opened again after its user has closed it', async () => {
    const node = newNode([], { hibernateMs: 3_600_000 })
    const closed = await node.use('s', async (session) => {
      await session.close()
      return session
    })
    const again = await node.use('s', (session) => session)
    expect(again).not.toBe(closed)
    expect(again.cells()).toEqual([])
  })

  test('is opened by a node that has its capabilities only', async () => {
    const able = newNode([], { capabilities: ['tools:a'] })
    await able.use('s', start('await new Promise((done) => setTimeout(done, 1000)); text("fired")'))
    await able[Symbol.asyncDispose]()
    const opened: string[] = []
    const session = (name: string) => () => (opened.push(name), { hosts })
    newNode([], { session: session('unable'), capabilities: ['tools:b'] })
    newNode([], { session: session('able'), capabilities: ['tools:b', 'tools:a'] })
    await expect.poll(() => opened).toEqual(['able'])
  })
})

describe('a node', () => {
  test('makes room for a session by releasing an idle one, and refuses it when all are in use', async () => {
    const gate = new Gate()
    const node = newNode([gate.tool], { maxSessions: 2, hibernateMs: 3_600_000 })
    await node.use('idle', () => null)
    await node.use('busy', start('await tools.gate({})'))
    await gate.called(1)
    expect(await node.use('third', () => node.openSessions())).toEqual(['busy', 'third'])
    await node.use('third', async () => {
      await expect(node.use('fourth', () => 1)).rejects.toMatchObject({
        code: 'LIMIT_EXCEEDED',
        details: { limit: 'maxSessions', max: 2 },
      })
    })
    await node.use('fourth', () => null)
    expect(node.openSessions()).toEqual(['busy', 'fourth'])
  })

  test('passes on the errors of the work and of the options, and opens the session again', async () => {
    let tries = 0
    const node = newNode([], {
      session: () => {
        if (++tries === 1) throw new TypeError('no tools')
        return { hosts }
      },
    })
    await expect(node.use('s', () => 1)).rejects.toThrow('no tools')
    const fail = (): never => {
      throw new TypeError('no work')
    }
    await expect(node.use('s', fail)).rejects.toThrow('no work')
    expect(await node.use('s', ({ id }) => id)).toBe('s')
  })

  test('stops waiting for a session when the signal aborts', async () => {
    await using _ = await createSession({ store: newStore(), sessionId: 's', hosts })
    const node = newNode()
    const stop = new AbortController()
    const used = node.use('s', () => 1, { signal: stop.signal })
    stop.abort(new TypeError('stopped'))
    await expect(used).rejects.toThrow('stopped')
    await expect(node.use('s', () => 1, { signal: stop.signal })).rejects.toThrow('stopped')
  })

  test('that was disposed opens no session, and its sessions are free', async () => {
    const node = newNode([], { hibernateMs: 3_600_000 })
    const session = await node.use('s', (used) => used)
    await node[Symbol.asyncDispose]()
    await expect(session.execute('1')).rejects.toMatchObject({ code: 'SESSION_CLOSED' })
    await expect(node.use('s', () => 1)).rejects.toMatchObject({ code: 'SESSION_CLOSED' })
    await using again = await createSession({ store: newStore(), sessionId: 's', hosts })
    expect(again.id).toBe('s')
  })

  test('creates a pool of hosts for sessions without one', async () => {
    const node = newNode([], { session: () => ({}) })
    expect(textsOf(await node.use('s', (session) => session.execute('text(6 * 7)')))).toEqual(['42'])
  })

  test.each<[object, string]>([
    [{ hibernateMs: -1 }, 'expected an integer from 0 to 86400000'],
    [{ maxSessions: 0 }, 'expected an integer from 1 to 10000'],
    [{ maxOwnerWaitMs: 1.5 }, 'expected an integer from 0 to 600000'],
    [{ capabilities: ['a', 7] }, 'expected a list of non-empty strings'],
    [{ session: undefined }, 'expected a function'],
    [{ hibernateMS: 1 }, 'did you mean "hibernateMs"?'],
    [{ store: {} }, 'expected a store of postgresStore() or sqliteStore()'],
  ])('is refused with the options %j', (given, text) => {
    const options = { store: newStore(), session: () => ({}), ...given }
    expect(() => Reflect.apply(createNode, null, [options])).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining(text) }),
    )
  })
})
