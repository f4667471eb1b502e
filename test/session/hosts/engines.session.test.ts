import { join } from 'node:path'
import { setImmediate as turnOfTheLoop } from 'node:timers/promises'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import {
  createHostPool,
  createSession,
  readSession,
  type Session,
  type SessionListener,
  type SessionOptions,
  type SessionReport,
  type SessionWarning,
  type Tool,
} from '../../../src/index.ts'
import { SeededRandom } from '../../faults/random.ts'
import { sqliteStore } from '../../../src/store.ts'
import { newFolder } from '../../support/folder.ts'
import { Gate } from '../../support/gate.ts'
import { textsOf } from '../../support/texts.ts'
import { LabelledHosts } from './labelled-hosts.ts'
import { testEngine } from '../../support/engine.ts'
import { forV8, perEngine } from '../../support/engine-differences.ts'

let folder = ''
beforeEach(() => {
  folder = newFolder()
})

type Location = Pick<SessionOptions, 'storage' | 'store'>

function inFolder(): Location {
  return { storage: folder }
}

function inStore(): Location {
  const store = sqliteStore(join(folder, 'store.db'))
  onTestFinished(() => store[Symbol.asyncDispose]())
  return { store }
}

const waiting = `text(await tools.gate({ n: 1 })); text(await tools.gate({ n: 2 }))`

/** Starts a cell on version 1 of the engine, and closes its session while the second call is not made. */
async function interrupted(location: Location): Promise<void> {
  await using hosts = new LabelledHosts('1', [])
  const gate = new Gate()
  const session = await createSession({ ...location, sessionId: 's', hosts: hosts.pool, tools: [gate.tool] })
  await session.execute(waiting, { yieldTimeMs: 0 })
  await gate.called(1)
  const closed = session.close()
  gate.open('a')
  await closed
}

const second: Tool = { name: 'gate', call: () => 'b' }

async function resumed(location: Location, hosts: LabelledHosts, more: SessionOptions = {}): Promise<Session> {
  return await createSession({ ...location, sessionId: 's', hosts: hosts.pool, tools: [second], ...more })
}

const locations: readonly (readonly [what: string, locationOf: () => Location])[] = [
  ['a folder', inFolder],
  ['a shared store', inStore],
]

describe('a cell that began on an engine', () => {
  test.each(locations)('resumes on a host with that engine, and new cells do not, in %s', async (_what, locationOf) => {
    const location = locationOf()
    await interrupted(location)
    await using hosts = new LabelledHosts('2', ['1'])
    await using session = await resumed(location, hosts)
    expect(textsOf(await session.observe('1'))).toEqual(['a', 'b'])
    expect(textsOf(await session.execute('text("new")'))).toEqual(['new'])
    expect(hosts.started).toEqual(['2', '1'])
  })

  test.each(locations)('waits for a host with that engine, with the reason, in %s', async (_what, locationOf) => {
    const location = locationOf()
    await interrupted(location)
    await using hosts = new LabelledHosts('2', [])
    await using session = await resumed(location, hosts, { engineChange: 'wait' })
    await expect
      .poll(() => session.observe('1', { yieldTimeMs: 0 }), { timeout: 20_000 })
      .toMatchObject({
        type: 'yielded',
        waitsForHost: expect.stringMatching(
          new RegExp(`the engine that the cell began on \\(${testEngine} 1, [\\da-f]{12}\\)`),
        ),
      })
    expect(hosts.started).toEqual(['2'])
    // Other cells do not wait.
    expect(textsOf(await session.execute('text("new")'))).toEqual(['new'])
    hosts.offered.add('1')
    expect(textsOf(await session.observe('1', { yieldTimeMs: 60_000 }))).toEqual(['a', 'b'])
    expect(hosts.started).toEqual(['2', '1'])
  })

  test.each(locations)('can be terminated while it waits for that engine, in %s', async (_what, locationOf) => {
    const location = locationOf()
    await interrupted(location)
    await using hosts = new LabelledHosts('2', [])
    await using session = await resumed(location, hosts, { engineChange: 'wait' })
    const { store } = location
    const report = async (): Promise<SessionReport> =>
      store === undefined
        ? readSession({ storage: folder, sessionId: 's' })
        : await readSession({ store, sessionId: 's' })
    // The reason is on record for other processes, and the engine stays that of the last host.
    await expect
      .poll(async () => (await report()).cellList[0], { timeout: 20_000 })
      .toMatchObject({
        state: { type: 'running', waits: [{ type: 'host', reason: expect.stringMatching(/^no host has the engine/) }] },
        engine: { version: '1' },
      })
    expect(await session.terminate('1')).toMatchObject({ type: 'terminated' })
    expect((await report()).engines).toEqual([])
    expect(hosts.started).toEqual(['2'])
  })

  test.each(forV8('prints', ['replay']))(
    'with %s is replayed on another engine with one warning, and its new engine is on record',
    async () => {
      await interrupted(inFolder())
      const warnings: SessionWarning[] = []
      const options: SessionOptions = { engineChange: 'replay', onWarning: (warning) => void warnings.push(warning) }
      {
        await using hosts = new LabelledHosts('2', [])
        const gate = new Gate()
        const session = await resumed(inFolder(), hosts, { ...options, tools: [gate.tool] })
        await gate.called(1)
        expect(warnings).toEqual([{ type: 'engine_changed', cellId: '1', differences: ['version 2 instead of 1'] }])
        expect(readSession({ storage: folder, sessionId: 's' }).engines).toMatchObject([
          { engine: { version: '2' }, cells: 1 },
        ])
        const closed = session.close()
        gate.open('b')
        await closed
      }
      await using hosts = new LabelledHosts('2', [])
      await using session = await resumed(inFolder(), hosts, options)
      expect(textsOf(await session.observe('1'))).toEqual(['a', 'b'])
      expect(warnings).toHaveLength(1)
    },
  )

  test('resumes on hosts of its session only, with that engine, if the session has its own', async () => {
    await interrupted(inFolder())
    await using hosts = new LabelledHosts('2', ['1'])
    await using other = await createSession({ hosts: hosts.pool, isolation: 'process-per-session' })
    {
      await using session = await resumed(inFolder(), hosts, { isolation: 'process-per-session' })
      expect(textsOf(await session.observe('1'))).toEqual(['a', 'b'])
      expect(hosts.running).toEqual(['1', '2', '2'])
    }
    // The hosts of a session end with it.
    await expect.poll(() => hosts.running).toEqual(['2'])
    expect(textsOf(await other.execute('text(1)'))).toEqual(['1'])
  })

  test.each(forV8('prints', ['replay']))(
    'with %s and without onWarning resumes with a warning of the process',
    async () => {
      await interrupted(inFolder())
      const warnings = vi.spyOn(process, 'emitWarning').mockReturnValue()
      onTestFinished(() => warnings.mockRestore())
      await using hosts = new LabelledHosts('2', [])
      await using session = await resumed(inFolder(), hosts, { engineChange: 'replay' })
      expect(textsOf(await session.observe('1'))).toEqual(['a', 'b'])
      const text = 'Cell 1 resumes on another engine than it began on, and fails if it differs: version 2 instead of 1'
      expect(warnings.mock.calls).toEqual([[text, 'CodecellWarning']])
    },
  )

  test.each([
    ['a folder with hosts of this machine', inFolder, 'regions', 'replay'],
    ['a folder with hosts of other machines', inFolder, 'remote', 'wait'],
    ['a shared store with hosts of this machine', inStore, 'regions', 'wait'],
    ['a shared store with hosts of other machines', inStore, 'remote', 'wait'],
  ] as const)('in %s waits or is replayed by default', async (_what, locationOf, engines, expected) => {
    const location = locationOf()
    await interrupted(location)
    await using hosts = new LabelledHosts('2', [], { engines })
    await using session = await resumed(location, hosts, { onWarning: () => undefined })
    const reaction = async (): Promise<string> => {
      const outcome = await session.observe('1', { yieldTimeMs: 0 })
      if (outcome.type !== 'yielded') return outcome.type
      return outcome.waitsForHost === undefined ? 'pending' : 'wait'
    }
    await expect
      .poll(reaction, { timeout: 20_000 })
      .toBe(expected === 'wait' ? 'wait' : perEngine('prints', 'completed', 'missing'))
  })
})

test.each([1, 2, 3, 4])(
  'each cell stays on its engine while hosts of two engines serve, evict and lose cells (seed %i)',
  async (seed) => {
    const random = new SeededRandom(seed)
    await using hosts = new LabelledHosts('1', ['1', '2'], { max: 3, maxCells: 2 })
    const versions = new Map<string, Set<string>>()
    const listener: SessionListener = {
      onEvent: (event) => {
        if (event.type !== 'cell_hosted') return
        const known = versions.get(event.cellId) ?? new Set()
        versions.set(event.cellId, known.add(event.engine?.version ?? ''))
        hosts.version = random.pick(['1', '2'])
      },
    }
    const call = async (): Promise<string> => {
      // The order of the results must not depend on the order of the calls.
      await turnOfTheLoop()
      if (random.below(8) === 0) hosts.cut(random.pick(['1', '2']))
      return 'r'
    }
    await using session = await createSession({
      hosts: hosts.pool,
      tools: [{ name: 'step', call }],
      listeners: [listener],
      evictAfterMs: 0,
      engineChange: 'wait',
    })
    const source = 'for (let n = 0; n < 5; n++) text(await tools.step({}))'
    const outcomes = await Promise.all(
      Array.from({ length: 12 }, () => session.execute(source, { yieldTimeMs: 300_000 })),
    )
    expect(outcomes.map(textsOf)).toEqual(outcomes.map(() => ['r', 'r', 'r', 'r', 'r']))
    expect([...versions.values()].map(({ size }) => size)).toEqual(outcomes.map(() => 1))
    expect(new Set(hosts.started)).toEqual(new Set(['1', '2']))
  },
)

test('a suspect of a crash gets a dedicated host with the engine that it began on', async () => {
  await interrupted(inFolder())
  await using hosts = new LabelledHosts('2', ['1'])
  await using session = await resumed(inFolder(), hosts, {
    tools: [
      {
        name: 'gate',
        idempotent: true,
        call: () => {
          if (hosts.started.length < 3) queueMicrotask(() => hosts.crash('1'))
          return 'b'
        },
      },
    ],
  })
  expect(textsOf(await session.observe('1'))).toEqual(['a', 'b'])
  expect(hosts.started).toEqual(['2', '1', '1'])
})

test.each(forV8('intl', ['a folder']))(
  'a cell in %s resumes with the time zone and the locale that it began with',
  async () => {
    const gate = new Gate()
    const source = `const when = () => new Date(0).toLocaleString() + ' ' + new Date(0).getHours()
const before = when(); await tools.gate({}); text(before); text(when())`
    const options = { storage: folder, sessionId: 's', tools: [gate.tool], engineChange: 'wait' } as const
    {
      await using hosts = createHostPool({ size: 1, timeZone: 'Asia/Tokyo', locale: 'de-DE' })
      const session = await createSession({ ...options, hosts })
      await session.execute(source, { yieldTimeMs: 0 })
      await gate.called(1)
      const closed = session.close()
      gate.open(1)
      await closed
    }
    await using hosts = createHostPool({ size: 1 })
    await using session = await createSession({ ...options, hosts })
    const when = '1.1.1970, 09:00:00 9'
    expect(textsOf(await session.observe('1'))).toEqual([when, when])
    expect(textsOf(await session.execute('text(new Date(0).getHours())'))).toEqual(['0'])
  },
)
