import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { expect, test } from 'vitest'
import { inProcessHostPool } from '../../src/in-process.ts'
import type { Tool } from '../../src/index.ts'
import { createMcpServer, serveHttp, type HttpServing } from '../../src/mcp-server.ts'

const greet: Tool = { name: 'greet', description: 'Greets', call: () => 'hello' }

async function connect(http: HttpServing, token: string): Promise<{ client: Client } & AsyncDisposable> {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: 'legacy' } })
  const requestInit = { headers: { authorization: `Bearer ${token}` } }
  await client.connect(new StreamableHTTPClientTransport(new URL(http.url), { requestInit }))
  return { client, [Symbol.asyncDispose]: () => client.close() }
}

async function textOf(client: Client, name: string, input: Record<string, unknown>): Promise<string> {
  const { content } = await client.callTool({ name, arguments: input })
  const texts: { text?: string }[] = JSON.parse(JSON.stringify(content))
  return texts.map(({ text }) => text ?? '').join('\n')
}

test('new tools are told to clients, and programs that start then have them', async () => {
  await using hosts = inProcessHostPool()
  await using server = createMcpServer({ tools: [], hosts })
  await using http = await serveHttp(server, { tokens: ['token'] })
  await using connection = await connect(http, 'token')
  const told = Promise.withResolvers<void>()
  connection.client.setNotificationHandler('notifications/tools/list_changed', () => told.resolve())
  expect(await textOf(connection.client, 'exec', { code: 'text(typeof tools.greet)' })).toMatch(/\nundefined$/)
  server.setTools([greet])
  await told.promise
  expect((await connection.client.listTools()).tools[0]?.description).toContain('greet')
  expect(await textOf(connection.client, 'exec', { code: 'text(await tools.greet({}))' })).toMatch(/\nhello$/)
})

test('a tool that programs cannot call is offered itself; one that needs a yes is not called where nobody can be asked', async () => {
  const tools: Tool[] = [
    { ...greet, allowedCallers: ['direct'] },
    { name: 'guarded', needsApproval: true, call: () => 'done' },
    { name: 'trusted', needsApproval: false, annotations: { destructiveHint: true }, call: () => 'done' },
  ]
  await using hosts = inProcessHostPool()
  await using server = createMcpServer({ tools, hosts })
  await using http = await serveHttp(server, { tokens: ['token'] })
  await using connection = await connect(http, 'token')
  const { client } = connection
  expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['exec', 'wait', 'greet'])
  expect(await textOf(client, 'greet', {})).toBe('hello')
  const code = 'text(typeof tools.greet); text(await tools.trusted({})); text(await tools.guarded({}).catch(String))'
  expect(await textOf(client, 'exec', { code })).toMatch(
    /\nundefined\ndone\nthe call of tool `guarded` was denied: this MCP client cannot ask anybody$/,
  )
})

test('clients are bounded in number, and idle ones go with their cells', async () => {
  await using hosts = inProcessHostPool()
  const stopped = Promise.withResolvers<void>()
  const hang: Tool = {
    name: 'hang',
    call: (_, { signal }) =>
      new Promise(() => {
        signal.addEventListener('abort', () => stopped.resolve())
      }),
  }
  await using server = createMcpServer({ tools: [hang], hosts })
  await using http = await serveHttp(server, { tokens: ['one', 'two'], idleMs: 500, maxClients: 1 })
  const modern = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: { pin: '2026-07-28' } } })
  const requestInit = { headers: { authorization: 'Bearer one' } }
  await modern.connect(new StreamableHTTPClientTransport(new URL(http.url), { requestInit }))
  const code = 'await tools.hang({})'
  await modern.callTool({ name: 'exec', arguments: { code, yield_time_ms: 1 } })
  await expect(connect(http, 'two')).rejects.toThrow()
  await modern.close()
  await stopped.promise
  await using connection = await connect(http, 'two')
  expect(await textOf(connection.client, 'exec', { code: 'text(1)' })).toMatch(/\n1$/)
})

test('an address beyond loopback is not served without a token', async () => {
  await using hosts = inProcessHostPool()
  await using server = createMcpServer({ tools: [], hosts })
  await expect(serveHttp(server, { tokens: [], address: '0.0.0.0' })).rejects.toThrow(
    'Cannot serve 0.0.0.0 without a token: only loopback can do without',
  )
})
