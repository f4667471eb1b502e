import { expect, test } from 'vitest'
import { startSupervisor } from '../../src/remote/supervisor/start-supervisor.ts'
import { hello, isType, RawNode } from './raw-node.ts'
import { SupervisorProcess } from './supervisor-process.ts'

async function get(address: string, path: string, init: RequestInit = {}): Promise<string> {
  const response = await fetch(`http://${address}${path}`, init)
  return `${response.status} ${(await response.text()).trim()}`
}

test('a supervisor is ready when it can start a host, and not while it drains', async () => {
  await using supervisor = await SupervisorProcess.start(['--plain-tcp', '--health-listen', '127.0.0.1:0'])
  const { run, port } = supervisor
  const [, address = ''] = /Probes on (\S+)/.exec(await run.said('Probes on 127.0.0.1')) ?? []
  await expect.poll(() => get(address, '/readyz')).toBe('200 ready')
  expect(await get(address, '/healthz')).toBe('200 alive')
  using node = new RawNode(port, null)
  node.send(hello)
  await node.message(isType('accepted'))
  run.child.kill('SIGTERM')
  await run.said('Draining 1 hosts')
  expect(await get(address, '/readyz')).toBe('503 draining')
  expect(await get(address, '/healthz')).toBe('200 alive')
  node[Symbol.dispose]()
  expect(await run.result).toMatchObject({ code: 0 })
  await expect(get(address, '/healthz')).rejects.toThrow('fetch failed')
})

test.each<[string, string, string]>([
  ['GET', '/', '404 '],
  ['GET', '/readyz/x', '404 '],
  ['POST', '/readyz', '405 Method not allowed'],
  ['HEAD', '/healthz', '200 '],
])('%s %s on the address for probes receives "%s"', async (method, path, expected) => {
  await using supervisor = await startSupervisor({ listen: '127.0.0.1:0', healthListen: '127.0.0.1:0', tls: null })
  expect(await get(supervisor.healthAddress ?? '', path, { method })).toBe(expected)
})

test('a supervisor whose address for probes is in use does not start, and listens nowhere', async () => {
  await using first = await startSupervisor({ listen: '127.0.0.1:0', healthListen: '127.0.0.1:0', tls: null })
  const healthListen = first.healthAddress ?? ''
  const second = startSupervisor({ listen: '127.0.0.1:0', healthListen, tls: null })
  await expect(second).rejects.toThrow(`Cannot listen on ${healthListen}: listen EADDRINUSE`)
})

test('a supervisor refuses a malformed address for probes', async () => {
  const started = startSupervisor({ listen: '127.0.0.1:0', healthListen: 'localhost', tls: null })
  await expect(started).rejects.toThrow('Cannot use healthListen "localhost": expected HOST:PORT')
})
