import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import {
  createSession,
  engineIdOf,
  openSession,
  type EngineChoice,
  type Session,
  type SessionOptions,
  type SessionWarning,
  type Tool,
} from '../../../src/index.ts'
import { pullSession, pushSession, sqliteStore } from '../../../src/store.ts'
import { newFolder } from '../../support/folder.ts'
import { Gate } from '../../support/gate.ts'
import { runInProcess } from '../../support/in-process-cli.ts'
import { textsOf } from '../../support/texts.ts'
import { NamedHosts, printOf, type Versions } from './named-hosts.ts'

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

const locations: readonly (readonly [what: string, locationOf: () => Location])[] = [
  ['a folder', inFolder],
  ['a shared store', inStore],
]

describe('the engine of a session', () => {
  test.each(['v8', 'quickjs'] as const)('is that of its hosts by default, and with "auto": %s', async (engine) => {
    await using hosts = new NamedHosts(engine)
    for (const choice of [{}, { engine: 'auto' }] as const) {
      await using session = await createSession({ hosts: hosts.pool, ...choice })
      expect(session.engine).toBe(engine)
    }
    expect(hosts.started).toEqual([`${engine} 1`])
  })

  test.each([
    ['quickjs', 'v8'],
    ['v8', 'quickjs'],
  ] as const)('can be %s on hosts whose new cells have %s together with other sessions', async (engine, ofPool) => {
    await using hosts = new NamedHosts(ofPool)
    const engines: (string | undefined)[] = []
    const listener = {
      onEvent: (event: { type: string; engine?: { name: string } | null }) =>
        void (event.type === 'cell_hosted' && engines.push(event.engine?.name)),
    }
    await using session = await createSession({ hosts: hosts.pool, engine, listeners: [listener] })
    await using other = await createSession({ hosts: hosts.pool, listeners: [listener] })
    expect(textsOf(await session.execute('text(1)'))).toEqual(['1'])
    expect(textsOf(await other.execute('text(2)'))).toEqual(['2'])
    expect([session.engine, other.engine, engines]).toEqual([engine, ofPool, [engine, ofPool]])
    expect(hosts.started).toEqual([`${engine} 1`, `${ofPool} 1`])
  })

  test('is kept on hosts of its own', async () => {
    await using hosts = new NamedHosts('v8')
    const options = { hosts: hosts.pool, engine: 'quickjs', isolation: 'process-per-session' } as const
    await using session = await createSession(options)
    await using other = await createSession(options)
    expect([await session.execute('text(1)'), await other.execute('text(2)')].map(textsOf)).toEqual([['1'], ['2']])
    expect(hosts.started).toEqual(['quickjs 1', 'quickjs 1'])
  })

  test('must be that of hosts that have one engine only', async () => {
    await using hosts = new NamedHosts('v8', {}, { engines: 'own' })
    await expect(createSession({ hosts: hosts.pool, engine: 'quickjs' })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: 'Cannot use engine "quickjs" with these hosts: they have V8 only',
      details: { option: 'engine', value: 'quickjs' },
    })
  })

  test.each(['V8', 'quickJS', 'bun', '', null, 1])('cannot be %j', async (engine) => {
    const options: object = { engine }
    await expect(createSession(options)).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  })

  test.each(['v8', 'quickjs'] as const)('survives the crash of a suspect on hosts of %s', async (ofPool) => {
    const engine = ofPool === 'v8' ? 'quickjs' : 'v8'
    await using hosts = new NamedHosts(ofPool)
    let crashes = 0
    const step: Tool = {
      name: 'step',
      idempotent: true,
      call: () => {
        if (crashes++ === 0) queueMicrotask(() => hosts.crash())
        return 'b'
      },
    }
    await using session = await createSession({ hosts: hosts.pool, engine, tools: [step] })
    expect(textsOf(await session.execute('text(await tools.step({})); text(2)', { yieldTimeMs: 60_000 }))).toEqual([
      'b',
      '2',
    ])
    expect([new Set(hosts.started), hosts.started.length > 1]).toEqual([new Set([`${engine} 1`]), true])
  })
})

/** Starts a cell, and closes its session while its second call is not made. */
async function interrupted(location: Location, engine: EngineChoice, versions: Partial<Versions> = {}): Promise<void> {
  await using hosts = new NamedHosts('v8', versions)
  const gate = new Gate()
  const session = await createSession({ ...location, sessionId: 's', hosts: hosts.pool, engine, tools: [gate.tool] })
  await session.execute('text(await tools.gate({})); text(await tools.gate({}))', { yieldTimeMs: 0 })
  await gate.called(1)
  const closed = session.close()
  gate.open('a')
  await closed
}

const calls: unknown[] = []
const second: Tool = { name: 'gate', call: (input) => (calls.push(input), 'b') }

async function resumed(location: Location, hosts: NamedHosts, more: SessionOptions = {}): Promise<Session> {
  calls.length = 0
  return await createSession({ ...location, sessionId: 's', hosts: hosts.pool, tools: [second], ...more })
}

describe('the engine of a stored session', () => {
  describe.each(locations)('in %s', (_what, locationOf) => {
    test.each([
      ['v8', 'quickjs'],
      ['quickjs', 'v8'],
    ] as const)('is %s after a cell began on it, and %s is refused', async (recorded, other) => {
      const location = locationOf()
      await interrupted(location, recorded)
      await using hosts = new NamedHosts(other)
      await expect(resumed(location, hosts, { engine: other })).rejects.toMatchObject({
        code: 'SESSION_INVALID',
        message: expect.stringMatching(
          new RegExp(`^Cannot open session "s" with engine "${other}": .*open it with engine "${recorded}" or "auto"`),
        ),
      })
      for (const engine of [undefined, 'auto', recorded] as const) {
        await using session = await resumed(location, hosts, engine === undefined ? {} : { engine })
        expect(session.engine).toBe(recorded)
        if (engine === recorded) expect(textsOf(await session.observe('1'))).toEqual(['a', 'b'])
      }
      expect(new Set(hosts.started)).toEqual(new Set([`${recorded} 1`]))
    })

    test.each([
      ['v8', 'quickjs'],
      ['quickjs', 'v8'],
    ] as const)('is %s when it was chosen, before a cell began, and %s is refused', async (recorded, other) => {
      const location = locationOf()
      await using hosts = new NamedHosts('v8')
      await (await resumed(location, hosts, { engine: recorded })).close()
      await expect(resumed(location, hosts, { engine: other })).rejects.toMatchObject({ code: 'SESSION_INVALID' })
      await using session = await resumed(location, hosts)
      expect(session.engine).toBe(recorded)
    })

    test('is refused on hosts that cannot have it', async () => {
      const location = locationOf()
      await interrupted(location, 'quickjs')
      await using hosts = new NamedHosts('v8', {}, { engines: 'own' })
      await expect(resumed(location, hosts)).rejects.toMatchObject({ code: 'SESSION_INVALID' })
    })

    test('is that of its hosts when no cell began and none was chosen', async () => {
      const location = locationOf()
      await using v8 = new NamedHosts('v8')
      await (await resumed(location, v8)).close()
      await using hosts = new NamedHosts('quickjs')
      await using session = await resumed(location, hosts)
      expect([session.engine, textsOf(await session.execute('text(1)'))]).toEqual(['quickjs', ['1']])
    })
  })

  test('is kept when the session moves to a shared store and back', async () => {
    await interrupted(inFolder(), 'quickjs')
    const { store } = inStore()
    if (store === undefined) throw new Error('expected a store')
    await pushSession({ storage: folder, store, sessionId: 's' })
    await using hosts = new NamedHosts('v8')
    await expect(resumed({ store }, hosts, { engine: 'v8' })).rejects.toMatchObject({ code: 'SESSION_INVALID' })
    await (await resumed({ store }, hosts)).close()
    const other = newFolder()
    await pullSession({ storage: other, store, sessionId: 's' })
    await expect(resumed({ storage: other }, hosts, { engine: 'v8' })).rejects.toMatchObject({
      code: 'SESSION_INVALID',
    })
    await using session = await resumed({ storage: other }, hosts)
    expect([session.engine, textsOf(await session.observe('1'))]).toEqual(['quickjs', ['a', 'b']])
  })

  test('is read by openSession()', async () => {
    await interrupted(inFolder(), 'quickjs')
    await using hosts = new NamedHosts('quickjs')
    const options = { storage: folder, sessionId: 's', hosts: hosts.pool }
    await expect(openSession({ ...options, engine: 'v8' })).rejects.toMatchObject({ code: 'SESSION_INVALID' })
    await using session = await openSession(options)
    expect(session.engine).toBe('quickjs')
  })
})

describe('a cell that began on QuickJS', () => {
  const text = (here: string): string =>
    `the program cannot resume: it began on the engine quickjs 1, ${engineIdOf(printOf('quickjs', '1'))}, and ${here}`

  test.each([
    ['new cells of the hosts have V8', 'v8'],
    ['new cells of the hosts have QuickJS', 'quickjs'],
  ] as const)('fails on another print, and calls nothing, where cells are replayed: %s', async (_what, engine) => {
    const warnings: SessionWarning[] = []
    await interrupted(inFolder(), 'quickjs')
    await using hosts = new NamedHosts(engine, { quickjs: '2' })
    const onWarning = (warning: SessionWarning): void => void warnings.push(warning)
    await using session = await resumed(inFolder(), hosts, { engineChange: 'replay', onWarning })
    const print = `quickjs 2, ${engineIdOf(printOf('quickjs', '2'))}`
    expect(await session.observe('1', { yieldTimeMs: 60_000 })).toMatchObject({
      type: 'failed',
      errorText: text(`the hosts have ${print}`),
    })
    // New cells of the session run on the engine of the hosts.
    expect(textsOf(await session.execute('text(1)'))).toEqual(['1'])
    expect([calls, warnings]).toEqual([[], []])
    expect(hosts.started).not.toContain('v8 1')
  })

  test.each(locations)('waits for its print where another process can have it, in %s', async (_what, locationOf) => {
    const location = locationOf()
    await interrupted(location, 'quickjs')
    await using hosts = new NamedHosts('quickjs', { quickjs: '2' })
    {
      await using session = await resumed(location, hosts, { engineChange: 'wait' })
      await expect
        .poll(() => session.observe('1', { yieldTimeMs: 0 }), { timeout: 20_000 })
        .toMatchObject({
          type: 'yielded',
          waitsForHost: expect.stringMatching(/the engine that the cell began on \(quickjs 1, /),
        })
    }
    await using earlier = new NamedHosts('quickjs')
    await using session = await resumed(location, earlier)
    expect(textsOf(await session.observe('1'))).toEqual(['a', 'b'])
  })

  test('fails on another print where other machines are asked for its own', async () => {
    await interrupted(inFolder(), 'quickjs')
    await using hosts = new NamedHosts('v8', { quickjs: '2' }, { engines: 'remote' })
    await using session = await resumed(inFolder(), hosts, { engineChange: 'replay' })
    expect(await session.observe('1', { yieldTimeMs: 60_000 })).toMatchObject({
      type: 'failed',
      errorText: text(`the hosts have quickjs 2, ${engineIdOf(printOf('quickjs', '2'))}`),
    })
  })
})

test('a cell that began on V8 is replayed on another version of V8, and never on QuickJS', async () => {
  await interrupted(inFolder(), 'v8')
  await using hosts = new NamedHosts('quickjs', { v8: '2' })
  const warnings: SessionWarning[] = []
  const onWarning = (warning: SessionWarning): void => void warnings.push(warning)
  await using session = await resumed(inFolder(), hosts, { engineChange: 'replay', onWarning })
  expect(textsOf(await session.observe('1', { yieldTimeMs: 60_000 }))).toEqual(['a', 'b'])
  expect(warnings).toEqual([{ type: 'engine_changed', cellId: '1', differences: ['version 2 instead of 1'] }])
  expect(new Set(hosts.started)).toEqual(new Set(['v8 2']))
})

test('codecell cells names the engine of running cells on QuickJS, also while the session is open', async () => {
  await using hosts = new NamedHosts('v8')
  const gate = new Gate()
  const options = { storage: folder, sessionId: 's', hosts: hosts.pool, tools: [gate.tool] }
  await using session = await createSession({ ...options, engine: 'quickjs' })
  await session.execute('text(await tools.gate({}))', { yieldTimeMs: 0 })
  await gate.called(1)
  const { out } = await runInProcess(['cells', 's', '--durable', folder])
  expect(out).toMatch(/\nEngines of its running cells: [\da-f]{12} \(quickjs 1\), 1 cell\n$/)
  gate.open(1)
})
