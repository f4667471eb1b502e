import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { readSession, type SessionListener, type Tool } from '../../src/index.ts'
import { onlyWaits } from '../../src/session/session-internals.ts'
import {
  createNode,
  sqliteStore,
  type NodeSessionOptions,
  type SessionNode,
  type SharedStore,
} from '../../src/store.ts'
import { newFolder } from '../support/folder.ts'
import { LabelledHosts } from '../session/hosts/labelled-hosts.ts'
import { textsOf } from '../support/texts.ts'

let file = ''
/** The engines on which cells ran, in order. */
let hosted: string[] = []
/** The sessions that nodes opened, in order, behind the engine of the node. */
let opened: string[] = []
beforeEach(() => {
  file = join(newFolder(), 'store.db')
  hosted = []
  opened = []
})

const listener: SessionListener = {
  onEvent: (event) => {
    if (event.type === 'cell_hosted') hosted.push(event.engine?.version ?? '')
  },
}

const step: Tool = { name: 'step', call: () => 'called' }

function newStore(): SharedStore {
  const store = sqliteStore(file)
  onTestFinished(() => store[Symbol.asyncDispose]())
  return store
}

/** Creates a node whose hosts have one version of the engine, and opens a first session, so that it knows this. */
async function newNode(version: string): Promise<SessionNode> {
  const hosts = new LabelledHosts(version, [], { engines: 'own' })
  const session = (id: string): NodeSessionOptions => {
    opened.push(`${version} ${id}`)
    return { hosts: hosts.pool, tools: [step], listeners: [listener] }
  }
  const node = createNode({ store: newStore(), session, hibernateMs: 0 })
  onTestFinished(async () => {
    await node[Symbol.asyncDispose]()
    await hosts[Symbol.asyncDispose]()
  })
  await node.use(`first-${version}`, () => undefined)
  return node
}

async function released(sessionId: string): Promise<void> {
  const store = newStore()
  await expect.poll(async () => (await readSession({ store, sessionId })).openedBy, { timeout: 20_000 }).toBeNull()
}

async function endsOn(sessionId: string): Promise<void> {
  const store = newStore()
  const cells = async (): Promise<object> => (await readSession({ store, sessionId })).cells
  await expect.poll(cells, { timeout: 30_000 }).toMatchObject({ running: 0, finished: 1 })
}

/** Starts a cell that waits for a timer, and returns when its engine is on record. */
async function startTimed(node: SessionNode): Promise<void> {
  const source = 'await new Promise((done) => setTimeout(done, 1000)); text(await tools.step({}))'
  await node.use('s', async (session) => {
    await session.execute(source, { yieldTimeMs: 0 })
    await expect.poll(() => hosted, { interval: 5 }).toContain('1')
    await expect.poll(() => onlyWaits(session), { interval: 5 }).toBe(true)
  })
}

test('a due session is opened by a node with the engine of its cell, and by no other', async () => {
  const first = await newNode('1')
  await startTimed(first)
  await first[Symbol.asyncDispose]()
  await newNode('2')
  // waits because the other node must have looked for due sessions after the timer was due
  await delay(2500)
  expect(opened.filter((each) => each.startsWith('2'))).toEqual(['2 first-2'])
  const heir = await newNode('1')
  await endsOn('s')
  expect(new Set(hosted)).toEqual(new Set(['1']))
  expect(textsOf(await heir.use('s', async (session) => await session.observe('1')))).toEqual(['called'])
})

test('a session that was opened where no host has the engine of its cell gets to a node that has it', async () => {
  const first = await newNode('1')
  await startTimed(first)
  await released('s')
  await first[Symbol.asyncDispose]()
  const other = await newNode('2')
  const outcome = await other.use('s', async (session) => {
    await expect.poll(async () => (await session.observe('1', { yieldTimeMs: 0 })).type).toBe('yielded')
    return await session.execute('text("new")')
  })
  expect(textsOf(outcome)).toEqual(['new'])
  await released('s')
  await newNode('1')
  await endsOn('s')
  expect(hosted.filter((version) => version === '2')).toHaveLength(1)
})

test.each([
  ['v8', 'quickjs'],
  ['quickjs', 'v8'],
] as const)('a due session on the other engine than that of new sessions is opened: %s, %s', async (ofNode, engine) => {
  const newNodeOf = (chosen: 'v8' | 'quickjs'): SessionNode => {
    const session = (): NodeSessionOptions => ({ tools: [step], listeners: [listener] })
    const node = createNode({ store: newStore(), engine: chosen, session, hibernateMs: 0 })
    onTestFinished(() => node[Symbol.asyncDispose]())
    return node
  }
  const first = newNodeOf(engine)
  const source = 'await new Promise((done) => setTimeout(done, 3000)); text(await tools.step({}))'
  await first.use('s', async (session) => {
    await session.execute(source, { yieldTimeMs: 0 })
    await expect.poll(() => onlyWaits(session)).toBe(true)
  })
  await first[Symbol.asyncDispose]()
  const second = newNodeOf(ofNode)
  // It knows the engine of its hosts, so that it does not count as having any.
  await second.use('own', () => undefined)
  await endsOn('s')
  expect(await second.use('s', async (session) => [session.engine, textsOf(await session.observe('1'))])).toEqual([
    engine,
    ['called'],
  ])
})
