import { once } from 'node:events'
import { createServer as createHttpsServer } from 'node:https'
import type { Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { remoteHosts, type CellOutcome, type Session } from '../../src/index.ts'
import { isRecord } from '../../src/protocol/json.ts'
import { maxUnsentBytes } from '../../src/protocol/transport.ts'
import { RemotePlacer } from '../../src/remote/node/remote-placer.ts'
import { LaterHosts } from '../hostile/host-death/host-processes.ts'
import { Gate } from '../support/gate.ts'
import { Certificates, type Pem } from '../support/links/certificates.ts'
import { portOf } from '../support/links/port-of.ts'
import { textsOf } from '../support/texts.ts'
import { EventWatch } from '../session/following/event-watch.ts'
import { hello, isType, RawNode } from './raw-node.ts'
import { RemoteSession, TestSupervisor } from './test-supervisor.ts'

const longYieldTime = { yieldTimeMs: 300_000 }

let certificates: Certificates
let pem: Pem

beforeAll(() => {
  certificates = new Certificates()
  pem = certificates.make()
})
afterAll(() => certificates[Symbol.dispose]())

function keyOf(input: unknown): unknown {
  return isRecord(input) ? input['key'] : null
}

function run(session: Session, source: string): Promise<CellOutcome> {
  return session.execute(source, longYieldTime)
}

describe('a remote host', () => {
  test('ends an endless loop by termination, and by its limit of CPU time', async () => {
    await using supervisor = await TestSupervisor.start(pem)
    const options = { addresses: [supervisor.address], tls: pem, size: 1 }
    await using remote = await RemoteSession.start(options, { limits: { maxCpuMsPerCell: 300 } })
    expect(await run(remote.session, 'for (;;) {}')).toMatchObject({ type: 'failed', limit: 'cpu_ms' })
    await using patient = await RemoteSession.start({ ...options, tls: pem })
    await patient.session.execute('for (;;) {}', { yieldTimeMs: 0 })
    expect(await patient.session.terminate('1')).toMatchObject({ type: 'terminated' })
    expect(textsOf(await run(patient.session, 'text("next")'))).toEqual(['next'])
    expect(supervisor.problems).toEqual([])
  })

  test('fails a cell that exceeds its memory, by the reports of the supervisor', async () => {
    await using supervisor = await TestSupervisor.start(pem)
    const options = { addresses: [supervisor.address], tls: pem, size: 1, memoryMb: 64 }
    await using remote = await RemoteSession.start(options, { limits: { maxMemoryMbPerCell: 64 } })
    const bomb = 'const all = []; for (;;) all.push(new Intl.DateTimeFormat("en"))'
    expect(await run(remote.session, bomb)).toMatchObject({ type: 'failed', limit: 'memory' })
    expect(textsOf(await run(remote.session, 'text("next")'))).toEqual(['next'])
  })

  test('passes results and output of several megabytes', async () => {
    await using supervisor = await TestSupervisor.start(pem)
    const tools = [{ name: 'large', call: (input: unknown) => 'é'.repeat(Number(keyOf(input))) }]
    await using remote = await RemoteSession.start({ addresses: [supervisor.address], tls: pem, size: 1 }, { tools })
    const source = `const results = await Promise.all([1, 2, 3].map((n) => tools.large({ key: n * 1e6 })))
      text(results.map((result) => result.length).join()); text(results.join(""))`
    const [lengths, all = ''] = textsOf(await run(remote.session, source))
    expect([lengths, all.length, new Set(all).size]).toEqual(['1000000,2000000,3000000', 6_000_000, 1])
  })

  test('that does not read makes results wait in the session', async () => {
    await using supervisor = await TestSupervisor.start(pem)
    const later = new LaterHosts()
    const gate = new Gate()
    const options = { addresses: [supervisor.address], tls: pem, size: 1 }
    await using remote = await RemoteSession.start(options, { tools: [gate.tool] })
    const count = 40
    const source = `text((await Promise.all(Array.from({ length: ${count} }, () => tools.gate({})))).join("").length)`
    const end = run(remote.session, source)
    await gate.called(count)
    const [pid = 0] = later.pids
    process.kill(pid, 'SIGSTOP')
    const before = process.memoryUsage().external
    for (let index = 0; index < count; index++) gate.open('x'.repeat(1024 * 1024))
    await new Promise((resolve) => setImmediate(resolve))
    expect(process.memoryUsage().external - before).toBeLessThan(6 * maxUnsentBytes)
    process.kill(pid, 'SIGCONT')
    expect(textsOf(await end)).toEqual([String(count * 1024 * 1024)])
    expect(gate.calls).toHaveLength(count)
  })

  test('that is killed is reported, and its cells resume on another one with each call made once', async () => {
    await using supervisor = await TestSupervisor.start(pem)
    const later = new LaterHosts()
    const gate = new Gate()
    const options = { addresses: [supervisor.address], tls: pem, size: 1 }
    await using remote = await RemoteSession.start(options, { tools: [gate.tool] })
    const ends = ['a', 'b', 'c'].map((key) => run(remote.session, `text(await tools.gate({ key: "${key}" }))`))
    await gate.called(3)
    expect(later.kill()).toBe(1)
    while (gate.open('done'));
    expect((await Promise.all(ends)).map(textsOf)).toEqual([['done'], ['done'], ['done']])
    expect(gate.keys.toSorted()).toEqual(['a', 'b', 'c'])
  })

  test('has the strict profile when the pool or the supervisor asks for it', async () => {
    await using supervisor = await TestSupervisor.start(pem, { strictOnly: true })
    const options = { addresses: [supervisor.address], tls: pem, size: 1 }
    await expect(RemoteSession.start(options)).rejects.toMatchObject({
      code: 'HOST_START_FAILED',
      message: expect.stringContaining('it refuses this node: expected the profile "strict", got "default"'),
    })
    await using remote = await RemoteSession.start({ ...options, profile: 'strict' })
    expect(textsOf(await run(remote.session, 'text(typeof WebAssembly)'))).toEqual(['undefined'])
  })

  test('has the time zone and the locale of its pool', async () => {
    await using supervisor = await TestSupervisor.start(pem)
    const region = { timeZone: 'Asia/Tokyo', locale: 'de-DE' }
    await using remote = await RemoteSession.start({ addresses: [supervisor.address], tls: pem, size: 1, ...region })
    const source = 'text(new Date(0).getHours() + " " + (1.5).toLocaleString())'
    expect(textsOf(await run(remote.session, source))).toEqual(['9 1,5'])
  })
})

describe('a supervisor', () => {
  test('ends the process of a link that ends', async () => {
    await using supervisor = await TestSupervisor.start(pem)
    const later = new LaterHosts()
    using node = new RawNode(supervisor.supervisor.port, pem)
    node.send(hello)
    await node.message(isType('accepted'))
    node.socket.destroy()
    await expect.poll(() => [supervisor.used, later.pids.length]).toEqual([0, 0])
  })

  test('bounds the slots of all tenants and of each, and takes the tenant from the certificate', async () => {
    await using supervisor = await TestSupervisor.start(pem, { slots: 3, tenantSlots: 2 })
    const { port } = supervisor.supervisor
    const acme = certificates.make({ names: ['URI:urn:codecell:tenant:acme', 'IP:127.0.0.1'] })
    await using nodes = new AsyncDisposableStack()
    const ask = async (tls: Pem, tenant: string): Promise<unknown> => {
      const node = nodes.use(new RawNode(port, tls))
      node.send({ ...hello, tenant })
      await Promise.race([node.closed, node.message(isType('accepted'))])
      return node.messages[0]
    }
    expect(await ask(acme, '')).toMatchObject({ type: 'accepted', used: 1 })
    expect(await ask(acme, 'acme')).toMatchObject({ type: 'accepted', used: 2 })
    expect(await ask(acme, '')).toEqual({
      type: 'busy',
      reason: 'the 2 slots of tenant "acme" are in use',
      used: 2,
      slots: 3,
    })
    expect(await ask(acme, 'other')).toEqual({
      type: 'refused',
      reason: 'expected the tenant "acme" of the certificate, got "other"',
    })
    expect(await ask(pem, 'other')).toMatchObject({ type: 'accepted', used: 3 })
    expect(await ask(pem, 'third')).toMatchObject({ type: 'busy', reason: 'its 3 slots are in use' })
  })

  test('uses renewed certificates for later connections', async () => {
    await using supervisor = await TestSupervisor.start(certificates.make({ isForeign: true }))
    const start = (): Promise<RemoteSession> =>
      RemoteSession.start({ addresses: [supervisor.address], tls: pem, size: 1 })
    await expect(start()).rejects.toMatchObject({ code: 'HOST_START_FAILED' })
    supervisor.supervisor.setTls(pem)
    await using remote = await start()
    expect(textsOf(await run(remote.session, 'text("renewed")'))).toEqual(['renewed'])
  })

  test('that is full makes the next one serve, and cells wait when all are full', async () => {
    await using first = await TestSupervisor.start(pem, { slots: 1 })
    await using second = await TestSupervisor.start(pem, { slots: 1 })
    const options = { addresses: [first.address, second.address], tls: pem, min: 1, max: 3, maxCells: 1 }
    const gate = new Gate()
    await using remote = await RemoteSession.start(options, { tools: [gate.tool] })
    const busy = 'text("runs"); for (;;) {}'
    for (let cell = 0; cell < 2; cell++) void remote.session.execute(busy, { yieldTimeMs: 0 })
    await expect.poll(() => [first.used, second.used]).toEqual([1, 1])
    const third = run(remote.session, 'text("third")')
    await expect.poll(() => remote.warnings.length).toBeGreaterThan(0)
    expect(remote.warnings[0]).toMatch(
      /^Cannot start a host: the supervisors of its hosts have no free slot: .*: its 1 slots are in use; /,
    )
    await remote.session.terminate('1')
    expect(textsOf(await third)).toEqual(['third'])
    await remote.session.terminate('2')
  })

  test('that drains makes its waiting cells resume elsewhere, lets others finish, and ends when it is empty', async () => {
    await using draining = await TestSupervisor.start(pem)
    await using other = await TestSupervisor.start(pem)
    const addresses = [draining.address]
    const gate = new Gate()
    const watch = new EventWatch()
    await using remote = await RemoteSession.start(
      { addresses: () => addresses, tls: pem, size: 1 },
      { tools: [gate.tool], listeners: [watch] },
    )
    const waiting = run(remote.session, 'text(await tools.gate({ key: "waits" }))')
    await gate.called(1)
    const computing = run(
      remote.session,
      'text(await tools.gate({ key: "computes" })); for (let i = 0; i < 2e8; i++); text("finished")',
    )
    await gate.called(2)
    gate.open('computing', 'computes')
    await watch.waitFor('cell_emitted 2', 1)
    addresses.splice(0, 1, other.address)
    const drained = draining.supervisor.drain(60_000)
    await watch.waitFor('cell_evicted 1', 1)
    gate.open('elsewhere')
    expect(textsOf(await waiting)).toEqual(['elsewhere'])
    expect(other.used).toBe(1)
    await drained
    expect(textsOf(await computing)).toEqual(['computing', 'finished'])
    expect([watch.count('cell_evicted 2'), watch.count('cell_revived 2'), gate.calls.length]).toEqual([0, 0, 2])
  })

  test('that has drained for too long ends its hosts, and their cells resume elsewhere', async () => {
    await using draining = await TestSupervisor.start(pem)
    await using other = await TestSupervisor.start(pem)
    const addresses = [draining.address]
    await using remote = await RemoteSession.start(
      { addresses: () => addresses, tls: pem, size: 1 },
      { limits: { maxCpuMsPerCell: 600_000 } },
    )
    await remote.session.execute('text("endless"); for (;;) {}', { yieldTimeMs: 0 })
    addresses.splice(0, 1, other.address)
    await draining.supervisor.drain(100)
    await expect.poll(() => other.used).toBe(1)
    expect(await remote.session.terminate('1')).toMatchObject({ type: 'terminated' })
  })
})

/** Returns the reason why a host cannot be placed, after one attempt. */
async function startFailure(options: {
  readonly addresses: readonly string[]
  readonly tls: Pem | null
}): Promise<string> {
  const { addresses, tls } = options
  const init = { addresses: () => addresses, tls: () => tls, tenant: '', onWarning: () => undefined }
  const needs = { profile: 'default', memoryMb: 64, timeZone: 'UTC', locale: 'en-US' } as const
  const end = await new RemotePlacer(init).place(needs).ended
  return end.type === 'unreachable' ? `${end.reason}: ${end.detail}` : end.type
}

async function listen(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return portOf(server)
}

describe('a node reports', () => {
  const cases: readonly (readonly [what: string, wish: Parameters<Certificates['make']>[0], reason: RegExp])[] = [
    [
      'an expired certificate of the supervisor',
      { validity: ['20200101000000Z', '20210101000000Z'] },
      /its certificate is not valid: it has expired/,
    ],
    [
      'a certificate of the future',
      { validity: ['21000101000000Z', '21010101000000Z'] },
      /its certificate is not valid: it is not valid yet/,
    ],
    [
      'a certificate of another authority',
      { isForeign: true },
      /its certificate is not valid: it is not signed by a trusted authority/,
    ],
    [
      'a certificate for another name',
      { names: ['DNS:other.example'] },
      /its certificate is not valid: it is for another host name/,
    ],
    ['a certificate for clients', { usage: 'clientAuth' }, /its certificate is not valid: it is for another purpose/],
  ]
  test.each(cases)('as a problem of the supervisor: %s', async (_, wish, reason) => {
    await using supervisor = await TestSupervisor.start(certificates.make(wish))
    expect(await startFailure({ addresses: [supervisor.address], tls: pem })).toMatch(reason)
    expect(supervisor.used).toBe(0)
  })

  test.each([
    [
      'an expired certificate',
      { validity: ['20200101000000Z', '20210101000000Z'] },
      /it refuses this node: .*: it has expired/,
    ],
    [
      'a certificate of another authority',
      { isForeign: true },
      /it refuses this node: .*: it is not signed by a trusted authority/,
    ],
    ['a certificate for servers', { usage: 'serverAuth' }, /it refuses this node: .*: it is for another purpose/],
  ] as const)('that its own certificate is %s', async (_, wish, reason) => {
    await using supervisor = await TestSupervisor.start(pem)
    const own = { ...certificates.make({ ...wish }), ca: pem.ca }
    expect(await startFailure({ addresses: [supervisor.address], tls: own })).toMatch(reason)
    expect(supervisor.problems[0]).toMatch(/expected a valid certificate of the node/)
  })

  test('a supervisor without TLS', async () => {
    await using supervisor = await TestSupervisor.start(null)
    expect(await startFailure({ addresses: [supervisor.address], tls: pem })).toMatch(
      /the other end does not use TLS|ended the connection|cannot connect/,
    )
  })

  test('a supervisor with TLS, when it uses none', async () => {
    await using supervisor = await TestSupervisor.start(pem)
    await expect(RemoteSession.start({ addresses: [supervisor.address], tls: null })).rejects.toMatchObject({
      code: 'HOST_START_FAILED',
    })
  })

  test('another protocol at the port', async () => {
    const { cert, key } = pem
    const web = createHttpsServer({ cert, key }, (_, response) => response.end('hello'))
    const addresses = [`127.0.0.1:${await listen(web)}`]
    expect(await startFailure({ addresses, tls: pem })).toMatch(
      /expected a supervisor of codecell at this address|ended the connection/,
    )
    web.close()
  })

  test('names that cannot be resolved, and an empty list', async () => {
    expect(await startFailure({ addresses: ['host.invalid:7700'], tls: pem })).toMatch(
      /cannot be reached: host\.invalid:7700: /,
    )
    expect(await startFailure({ addresses: [], tls: pem })).toContain('the list of addresses is empty')
  })
})

test('cells wait while no supervisor can be reached, and resume when one is', async () => {
  const addresses = ['127.0.0.1:1']
  await using supervisor = await TestSupervisor.start(pem)
  addresses.splice(0, 1, supervisor.address)
  const gate = new Gate()
  await using remote = await RemoteSession.start(
    { addresses: () => addresses, tls: pem, size: 1 },
    { tools: [gate.tool] },
  )
  void remote.session.execute('text(await tools.gate({}))', { yieldTimeMs: 0 })
  await gate.called(1)
  addresses.splice(0, 1, '127.0.0.1:1')
  await supervisor[Symbol.asyncDispose]()
  gate.open('kept')
  await expect.poll(() => remote.warnings.length).toBe(1)
  expect(remote.warnings).toEqual([
    'Cannot start a host: the supervisors of its hosts cannot be reached: 127.0.0.1:1: cannot connect: connect ECONNREFUSED 127.0.0.1:1',
  ])
  expect(await remote.session.observe('1', { yieldTimeMs: 0 })).toMatchObject({
    type: 'yielded',
    waitsForHost: 'the supervisors of its hosts cannot be reached',
  })
  await using next = await TestSupervisor.start(pem)
  addresses.splice(0, 1, next.address)
  expect(textsOf(await remote.session.observe('1', longYieldTime))).toEqual(['kept'])
})

test('all addresses of a name are tried', async () => {
  const named = certificates.make({ names: ['DNS:localhost'] })
  await using supervisor = await TestSupervisor.start(named)
  const addresses = [`localhost:${supervisor.supervisor.port}`]
  await using remote = await RemoteSession.start({ addresses, tls: named, size: 1 })
  expect(textsOf(await run(remote.session, 'text("found")'))).toEqual(['found'])
})

test('plain TCP works on a loopback address', async () => {
  await using supervisor = await TestSupervisor.start(null)
  await using remote = await RemoteSession.start({ addresses: [supervisor.address], tls: null, size: 1 })
  expect(textsOf(await run(remote.session, 'text("plain")'))).toEqual(['plain'])
})

describe('remoteHosts() rejects', () => {
  test.each([
    ['no address', { addresses: [] }, 'expected one or more addresses, or a function'],
    ['an address without a port', { addresses: ['hosts.internal'] }, 'expected HOST:PORT'],
    ['an unknown option', { address: 'a:1' }, 'did you mean "addresses"?'],
    ['an option of a session', { limits: {} }, 'it belongs to createSession'],
    ['plain TCP to another machine', { tls: null, addresses: ['10.0.0.1:7700'] }, 'not on this machine'],
    ['a tenant that is no name', { tenant: 'a b' }, 'expected 1 to 100 letters, digits'],
    [
      'a certificate that is not in PEM',
      { tls: { cert: 'x', key: 'y', ca: 'z' } },
      'Cannot use the certificates of option "tls"',
    ],
    ['certificates without a key', { tls: { cert: 'x', ca: 'z' } }, 'option "tls.key"'],
    ['a wrong size', { size: 0 }, 'expected a size from 1 to 64'],
  ])('options with %s', (_, options, expected) => {
    const given: object = { addresses: ['127.0.0.1:1'], tls: pem, ...options }
    expect(() => Reflect.apply(remoteHosts, null, [given])).toThrow(expected)
  })

  test('a key of another certificate', () => {
    const { key } = certificates.make()
    expect(() => remoteHosts({ addresses: ['127.0.0.1:1'], tls: { ...pem, key } })).toThrow(/key values mismatch/)
  })
})

test.each([
  [{ slots: 0 }, 'expected slots from 1 to 10,000, got 0'],
  [{ slots: 2, tenantSlots: 3 }, 'expected tenantSlots from 1 to 2, got 3'],
  [{ memoryMb: 8 }, 'expected memoryMb from 32 to 4,096, got 8'],
  [{ silenceMs: 1 }, 'expected silenceMs from 100 to 3,600,000, got 1'],
  [{ listen: '7700' }, 'Cannot use listen "7700": expected HOST:PORT'],
  [{ listen: '192.0.2.1:0' }, 'Cannot listen on 192.0.2.1:0'],
  [{ listen: '0.0.0.0:0', tls: null }, 'Cannot listen on 0.0.0.0:0 without TLS: expected a loopback address'],
])('startSupervisor() rejects %j', async (options, expected) => {
  await expect(TestSupervisor.start(pem, options)).rejects.toThrow(expected)
})
