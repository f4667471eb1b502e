import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { expect, test } from 'vitest'
import { createMcpServer, serveHttp } from '../../src/mcp-server.ts'
import { sharedHosts } from '../support/hosts.ts'

const initialize = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'greedy', version: '1' } },
}

async function open(url: string, token: string): Promise<{ readonly status: number; readonly session: string }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify(initialize),
  })
  await response.text()
  return { status: response.status, session: response.headers.get('mcp-session-id') ?? '' }
}

/** A stream that the client keeps open. */
async function listen(url: string, token: string, session: string, signal: AbortSignal): Promise<number> {
  const headers = { authorization: `Bearer ${token}`, accept: 'text/event-stream', 'mcp-session-id': session }
  const response = await fetch(url, { headers: { ...headers, 'mcp-protocol-version': '2025-06-18' }, signal })
  return response.status
}

async function ask(url: string, token: string): Promise<number> {
  const client = new Client({ name: 'modest', version: '1' }, { versionNegotiation: { mode: 'legacy' } })
  const requestInit = { headers: { authorization: `Bearer ${token}` } }
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }))
  const { tools } = await client.listTools()
  await client.close()
  return tools.length
}

test('a client that opens session after session leaves room for the others', async () => {
  await using server = createMcpServer({ tools: [], hosts: sharedHosts('default') })
  await using http = await serveHttp(server, { tokens: ['greedy', 'modest'], maxClients: 10 })
  const opened = []
  for (let n = 0; n < 100; n++) opened.push(await open(http.url, 'greedy'))
  expect(new Set(opened.map(({ status }) => status))).toEqual(new Set([200]))
  expect(await ask(http.url, 'modest')).toBeGreaterThan(0)
})

test('a client that keeps all its sessions busy is refused, and the others are not', async () => {
  await using server = createMcpServer({ tools: [], hosts: sharedHosts('default') })
  await using http = await serveHttp(server, { tokens: ['greedy', 'modest'], maxClients: 10 })
  const end = new AbortController()
  for (let n = 0; n < 5; n++) {
    const { session } = await open(http.url, 'greedy')
    expect(await listen(http.url, 'greedy', session, end.signal)).toBe(200)
  }
  expect((await open(http.url, 'greedy')).status).toBe(503)
  expect(await ask(http.url, 'modest')).toBeGreaterThan(0)
  end.abort()
})

test('a client alone may have all sessions, and the oldest idle one makes room', async () => {
  await using server = createMcpServer({ tools: [], hosts: sharedHosts('default') })
  await using http = await serveHttp(server, { tokens: [], maxClients: 3 })
  const sessions = []
  for (let n = 0; n < 4; n++) sessions.push((await open(http.url, '')).session)
  const end = new AbortController()
  const statuses = []
  for (const session of sessions) statuses.push(await listen(http.url, '', session, end.signal))
  expect(statuses).toEqual([404, 200, 200, 200])
  end.abort()
})
