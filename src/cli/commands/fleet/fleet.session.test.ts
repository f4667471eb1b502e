import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { TestSupervisor } from '../../../../test/remote/test-supervisor.ts'
import type { CliResult } from '../../../../test/support/cli.ts'
import { newFolder } from '../../../../test/support/folder.ts'
import { Gate } from '../../../../test/support/gate.ts'
import { sharedHosts } from '../../../../test/support/hosts.ts'
import { runInProcess } from '../../../../test/support/in-process-cli.ts'
import { Certificates } from '../../../../test/support/links/certificates.ts'
import { createSession, type Session } from '../../../index.ts'
import { sqliteStore } from '../../../store.ts'

const hosts = sharedHosts('in-process')
let file = ''
let url = ''
beforeEach(() => {
  file = join(newFolder(), 'store.db')
  url = `sqlite:${file}`
})

const fleet = (...args: readonly string[]): Promise<CliResult> => runInProcess(['fleet', ...args])

/** Returns the lines of a JSON output. */
function linesOf({ out }: CliResult): readonly unknown[] {
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line): unknown => JSON.parse(line))
}

/** Opens a session of a tenant with a cell that runs until the test ends. */
async function openRunning(tenant: string): Promise<Session> {
  const store = sqliteStore(file, { tenant, address: `http://${tenant}` })
  const gate = new Gate()
  const session = await createSession({ store, sessionId: 's', hosts, tools: [gate.tool] })
  onTestFinished(async () => {
    gate.open(null)
    await session.close()
    await store[Symbol.asyncDispose]()
  })
  await session.execute('text(await tools.gate({}))', { yieldTimeMs: 0 })
  await gate.called(1)
  return session
}

test('codecell fleet shows all parts of a store, or one, for all tenants or one', async () => {
  await openRunning('acme')
  await openRunning('bravo')
  const all = await fleet('--store', url)
  expect([all.code, all.err]).toEqual([0, ''])
  for (const text of [/alive +1 +/, /http:\/\/acme/, /acme +1 +1 +1 +0 +0 +-/, 'No session waits', /v8 \S+ +2/]) {
    expect(all.out).toMatch(text)
  }
  expect(all.out.split('\n').filter((line) => line.startsWith('NODE'))).toHaveLength(1)
  expect((await fleet('tenants', '--store', url, '--tenant', 'acme')).out).not.toContain('bravo')
  const [engine] = linesOf(await fleet('engines', '--store', url, '--json'))
  expect(engine).toMatchObject({ type: 'engine', name: `v8 ${process.versions.v8}`, cells: 2 })
  // The process that reads is not in the list.
  expect(linesOf(await fleet('nodes', '--store', url, '--json'))).toMatchObject([
    { type: 'node', address: 'http://acme', sessions: 1 },
    { type: 'node', address: 'http://bravo', sessions: 1 },
  ])
  const fromEnvironment = await runInProcess(['fleet', 'tenants'], { io: { env: { CODECELL_STORE: url } } })
  expect(fromEnvironment.out).toContain('bravo')
})

test('codecell fleet engines ENGINE exits with 1 while the engine has running cells', async () => {
  const session = await openRunning('acme')
  const id = String(Object(linesOf(await fleet('engines', '--store', url, '--json'))[0]).engine)
  const busy = await fleet('engines', id, '--store', url)
  expect([busy.code, busy.out]).toEqual([1, expect.stringContaining(`engine ${id} has 1 running cell`)])
  expect((await fleet('engines', 'f00', '--store', url)).code).toBe(0)
  await session.terminate('1')
  expect(await fleet('engines', id, '--store', url)).toMatchObject({ code: 0, out: 'No cell runs\n' })
})

test('codecell fleet exits with 1 and names work that waits for too long', async () => {
  await openRunning('acme')
  const database = new DatabaseSync(file, { timeout: 5000 })
  database.exec(
    "INSERT INTO sessions SELECT tenant, 'late', 1, NULL, '[]', 0, 1, NULL, NULL, NULL, NULL, NULL FROM sessions",
  )
  database.exec("INSERT INTO wakes (tenant, session, due) VALUES ('acme', 'late', 1)")
  database.close()
  const { code, out } = await fleet('--store', url)
  expect([code, out]).toEqual([
    1,
    expect.stringMatching(/ATTENTION\ntenant "acme": 1 session due, the first \d+ d ago/),
  ])
  expect((await fleet('tenants', '--store', url)).code).toBe(0)
  const never = ['--overdue', String(Number.MAX_SAFE_INTEGER)]
  expect((await fleet('queues', '--store', url, ...never)).code).toBe(0)
})

test('codecell fleet hosts shows supervisors, and exits with 1 when one does not respond', async () => {
  await using supervisor = await TestSupervisor.start(null, { slots: 5 })
  const flags = ['--hosts-at', supervisor.address, '--plain-tcp']
  const ready = await fleet('hosts', ...flags)
  expect([ready.code, ready.out]).toEqual([0, expect.stringMatching(/ready +0 +5 +\d/)])
  // Without a store, the hosts are all there is to show.
  expect((await fleet(...flags)).out).toBe(ready.out)
  const both = await fleet('--hosts-at', `${supervisor.address}, 127.0.0.1:1`, '--plain-tcp', '--json')
  expect(both.code).toBe(1)
  expect(linesOf(both)).toMatchObject([
    { type: 'host', state: 'ready', slots: 5 },
    { type: 'host', state: 'unreachable' },
    { type: 'problem', part: 'hosts', text: expect.stringContaining('127.0.0.1:1 does not respond') },
  ])
})

test('codecell fleet hosts uses the certificates of its flags, and reports those that a supervisor refuses', async () => {
  using certificates = new Certificates()
  await using supervisor = await TestSupervisor.start(certificates.make())
  const ca = join(certificates.folder, 'ca.pem')
  const codes: (readonly [code: number | null, out: string])[] = []
  for (const isForeign of [false, true]) {
    const { cert, key } = certificates.make({ isForeign })
    const files = { cert: join(newFolder(), 'node.pem'), key: join(newFolder(), 'node.key') }
    writeFileSync(files.cert, cert)
    writeFileSync(files.key, key)
    const tls = ['--tls-cert', files.cert, '--tls-key', files.key, '--tls-ca', ca]
    const { code, out } = await fleet('hosts', '--hosts-at', supervisor.address, ...tls)
    codes.push([code, out])
  }
  expect(codes).toEqual([
    [0, expect.stringContaining('ready')],
    [1, expect.stringMatching(/MISCONFIGURED[^]*it refuses this node: expected a valid certificate/)],
  ])
  expect(supervisor.used).toBe(0)
})

test.each([
  [['unknown'], 'Cannot use "unknown" as PART: expected nodes, hosts, tenants, queues or engines'],
  [[], 'Cannot run "codecell fleet": expected --store URL, or CODECELL_STORE'],
  [['nodes', '--hosts-at', '127.0.0.1:1', '--plain-tcp'], 'expected --store URL, or CODECELL_STORE'],
  [['hosts'], 'Cannot run "codecell fleet hosts": expected --hosts-at HOST:PORT'],
  [['--plain-tcp', '--store', 'sqlite:x'], 'Cannot use --plain-tcp without --hosts-at'],
  [['--hosts-at', '127.0.0.1:1'], 'expected --tls-cert, --tls-key and --tls-ca'],
  [['--hosts-at', 'x', '--plain-tcp'], 'expected HOST:PORT'],
  [['nodes', 'abc', '--store', 'sqlite:x'], 'unexpected argument "abc"'],
  [['--store', 'sqlite:/nowhere/x.db'], 'file not found: "/nowhere/x.db"'],
  [['--store', 'mysql://user:secret@x'], 'Cannot use the URL of the store'],
  [['--overdue', '-1', '--store', 'sqlite:x'], '--overdue'],
])('codecell fleet %j exits with 2', async (args, text) => {
  const { code, out, err } = await fleet(...args)
  expect([code, out, err]).toEqual([2, '', expect.stringContaining(text)])
  expect(err).not.toContain('secret')
})

test('codecell fleet --tenant with an invalid name exits with 2', async () => {
  await openRunning('acme')
  expect(await fleet('--store', url, '--tenant', "a'b")).toMatchObject({
    code: 2,
    err: expect.stringContaining('tenant'),
  })
})

test('codecell fleet exits with 4 when the store does not respond', async () => {
  const { code, err } = await fleet('--store', 'postgres://user:secret@127.0.0.1:1/x')
  expect([code, err]).toEqual([4, expect.stringContaining('127.0.0.1:1')])
  expect(err).not.toContain('secret')
})
