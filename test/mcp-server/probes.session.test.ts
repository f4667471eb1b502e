import { connect } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { remoteHosts, type HostPool } from '../../src/index.ts'
import { createMcpServer, serveHttp, type McpServerSettings } from '../../src/mcp-server.ts'
import { postgresStore, sqliteStore } from '../../src/store.ts'
import { TestSupervisor } from '../remote/test-supervisor.ts'
import { newFolder } from '../support/folder.ts'
import { sharedHosts } from '../support/hosts.ts'

const hosts = sharedHosts('in-process')

/** Serves with a token, and returns a function that sends a request without one. */
async function serve(
  settings: Omit<McpServerSettings, 'tools'>,
): Promise<{ probe: (path: string, init?: RequestInit) => Promise<string> } & AsyncDisposable> {
  const cleanups = new AsyncDisposableStack()
  const server = cleanups.use(createMcpServer({ tools: [], hosts, ...settings }))
  const http = cleanups.use(await serveHttp(server, { tokens: ['0123456789abcdef'] }))
  return {
    probe: async (path, init) => {
      const response = await fetch(new URL(path, http.url), init)
      return `${response.status} ${(await response.text()).trim()}`
    },
    [Symbol.asyncDispose]: () => cleanups.disposeAsync(),
  }
}

test.each<[string, string, string]>([
  ['GET', '/healthz', '200 alive'],
  ['GET', '/readyz', '200 ready'],
  ['HEAD', '/healthz', '200 '],
  ['HEAD', '/readyz', '200 '],
  ['POST', '/healthz', '405 Method not allowed'],
  ['DELETE', '/readyz', '405 Method not allowed'],
  ['GET', '/healthz/', '404 Not found'],
  ['GET', '/readyz?verbose', '404 Not found'],
  ['GET', '/mcp', '401 Bearer token required'],
])('%s %s without a token receives "%s"', async (method, path, expected) => {
  await using served = await serve({})
  expect(await served.probe(path, { method })).toBe(expected)
})

test('a probe may name the server by any host name, and no page of another origin can read the response', async () => {
  await using server = createMcpServer({ tools: [], hosts })
  await using http = await serveHttp(server, { tokens: ['0123456789abcdef'], corsOrigin: 'https://app.example' })
  const lines = ['GET /readyz HTTP/1.1', 'Host: 10.1.2.3:8080', 'Origin: https://app.example', 'Connection: close']
  const response = await raw(Number(new URL(http.url).port), lines)
  expect(response).toMatch(/^HTTP\/1\.1 200 [^]*\r\n\r\nready\n$/)
  expect(response.toLowerCase()).not.toContain('access-control')
})

test('a server whose store works is ready', async () => {
  await using store = sqliteStore(join(newFolder(), 'sessions.db'))
  await using served = await serve({ store })
  expect(await served.probe('/readyz')).toBe('200 ready')
})

test.each([
  ['a database that refuses connections', () => postgresStore('postgres://agent:secret@127.0.0.1:1/app')],
  ['a file that cannot be opened', () => sqliteStore(join(newFolder(), 'missing', 'sessions.db'))],
])('a server with %s is alive, but not ready, and reveals nothing', async (_, storeOf) => {
  await using store = storeOf()
  await using served = await serve({ store })
  expect(await served.probe('/readyz')).toBe('503 store unreachable')
  expect(await served.probe('/healthz')).toBe('200 alive')
})

test('a server without a host is not ready, until a host can be started', async () => {
  await using supervisor = await TestSupervisor.start(null)
  let addresses = ['127.0.0.1:1']
  await using remote: HostPool = remoteHosts({ addresses: () => addresses, tls: null, warmIsolates: 0 })
  await using served = await serve({ hosts: remote })
  expect(await served.probe('/readyz')).toBe('503 no host')
  addresses = [supervisor.address]
  await expect.poll(() => served.probe('/readyz')).toBe('200 ready')
})

/** Sends raw lines, and returns the whole response. */
async function raw(port: number, lines: readonly string[]): Promise<string> {
  const response = Promise.withResolvers<string>()
  let text = ''
  const socket = connect(port, '127.0.0.1', () => socket.write(`${lines.join('\r\n')}\r\n\r\n`))
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
  socket.once('close', () => response.resolve(text)).once('error', response.reject)
  return await response.promise
}
