import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createSession, type Session, type SessionOptions } from '../../../src/index.ts'
import { QuickJsEngine } from '../../../src/host/quickjs-threads/quickjs-engine.ts'
import type { ToHost } from '../../../src/protocol/message.ts'
import { Gate } from '../../support/gate.ts'
import { textsOf } from '../../support/texts.ts'
import { SnapshotHosts } from './snapshot-hosts.ts'

const longYieldTime = { yieldTimeMs: 600_000 }
const createEngine = (): QuickJsEngine => new QuickJsEngine()

/** A program with state of many kinds, which makes 400 calls and then waits twice. */
const source = `
  const seen = new Map()
  class Counter { #n = 0; add(n) { this.#n += n; return this.#n } }
  const counter = new Counter()
  for (let i = 0; i < 400; i++) seen.set(i, counter.add(await tools.count({ i })))
  const timer = new Promise((done) => setTimeout(() => done(Math.random()), 60_000_000))
  text([...seen.values()].at(-1))
  const random = Math.random()
  text(await tools.gate({ key: "a" }))
  text([counter.add(0), seen.size, random === Math.random(), ALL_TOOLS.length])
  text(await tools.gate({ key: "b" }))
  text(counter.add(1))`

const expected = ['800', 'answer', '[800,400,false,2]', 'second', '801']

type Trial = AsyncDisposable & { readonly session: Session; readonly gate: Gate; readonly hosts: SnapshotHosts }

async function open(hosts: SnapshotHosts, limits: SessionOptions['limits'] = {}): Promise<Trial> {
  const gate = new Gate()
  const session = await createSession({
    hosts: hosts.pool,
    evictAfterMs: 3_600_000,
    tools: [gate.tool, { name: 'count', call: () => 2 }],
    limits,
  })
  return {
    session,
    gate,
    hosts,
    [Symbol.asyncDispose]: async () => {
      await session.close()
      await hosts[Symbol.asyncDispose]()
    },
  }
}

/** Runs the program, and evicts it at both of its waits. Returns its texts. */
async function runEvicted({ session, gate }: Trial, onEvicted: () => void = () => undefined): Promise<string[]> {
  const cell = session.execute(source, longYieldTime)
  for (const [at, result] of ['answer', 'second'].entries()) {
    await gate.called(at + 1)
    expect(textsOf(await session.execute('text("way")', longYieldTime))).toEqual(['way'])
    onEvicted()
    gate.open(result)
  }
  return textsOf(await cell)
}

test('a cell of QuickJS resumes from its snapshot with all of its state', async () => {
  await using trial = await open(new SnapshotHosts({ createEngine }))
  expect(await runEvicted(trial)).toEqual(expected)
  expect(trial.hosts.typesOf('restore', 'snapshot', 'not_restored')).toEqual(['restore', 'restore', 'snapshot'])
  // The second run receives one result, the third one two.
  expect(trial.hosts.typesOf('tool_response')).toHaveLength(400 + 1 + 2)
})

test('a cell whose snapshot is malformed is replayed', async () => {
  const cut = (message: ToHost): ToHost =>
    message.type === 'restore' ? { ...message, body: message.body.slice(0, 400) } : message
  await using trial = await open(new SnapshotHosts({ createEngine, toHost: cut }))
  expect(await runEvicted(trial)).toEqual(expected)
  expect(trial.hosts.received.find(({ type }) => type === 'not_restored')).toMatchObject({
    body: expect.stringMatching(/^Cannot read a snapshot: expected a delta of \d+ bytes, got \d+$/),
  })
})

test('a cell whose snapshot was changed in its temporary file is replayed, and no host receives it', async () => {
  await using trial = await open(new SnapshotHosts({ createEngine }), { maxReplayCharsInMemory: 0 })
  let changed = 0
  const changeFiles = (): void => {
    for (const file of globSync(join(tmpdir(), `codecell-spill-${process.pid}-*`, '*.texts'))) {
      const bytes = readFileSync(file)
      if (!bytes.includes(Buffer.from('CCSS', 'utf16le'))) continue
      bytes.writeUInt8(bytes.readUInt8(600) ^ 1, 600)
      writeFileSync(file, bytes)
      changed++
    }
  }
  expect(await runEvicted(trial, changeFiles)).toEqual(expected)
  expect(changed).toBeGreaterThan(0)
  expect(trial.hosts.typesOf('restore')).toEqual([])
})
