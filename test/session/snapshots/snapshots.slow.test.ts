import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createSession, type CellOutcome, type Session, type SessionOptions } from '../../../src/index.ts'
import { QuickJsEngine } from '../../../src/host/quickjs-threads/quickjs-engine.ts'
import type { FromHost, ToHost } from '../../../src/protocol/message.ts'
import { Gate } from '../../support/gate.ts'
import { textsOf } from '../../support/texts.ts'
import { EventWatch } from '../following/event-watch.ts'
import { recordingHosts } from './recording-hosts.ts'
import type { SnapshotHosts } from './snapshot-hosts.ts'

const longYieldTime = { yieldTimeMs: 600_000 }

/** Makes many calls, and then waits twice. */
const sourceOf = (calls: number): string => `
  let sum = 0
  for (let i = 0; i < ${calls}; i++) sum += await tools.count({ i })
  text("counted " + sum)
  text(await tools.gate({ key: "a" }))
  text(await tools.gate({ key: "b" }) + sum + [Math.random() < 1, Date.now() > 0])`

type Trial = AsyncDisposable & {
  readonly session: Session
  readonly hosts: SnapshotHosts
  readonly gate: Gate
  readonly watch: EventWatch
  /** Evicts cell 1 by running another cell. Resolves when its host has released it. */
  readonly evict: () => Promise<void>
}

async function open(hosts: SnapshotHosts, options: Partial<SessionOptions> = {}): Promise<Trial> {
  const gate = new Gate()
  const watch = new EventWatch()
  const session = await createSession({
    hosts: hosts.pool,
    evictAfterMs: 3_600_000,
    tools: [gate.tool, { name: 'count', call: () => 2 }],
    listeners: [watch],
    ...options,
  })
  return {
    session,
    hosts,
    gate,
    watch,
    evict: async () => expect(textsOf(await session.execute('text("way")', longYieldTime))).toEqual(['way']),
    [Symbol.asyncDispose]: async () => {
      await session.close()
      await hosts[Symbol.asyncDispose]()
    },
  }
}

/** Runs the program, and evicts it at both of its waits. */
async function runEvicted({ session, gate, evict }: Trial, calls: number): Promise<CellOutcome> {
  const cell = session.execute(sourceOf(calls), longYieldTime)
  for (const [at, key] of ['a', 'b'].entries()) {
    await gate.called(at + 1)
    await evict()
    gate.open(`answer ${key} `, key)
  }
  return await cell
}

const expected = (calls: number): string[] => [`counted ${2 * calls}`, 'answer a ', `answer b ${2 * calls}true,true`]

const changed = (body: string): string => (body.startsWith('A') ? 'B' : 'A') + body.slice(1)

const countingSource = `
  let sum = 0
  for (let i = 0; i < 400; i++) sum += await tools.count({ i })
  await tools.gate({ key: "a" })
  text(sum)
  await tools.gate({ key: "b" })`

/** Returns the snapshot of a program that has received another result. */
function withOtherResult(body: string): string {
  const text = Buffer.from(body, 'base64').toString().replace('"body":"2"', '"body":"3"')
  return Buffer.from(text).toString('base64')
}

describe('a cell that is evicted after many commands', () => {
  test('resumes from a snapshot, and receives the later commands only', async () => {
    await using trial = await open(recordingHosts())
    expect(textsOf(await runEvicted(trial, 400))).toEqual(expected(400))
    expect(trial.gate.keys).toEqual(['a', 'b'])
    // The second run receives the result of call a, the third one those of both calls.
    expect(trial.hosts.typesOf('tool_response')).toHaveLength(400 + 1 + 2)
    expect(trial.hosts.typesOf('restore', 'snapshot', 'not_restored')).toEqual(['restore', 'restore', 'snapshot'])
  })

  test('resumes from an earlier snapshot and the commands after it, as few commands need no other', async () => {
    await using trial = await open(recordingHosts())
    expect(textsOf(await runEvicted(trial, 400))).toEqual(expected(400))
    const [first, second] = trial.hosts.sent.filter(({ type }) => type === 'restore')
    expect(second).toMatchObject({ body: first !== undefined && 'body' in first ? first.body : null })
  })

  test('is replayed when its snapshot is changed, exchanged or malformed on its way to the host', async () => {
    for (const change of [changed, () => '', () => '!', (body: string) => body.slice(0, body.length / 2)]) {
      const toHost = (message: ToHost): ToHost =>
        message.type === 'restore' ? { ...message, body: change(message.body) } : message
      await using trial = await open(recordingHosts({ toHost }))
      expect(textsOf(await runEvicted(trial, 400))).toEqual(expected(400))
      expect(trial.hosts.typesOf('not_restored').length).toBeGreaterThan(0)
      expect(trial.gate.keys).toEqual(['a', 'b'])
    }
  })

  test('is replayed when the host sends a snapshot after another number of commands', async () => {
    const fromHost = (message: FromHost): FromHost =>
      message.type === 'snapshot' ? { ...message, commands: message.commands - 1 } : message
    await using trial = await open(recordingHosts({ fromHost }))
    expect(textsOf(await runEvicted(trial, 400))).toEqual(expected(400))
    expect(trial.hosts.typesOf('restore')).toEqual([])
  })

  test('is replayed when there is no room for the snapshot', async () => {
    const limits = { maxReplayCharsInMemory: 0, maxSpillBytes: 0 }
    await using trial = await open(recordingHosts(), { limits })
    expect(textsOf(await runEvicted(trial, 400))).toEqual(expected(400))
    expect(trial.hosts.typesOf('restore')).toEqual([])
  })

  test('resumes from a snapshot in a temporary file', async () => {
    await using trial = await open(recordingHosts(), { limits: { maxReplayCharsInMemory: 0 } })
    expect(textsOf(await runEvicted(trial, 400))).toEqual(expected(400))
    expect(trial.hosts.typesOf('restore')).toEqual(['restore', 'restore'])
  })

  test('fails when an event after the snapshot differs from the record', async () => {
    let restored = 0
    const toHost = (message: ToHost): ToHost =>
      message.type === 'restore' && ++restored === 2 ? { ...message, body: withOtherResult(message.body) } : message
    await using trial = await open(recordingHosts({ toHost }))
    const { session, gate, evict } = trial
    const cell = session.execute(countingSource, longYieldTime)
    for (const [at, key] of ['a', 'b'].entries()) {
      await gate.called(at + 1)
      await evict()
      gate.open(null, key)
    }
    const errorText = expect.stringMatching(/event 402 is a text again, with another text/)
    expect(await cell).toMatchObject({ type: 'failed', errorText })
  })

  test('fails when a replay differs from what it did after the snapshot', async () => {
    const fromHost = (message: FromHost): FromHost =>
      message.type === 'snapshot' ? { ...message, body: withOtherResult(message.body) } : message
    await using trial = await open(recordingHosts({ fromHost }))
    const { session, gate, evict, hosts } = trial
    const cell = session.execute(countingSource, longYieldTime)
    await gate.called(1)
    await evict()
    gate.open(null, 'a')
    await gate.called(2)
    hosts.crash()
    const errorText = expect.stringMatching(/event 402 is a text again, with another text/)
    expect(await cell).toMatchObject({ type: 'failed', errorText })
    expect(hosts.typesOf('restore')).toEqual(['restore'])
  })

  test('is replayed after a crash of the host that restored it', async () => {
    const hosts = recordingHosts()
    await using trial = await open(hosts)
    const { session, gate, evict, watch } = trial
    const cell = session.execute(sourceOf(400), longYieldTime)
    await gate.called(1)
    await evict()
    gate.open('answer a ', 'a')
    await gate.called(2)
    hosts.crash()
    await watch.waitFor('cell_revived 1', 2)
    gate.open('answer b ', 'b')
    expect(textsOf(await cell)).toEqual(expected(400))
    expect(gate.keys).toEqual(['a', 'b'])
  })

  test('can be terminated while it is evicted', async () => {
    await using trial = await open(recordingHosts())
    const { session, gate, evict } = trial
    const { cellId } = await session.execute(sourceOf(400), { yieldTimeMs: 0 })
    await gate.called(1)
    await evict()
    expect((await session.terminate(cellId)).type).toBe('terminated')
  })
})

test.each([
  ['V8 with snapshots', {}],
  ['QuickJS', { createEngine: () => new QuickJsEngine(), engine: 'quickjs' as const }],
])('a cell of %s with large results calls the same at any order of evictions and crashes', async (_, engine) => {
  const source = `
    const seen = []
    for (let i = 0; i < 4; i++) {
      const both = ["x", "y"].map(async (name) => seen.push(name + (await tools.gate({ key: name + i })).length))
      await Promise.all(both)
      text(seen.join())
    }`
  const numbers = fc.array(fc.nat(5), { minLength: 8, maxLength: 8 })
  const play = fc.asyncProperty(numbers, async (steps) => {
    await using trial = await open(recordingHosts(engine))
    const { session, gate, hosts, evict } = trial
    const cell = session.execute(source, longYieldTime)
    for (const [at, step] of steps.entries()) {
      await gate.called(2 * Math.floor(at / 2) + 2)
      if (step > 2) await evict()
      if (step === 5) hosts.crash()
      gate.open('z'.repeat(step === 0 ? 3 : 600_000), gate.waitingKeys[step % gate.waitingKeys.length])
    }
    const texts = textsOf(await cell)
    expect(texts).toHaveLength(4)
    expect(gate.keys).toEqual(['x0', 'y0', 'x1', 'y1', 'x2', 'y2', 'x3', 'y3'])
  })
  await fc.assert(play, { numRuns: 2 })
})

describe('a cell is evicted without a snapshot', () => {
  test('after few commands', async () => {
    await using trial = await open(recordingHosts())
    expect(textsOf(await runEvicted(trial, 10))).toEqual(expected(10))
    expect(trial.hosts.typesOf('restore', 'snapshot')).toEqual([])
  })

  test('when the snapshot is larger than 16 MiB', async () => {
    const large = { name: 'large', call: () => 'x'.repeat(1_000_000) }
    await using trial = await open(recordingHosts(), { tools: [large] })
    const { session, evict } = trial
    const source = `
      let length = 0
      for (let i = 0; i < 18; i++) length += (await tools.large({})).length
      yield_control()
      await new Promise((done) => setTimeout(done, 2000))
      text(length)`
    const { cellId } = await session.execute(source, longYieldTime)
    await evict()
    expect(textsOf(await session.observe(cellId, longYieldTime))).toEqual(['18000000'])
    expect(trial.hosts.typesOf('restore', 'snapshot')).toEqual([])
    expect(trial.watch.count('cell_evicted 1')).toBe(1)
  })

  test('on a host with an earlier version of the protocol', async () => {
    const fromHost = (message: FromHost): FromHost => (message.type === 'ready' ? { ...message, version: 1 } : message)
    await using trial = await open(recordingHosts({ fromHost }))
    expect(textsOf(await runEvicted(trial, 400))).toEqual(expected(400))
    expect(trial.hosts.typesOf('evict', 'restore', 'snapshot')).toEqual([])
  })
})

test('a host that rejects a snapshot that it did not receive ends the cell', async () => {
  const fromHost = (message: FromHost): FromHost =>
    message.type === 'tool_call' ? { type: 'not_restored', cell: message.cell, body: 'x' } : message
  await using trial = await open(recordingHosts({ fromHost }))
  const outcome = await trial.session.execute('await tools.gate({ key: "a" })', longYieldTime)
  expect(outcome).toMatchObject({ type: 'failed', errorText: 'exec runtime ended unexpectedly' })
})
