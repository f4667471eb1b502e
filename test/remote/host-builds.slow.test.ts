import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { createSession, type Session, type SessionListener, type SessionOptions } from '../../src/index.ts'
import { packageVersion } from '../../src/installation/package-version.ts'
import type { EnginePrint } from '../../src/protocol/engine-print.ts'
import { startBuildTransport } from '../../src/session/hosts/process/child-transport.ts'
import { createPlacedPool } from '../../src/session/hosts/create-host-pool.ts'
import { newFolder } from '../support/folder.ts'
import { Gate } from '../support/gate.ts'
import { textsOf } from '../support/texts.ts'
import { isType, RawNode } from './raw-node.ts'
import { olderBuild } from './older-build.ts'
import { SupervisorProcess } from './supervisor-process.ts'
import { RemoteSession, TestSupervisor } from './test-supervisor.ts'

let folder = ''
let older = ''
beforeEach(() => {
  folder = newFolder()
  older = olderBuild()
})

/** The engines of the hosts of all cells, by cell. */
class EngineWatch implements SessionListener {
  readonly engines: (readonly [cellId: string, engine: EnginePrint | null])[] = []

  readonly onEvent: SessionListener['onEvent'] = (event) => {
    if (event.type === 'cell_hosted') this.engines.push([event.cellId, event.engine])
  }

  of(cellId: string): readonly (string | undefined)[] {
    return this.engines.filter(([id]) => id === cellId).map(([, engine]) => engine?.prelude)
  }
}

const waiting = 'text(await tools.gate({})); text("end")'

/** Starts a cell on a host of a build, closes its session, and returns the prelude of its engine. */
async function interrupted(build: string, profile: 'default' | 'strict' = 'default'): Promise<string> {
  const program = join(build, 'dist', 'host', 'main.js')
  const place = (needs: Parameters<typeof startBuildTransport>[0]): ReturnType<typeof startBuildTransport> =>
    startBuildTransport(needs, { program, node: process.execPath })
  await using hosts = createPlacedPool({ place }, { size: 1, warmIsolates: 1, profile })
  const gate = new Gate()
  const watch = new EngineWatch()
  const session = await createSession({ ...stored(), hosts, tools: [gate.tool], listeners: [watch] })
  await session.execute(waiting, { yieldTimeMs: 0 })
  await gate.called(1)
  const closed = session.close()
  gate.open('received')
  await closed
  return watch.of('1')[0] ?? ''
}

function stored(): Pick<SessionOptions, 'storage' | 'sessionId'> {
  return { storage: folder, sessionId: 's' }
}

async function waitsForHost(session: Session): Promise<string | null> {
  const outcome = await session.observe('1', { yieldTimeMs: 0 })
  return outcome.type === 'yielded' ? (outcome.waitsForHost ?? null) : outcome.type
}

test.each(['default', 'strict'] as const)(
  'a supervisor runs a cell on the build that it began on, and new cells on its own, with the profile %s',
  async (profile) => {
    const prelude = await interrupted(older, profile)
    await using supervisor = await TestSupervisor.start(null, { builds: [older] })
    const watch = new EngineWatch()
    const options = { addresses: [supervisor.address], tls: null, size: 1, profile }
    await using remote = await RemoteSession.start(options, { ...stored(), listeners: [watch] })
    expect(textsOf(await remote.session.observe('1', { yieldTimeMs: 60_000 }))).toEqual(['received', 'end'])
    expect(textsOf(await remote.session.execute('text("new")', { yieldTimeMs: 60_000 }))).toEqual(['new'])
    expect(watch.of('1')).toEqual([prelude])
    expect(watch.of('2')).toHaveLength(1)
    expect(watch.of('2')).not.toEqual([prelude])
    expect(supervisor.problems).toEqual([])
  },
)

test('a cell waits, with the reason, until a supervisor offers the build that it began on', async () => {
  const prelude = await interrupted(older)
  await using supervisor = await TestSupervisor.start(null, { builds: [olderBuild({ note: 'another' })] })
  const addresses = [supervisor.address]
  const watch = new EngineWatch()
  const options = { addresses: () => addresses, tls: null, size: 1 }
  await using remote = await RemoteSession.start(options, { ...stored(), listeners: [watch] })
  await expect
    .poll(() => waitsForHost(remote.session), { timeout: 30_000 })
    .toMatch(/^no host has the engine that the cell began on \(v8 [\d.]+\S*, [\da-f]{12}\)$/)
  expect(remote.warnings.join('\n')).toMatch(/expected an engine of v8 \S+ \(\w{12}\), v8 \S+ \(\w{12}\); got v8 /)
  expect(textsOf(await remote.session.execute('text("new")', { yieldTimeMs: 60_000 }))).toEqual(['new'])
  await using updated = await TestSupervisor.start(null, { builds: [older] })
  addresses.push(updated.address)
  expect(textsOf(await remote.session.observe('1', { yieldTimeMs: 60_000 }))).toEqual(['received', 'end'])
  expect(watch.of('1')).toEqual([prelude])
})

test('codecell hosts --build offers a build, also by a relative path, and its status lists it', async () => {
  await interrupted(older)
  const builds = ['--build', relative(process.cwd(), older), '--build', olderBuild({ note: 'another' })]
  await using supervisor = await SupervisorProcess.start(['--plain-tcp', ...builds])
  const options = { addresses: [supervisor.address], tls: null, size: 1 }
  await using remote = await RemoteSession.start(options, stored())
  expect(textsOf(await remote.session.observe('1', { yieldTimeMs: 60_000 }))).toEqual(['received', 'end'])
  using node = new RawNode(supervisor.port, null)
  node.send({ type: 'status' })
  const { v8, icu, tz } = process.versions
  const versions = { isolatedVm: expect.stringMatching(/^7\./), v8, icu, tz }
  expect(await node.message(isType('status'))).toMatchObject({
    engines: [
      { ...versions, codecell: packageVersion },
      { ...versions, codecell: '0.0.1' },
      { ...versions, codecell: '0.0.1' },
    ],
  })
})

test('the hosts of a build run on the Node next to it', async () => {
  const bin = join(dirname(older), 'node', 'bin')
  mkdirSync(bin, { recursive: true })
  const started = join(folder, 'started')
  const script = `#!/bin/sh\necho started >> "${started}"\nexec "${process.execPath}" "$@"\n`
  writeFileSync(join(bin, 'node'), script, { mode: 0o755 })
  await interrupted(older)
  await using supervisor = await TestSupervisor.start(null, { builds: [older] })
  await using remote = await RemoteSession.start({ addresses: [supervisor.address], tls: null, size: 1 }, stored())
  expect(textsOf(await remote.session.observe('1', { yieldTimeMs: 60_000 }))).toEqual(['received', 'end'])
  // Once to read its engine, and once for the cell.
  expect(readFileSync(started, 'utf8')).toBe('started\nstarted\n')
})

const unusable: readonly (readonly [what: string, folderOf: () => string, reason: RegExp])[] = [
  ['a folder without a package', () => newFolder(), /expected an installed package of codecell$/],
  [
    'a package without a host program',
    () => {
      const build = olderBuild()
      rmSync(join(build, 'dist', 'host', 'main.js'))
      return build
    },
    /expected an installed package of codecell$/,
  ],
  [
    'a package whose host does not start',
    () => {
      const build = olderBuild()
      writeFileSync(join(build, 'dist', 'host', 'main.js'), 'throw new Error("no such addon")')
      return build
    },
    /Cannot start a host: it exited with code 1: [^]*no such addon/,
  ],
  [
    'a package that is two protocol versions older',
    () => olderBuild({ protocol: 0 }),
    /expected a host with protocol version 1 to 2, got 0; use a nearer version of codecell$/,
  ],
  [
    'a package that is a protocol version newer',
    () => olderBuild({ protocol: 3 }),
    /expected a host with protocol version 1 to 2, got 3; use a nearer version of codecell$/,
  ],
]

test.each(unusable)('a supervisor does not start with %s as a build', async (_what, folderOf, reason) => {
  const build = folderOf()
  await expect(TestSupervisor.start(null, { builds: [build] })).rejects.toMatchObject({
    code: 'INVALID_OPTION',
    message: expect.stringMatching(reason),
    details: { option: 'builds', value: build },
  })
})
