import { describe, expect, test } from 'vitest'
import { callContext } from '../../../test/fixtures/call-context.ts'
import { ScriptedHttpServer, type HttpReply } from '../../../test/fixtures/scripted-http-server.ts'
import { connectMcpServers, type McpServers } from './mcp-servers.ts'

const stream = { 'content-type': 'text/event-stream' }
const result = '{"jsonrpc":"2.0","id":$ID,"result":{"content":["late"]}}'
const late = { content: [{ type: 'text', text: 'late' }] }

async function connect(http: ScriptedHttpServer): Promise<McpServers> {
  const url = `http://127.0.0.1:${await http.listen()}/mcp`
  const servers = await connectMcpServers([{ type: 'http', name: 's', url, headers: { 'x-own': 'mine' } }])
  expect(servers.failures).toEqual([])
  return servers
}

async function call(servers: McpServers, name: string, input: HttpReply = {}): Promise<unknown> {
  return await servers.tools.find((tool) => tool.name === name)?.call(input, callContext())
}

function count(http: ScriptedHttpServer, method: string): number {
  return http.received.filter((received) => received === method).length
}

function gets(http: ScriptedHttpServer): number {
  return http.requests.filter(({ method }) => method === 'GET').length
}

describe('the stream of a session', () => {
  test('brings list_changed, also after a proxy has cut it, and lists what was missed', async () => {
    await using http = new ScriptedHttpServer()
    http.streamStatus = 200
    await using servers = await connect(http)
    await expect.poll(() => http.streams.size).toBe(1)
    http.tools = ['reply', 'echo', 'announced']
    for (const open of http.streams)
      open.write('data: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n\n')
    await expect.poll(() => servers.tools.map(({ name }) => name)).toContain('announced')
    // No notification about this change.
    http.tools = ['reply', 'echo', 'missed']
    for (const open of http.streams) open.destroy()
    await expect.poll(() => servers.tools.map(({ name }) => name), { timeout: 5000 }).toContain('missed')
    expect(http.streams.size).toBe(1)
    expect(count(http, 'initialize')).toBe(1)
  })

  test('that answers 404 after it was open shows that the session is forgotten', async () => {
    await using http = new ScriptedHttpServer()
    http.streamStatus = 200
    await using servers = await connect(http)
    await expect.poll(() => http.streams.size).toBe(1)
    http.forgetSessions()
    for (const open of http.streams) open.destroy()
    await expect.poll(() => count(http, 'initialize'), { timeout: 5000 }).toBe(2)
    await expect.poll(() => http.streams.size).toBe(1)
    expect(await call(servers, 'echo')).toMatchObject({ content: [{ text: 'echo' }] })
  })

  test('stays open while a call gets a new session', async () => {
    await using http = new ScriptedHttpServer()
    http.streamStatus = 200
    await using servers = await connect(http)
    await expect.poll(() => http.streams.size).toBe(1)
    http.forgetSessions()
    expect(await call(servers, 'echo')).toMatchObject({ content: [{ text: 'echo' }] })
    expect(count(http, 'initialize')).toBe(2)
    http.tools = ['reply', 'echo', 'announced']
    await expect.poll(() => http.streams.size).toBe(1)
    for (const open of http.streams)
      open.write('data: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n\n')
    await expect.poll(() => servers.tools.map(({ name }) => name)).toContain('announced')
  })

  test.each([400, 404, 405, 501])('that a server refuses with %i is not asked for again', async (status) => {
    await using http = new ScriptedHttpServer()
    http.streamStatus = status
    await using servers = await connect(http)
    await expect.poll(() => gets(http)).toBe(1)
    expect(await call(servers, 'echo')).toMatchObject({ content: [{ text: 'echo' }] })
    expect([gets(http), count(http, 'initialize')]).toEqual([1, 1])
  })
})

describe('the stream of a call', () => {
  test('that is cut is resumed from its last event, several times', async () => {
    await using http = new ScriptedHttpServer()
    http.streamStatus = 200
    await using servers = await connect(http)
    http.resumptions.set('one', 'retry: 1\nid: two\ndata:\n\n')
    // The id of the call is the next one of the client.
    http.resumptions.set('two', `id: three\ndata: ${result.replace('$ID', 'null')}\n\n`)
    const reply = { headers: stream, body: 'retry: 1\nid: one\ndata:\n\n', cut: true }
    expect(await call(servers, 'reply', reply)).toEqual(late)
    expect(http.requests.flatMap(({ headers }) => headers['last-event-id'] ?? [])).toEqual(['one', 'two'])
  })

  test('whose resumptions bring nothing settles the call after three attempts', async () => {
    await using http = new ScriptedHttpServer()
    http.streamStatus = 200
    await using servers = await connect(http)
    const reply = { headers: stream, body: 'retry: 1\nid: one\ndata:\n\n' }
    await expect(call(servers, 'reply', reply)).rejects.toMatchObject({ code: 'TOOL_OUTCOME_UNKNOWN' })
    expect(http.requests.filter(({ headers }) => headers['last-event-id'] === 'one').length).toBe(3)
    expect(await call(servers, 'echo')).toMatchObject({ content: [{ text: 'echo' }] })
  })
})

test('every request has the headers of the configuration, the session and the version of the protocol', async () => {
  await using http = new ScriptedHttpServer()
  http.streamStatus = 200
  const servers = await connect(http)
  await call(servers, 'echo')
  await expect.poll(() => gets(http)).toBe(1)
  await servers[Symbol.asyncDispose]()
  const later = http.requests.slice(http.received.indexOf('initialize') + 1)
  expect(new Set(later.map(({ method }) => method))).toEqual(new Set(['POST', 'GET', 'DELETE']))
  for (const { headers } of later) {
    expect(headers).toMatchObject({
      'x-own': 'mine',
      'mcp-session-id': 'session-1',
      'mcp-protocol-version': '2025-06-18',
    })
  }
})

test('connections are used again after responses whose bodies have no meaning', async () => {
  await using http = new ScriptedHttpServer()
  http.closeIdleAfter(200)
  http.streamStatus = 404
  http.notificationReply = { status: 200, body: JSON.stringify('x'.repeat(200_000)) }
  await using servers = await connect(http)
  await expect.poll(() => gets(http)).toBe(1)
  for (let calls = 0; calls < 5; calls++) await call(servers, 'echo')
  await expect.poll(() => http.connections()).toBe(0)
})

test.each([307, 308])('a redirect with %i within the origin is followed, and others name their URL', async (status) => {
  await using http = new ScriptedHttpServer()
  const port = await http.listen()
  await using front = new ScriptedHttpServer()
  const frontPort = await front.listen()
  front.refusal = { status, headers: { location: `http://127.0.0.1:${port}/mcp` }, body: '' }
  const config = { type: 'http', name: 's', url: `http://127.0.0.1:${frontPort}/mcp`, headers: {} } as const
  await using elsewhere = await connectMcpServers([config], { retryStarts: false })
  expect(elsewhere.failures).toEqual([
    { server: 's', message: expect.stringContaining(`Redirect to http://127.0.0.1:${port}/mcp not followed`) },
  ])
  expect(http.received).toEqual([])
  http.redirect = { from: '/moved', status }
  const moved = { ...config, url: `http://127.0.0.1:${port}/moved` }
  await using servers = await connectMcpServers([moved])
  expect(await call(servers, 'echo')).toMatchObject({ content: [{ text: 'echo' }] })
})
