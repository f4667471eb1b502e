import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LaterHosts } from '../hostile/host-death/host-processes.ts'
import { Certificates, type Pem } from '../support/links/certificates.ts'
import { portOf } from '../support/links/port-of.ts'
import { hello, isType, RawNode } from './raw-node.ts'
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
