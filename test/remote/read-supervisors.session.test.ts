import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { packageVersion } from '../../src/installation/package-version.ts'
import { encodeLinkFrame } from '../../src/protocol/frame.ts'
import { engineVersions } from '../../src/remote/link/engine-versions.ts'
import { readSupervisors } from '../../src/supervisor.ts'
import { Certificates, type Pem } from '../support/links/certificates.ts'
import { portOf } from '../support/links/port-of.ts'
import { hello, isType, RawNode } from './raw-node.ts'
import { TestSupervisor } from './test-supervisor.ts'

const certificates = new Certificates()
let server: Pem
let operator: Pem
beforeAll(() => {
  server = certificates.make()
  operator = certificates.make()
})
afterAll(() => certificates[Symbol.dispose]())

/** Connects a node that has a host, until the test ends. */
async function connectNode({ supervisor }: TestSupervisor, tenant: string, pem: Pem | null): Promise<RawNode> {
  const node = new RawNode(supervisor.port, pem)
  onTestFinished(() => node[Symbol.dispose]())
  node.send({ ...hello, tenant })
  await node.message(isType('accepted'))
  return node
}

const limits = { slots: 3, tenantSlots: 2, memoryMb: 256 }

describe('readSupervisors()', () => {
  test('returns slots, tenants, versions and limits of each supervisor, and uses no slot', async () => {
    await using full = await TestSupervisor.start(server, limits)
    await using empty = await TestSupervisor.start(server, { slots: 4, strictOnly: true })
    for (const tenant of ['bravo', 'acme', 'acme']) await connectNode(full, tenant, operator)
    const port = Number(empty.address.split(':')[1])
    const addresses = [full.address, `localhost:${port}`]
    const reports = await readSupervisors({ addresses, tls: operator })
    const common = { type: 'supervisor', version: packageVersion, isDraining: false, engines: [engineVersions()] }
    expect(reports[0]).toEqual({
      ...common,
      address: full.address,
      name: full.address,
      slots: 3,
      used: 3,
      tenantSlots: 2,
      tenants: [
        { tenant: 'acme', used: 2 },
        { tenant: 'bravo', used: 1 },
      ],
      moreTenants: 0,
      strictOnly: false,
      memoryMb: 256,
    })
    expect(reports.find(({ address }) => address === empty.address)).toMatchObject({
      ...common,
      name: `localhost:${port}`,
      slots: 4,
      used: 0,
      tenantSlots: 4,
      tenants: [],
      strictOnly: true,
    })
    expect([full.used, full.problems]).toEqual([3, []])
  })

  test('returns the slots of its own tenants only, for a certificate that names some', async () => {
    await using supervisor = await TestSupervisor.start(server, limits)
    await connectNode(supervisor, 'acme', operator)
    await connectNode(supervisor, 'bravo', operator)
    const tls = certificates.make({ names: ['URI:urn:codecell:tenant:acme', 'URI:urn:codecell:tenant:other'] })
    const [report] = await readSupervisors({ addresses: [supervisor.address], tls: () => Promise.resolve(tls) })
    expect(report).toMatchObject({ used: 2, tenants: [{ tenant: 'acme', used: 1 }], moreTenants: 0 })
    expect(JSON.stringify(report)).not.toContain('bravo')
  })

  test('gets no status with a certificate that the supervisor does not trust', async () => {
    await using supervisor = await TestSupervisor.start(server, limits)
    const tls = certificates.make({ isForeign: true })
    const reports = await readSupervisors({ addresses: [supervisor.address], tls: { ...tls, ca: server.ca } })
    expect(reports).toEqual([
      {
        type: 'misconfigured',
        address: supervisor.address,
        name: supervisor.address,
        reason: expect.stringContaining('it refuses this node: expected a valid certificate of the node'),
      },
    ])
  })

  test('reports a supervisor that drains until its last host has ended', async () => {
    await using supervisor = await TestSupervisor.start(server, limits)
    const addresses = [supervisor.address]
    const node = await connectNode(supervisor, 'acme', operator)
    const drained = supervisor.supervisor.drain(3_600_000)
    const read = async () => (await readSupervisors({ addresses, tls: operator }))[0]
    expect(await read()).toMatchObject({ isDraining: true, used: 1 })
    using late = new RawNode(supervisor.supervisor.port, operator)
    late.send(hello)
    expect(await late.message(isType('busy'))).toMatchObject({ reason: 'it is draining' })
    // A connection without a host does not delay the end.
    using silent = new RawNode(supervisor.supervisor.port, operator)
    node[Symbol.dispose]()
    await drained
    await silent.closed
    expect(await read()).toMatchObject({ type: 'unreachable' })
  })

  test('gets the status of a supervisor without TLS on loopback, whatever else a request contains', async () => {
    await using supervisor = await TestSupervisor.start(null)
    const { port } = supervisor.supervisor
    using one = new RawNode(port, null)
    one.send({ type: 'status', unknown: 1 })
    expect(await one.message(isType('status'))).toMatchObject({ tenants: [], moreTenants: 0 })
    await one.closed
    expect(one.messages).toHaveLength(1)
  })

  test('reports each address that does not respond, with the reason', async () => {
    const silent = createServer((socket) => void socket.resume())
    const malformed = createServer((socket) => void socket.end(encodeLinkFrame({ type: 'status', version: 1 })))
    const older = createServer((socket) => {
      const reason = 'expected the message "hello" first'
      socket.end(encodeLinkFrame({ type: 'refused', reason }))
    })
    const servers = [silent, malformed, older]
    const addresses: string[] = []
    for (const each of servers) {
      await once(each.listen(0, '127.0.0.1'), 'listening')
      onTestFinished(() => void each.close())
      addresses.push(`127.0.0.1:${portOf(each)}`)
    }
    const reports = await readSupervisors({ addresses: [...addresses, 'name.invalid:1', '127.0.0.1:1'], tls: null })
    expect(reports.map((report) => [report.name, report.type, 'reason' in report ? report.reason : ''])).toEqual([
      [addresses[0], 'unreachable', 'expected a reply to "status" within 2000 ms'],
      [addresses[1], 'misconfigured', expect.stringContaining('"version" is not a string')],
      [addresses[2], 'misconfigured', 'it refuses this node: expected the message "hello" first'],
      ['name.invalid:1', 'unreachable', expect.stringContaining('name.invalid')],
      ['127.0.0.1:1', 'unreachable', expect.stringContaining('cannot connect')],
    ])
  })

  test.each([
    [{ addresses: [], tls: null }, 'expected one or more addresses'],
    [{ addresses: ['x'], tls: null }, 'Cannot use addresses "x": expected HOST:PORT'],
    [{ addresses: ['10.0.0.1:1'], tls: null }, 'Cannot use option "tls" of readSupervisors: expected certificates'],
    [{ addresses: ['127.0.0.1:1'], tls: null, tenant: 'x' }, 'tenant'],
    [{ addresses: ['127.0.0.1:1'] }, 'Cannot use the certificates of option "tls"'],
    [{ addresses: () => ['x'], tls: null }, 'Cannot use addresses "x": expected HOST:PORT'],
  ])('refuses the options %j', async (options, text) => {
    await expect(readSupervisors(Object(options))).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining(text),
    })
  })
})

test('a node with a host cannot ask for the status on the same link', async () => {
  await using supervisor = await TestSupervisor.start(null)
  using node = new RawNode(supervisor.supervisor.port, null)
  node.send(hello)
  await node.message(isType('accepted'))
  node.send({ type: 'status' })
  expect(await node.message(isType('refused'))).toMatchObject({ reason: 'expected one message "hello", got "status"' })
  await expect.poll(() => supervisor.used).toBe(0)
})
