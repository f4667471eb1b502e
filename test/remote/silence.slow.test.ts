import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { childrenOf, LaterHosts } from '../hostile/host-death/host-processes.ts'
import { Certificates, type Pem } from '../support/links/certificates.ts'
import { LinkRelay } from '../support/links/link-relay.ts'
import { portOf } from '../support/links/port-of.ts'
import { hello, isType, RawNode } from './raw-node.ts'
import { SupervisorProcess } from './supervisor-process.ts'
import { RemoteSession, TestSupervisor } from './test-supervisor.ts'

let certificates: Certificates
let pem: Pem

beforeAll(() => {
  certificates = new Certificates()
  pem = certificates.make()
})
afterAll(() => certificates[Symbol.dispose]())

test('a supervisor kills the process of a node that falls silent', async () => {
  await using supervisor = await TestSupervisor.start(pem, { silenceMs: 1500 })
  const later = new LaterHosts()
  using node = new RawNode(supervisor.supervisor.port, pem)
  node.send(hello)
  await node.message(isType('accepted'))
  const beat = setInterval(() => node.send({ type: 'alive' }), 100)
  // waits because a process that is killed too early would be killed in this time
  await new Promise((resolve) => setTimeout(resolve, 3000))
  expect([supervisor.used, later.pids.length]).toEqual([1, 1])
  clearInterval(beat)
  await node.closed
  await expect.poll(() => [supervisor.used, later.pids.length]).toEqual([0, 0])
  expect(supervisor.problems).toEqual([expect.stringContaining('the node fell silent')])
})

test('a node reports a supervisor that does not reply', async () => {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const addresses = [`127.0.0.1:${portOf(silent)}`]
  const started = RemoteSession.start({ addresses, tls: pem })
  await expect(started).rejects.toMatchObject({
    message: expect.stringContaining('expected a connection within 2000 ms'),
  })
  silent.close()
})

test('after a silent partition, cells resume elsewhere within seconds, and the process that was cut off ends', async () => {
  await using supervisor = await SupervisorProcess.start(certificates.flags)
  await using relay = await LinkRelay.start(supervisor.port)
  const keys: string[] = []
  const echo = (input: unknown): string => {
    if (keys.push(JSON.stringify(input)) === 20) relay.cut('silence')
    return 'ok'
  }
  const options = { addresses: [`127.0.0.1:${relay.port}`], tls: pem, size: 1 }
  await using remote = await RemoteSession.start(options, { tools: [{ name: 'echo', call: echo }] })
  const source = 'for (let i = 0; i < 40; i++) text(await tools.echo({ i }))'
  const startedAt = performance.now()
  const end = remote.session.execute(source, { yieldTimeMs: 300_000 })
  const outcome = await end
  expect(outcome).toMatchObject({ type: 'completed' })
  expect(performance.now() - startedAt).toBeLessThan(15_000)
  expect(keys).toEqual(Array.from({ length: 40 }, (_, i) => JSON.stringify({ i })))
  expect(childrenOf(supervisor.pid)).toHaveLength(2)
  await expect.poll(() => childrenOf(supervisor.pid), { timeout: 30_000 }).toHaveLength(1)
})
