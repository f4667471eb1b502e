import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Tool } from '../../src/index.ts'
import { createMcpServer, serveHttp, type HttpServing } from '../../src/mcp-server.ts'
import { sharedHosts } from '../support/hosts.ts'
import { negotiation, type Era } from './served.ts'

const hosts = sharedHosts('in-process')

const greet: Tool = { name: 'greet', description: 'Greets', call: () => 'hello' }

async function connect(
  http: HttpServing,
  token: string,
  era: Era = 'legacy',
): Promise<{ client: Client } & AsyncDisposable> {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: negotiation(era) })
  const requestInit = { headers: { authorization: `Bearer ${token}` } }
  await client.connect(new StreamableHTTPClientTransport(new URL(http.url), { requestInit }))
  return { client, [Symbol.asyncDispose]: () => client.close() }
}

async function textOf(client: Client, name: string, input: Record<string, unknown>): Promise<string> {
  const { content } = await client.callTool({ name, arguments: input })
  const texts: { text?: string }[] = JSON.parse(JSON.stringify(content))
  return texts.map(({ text }) => text ?? '').join('\n')
}

test('a client is notified about new tools, and the next program has them', async () => {
  await using server = createMcpServer({ tools: [], hosts })
  await using http = await serveHttp(server, { tokens: ['token'] })
  await using connection = await connect(http, 'token')
  const notified = Promise.withResolvers<void>()
  connection.client.setNotificationHandler('notifications/tools/list_changed', () => notified.resolve())
  expect(await textOf(connection.client, 'exec', { code: 'text(typeof tools.greet)' })).toMatch(/\nundefined$/)
  server.setTools([greet])
  await notified.promise
  expect((await connection.client.listTools()).tools[0]?.description).toContain('greet')
  expect(await textOf(connection.client, 'exec', { code: 'text(await tools.greet({}))' })).toMatch(/\nhello$/)
})

test.each(['data:image/png;name=x.png;base64,AAAA', 'DATA:image/png;base64,AAAA'])(
  'a client receives the image %s as content',
  async (uri) => {
    await using server = createMcpServer({ tools: [], hosts })
    await using http = await serveHttp(server, { tokens: ['token'] })
    await using connection = await connect(http, 'token')
    const { content } = await connection.client.callTool({ name: 'exec', arguments: { code: `image("${uri}")` } })
    expect(content).toEqual([
      expect.objectContaining({ type: 'text' }),
      { type: 'image', mimeType: 'image/png', data: 'AAAA' },
    ])
  },
)

test('a client is offered the tools that programs cannot call, and its calls that need an approval are denied when it cannot ask', async () => {
  const tools: Tool[] = [
    { ...greet, allowedCallers: ['direct'] },
    { name: 'guarded', needsApproval: 'ask', call: () => 'done' },
    { name: 'trusted', needsApproval: 'allow', annotations: { destructiveHint: true }, call: () => 'done' },
  ]
  await using server = createMcpServer({ tools, hosts })
  await using http = await serveHttp(server, { tokens: ['token'] })
  await using connection = await connect(http, 'token')
  const { client } = connection
  expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['exec', 'wait', 'greet'])
  expect(await textOf(client, 'greet', {})).toBe('hello')
  const code = 'text(typeof tools.greet); text(await tools.trusted({})); text(await tools.guarded({}).catch(String))'
  expect(await textOf(client, 'exec', { code })).toMatch(
    /\nundefined\ndone\nthe call of tool `guarded` was denied: this MCP client cannot ask its user$/,
  )
})

test('a client calls a tool with a Standard Schema directly, and a program calls it too', async () => {
  const inputSchema = z.object({ times: z.number().default(2) })
  const call = (input: unknown): string => `hello ${JSON.stringify(input)}`
  const tools: Tool[] = [{ name: 'greet', allowedCallers: ['direct', 'code'], inputSchema, call }]
  await using server = createMcpServer({ tools, hosts, passthrough: true })
  await using http = await serveHttp(server, { tokens: ['token'] })
  await using connection = await connect(http, 'token')
  const { client } = connection
  const listed = (await client.listTools()).tools.find(({ name }) => name === 'greet')
  expect(listed?.inputSchema).toMatchObject({ properties: { times: { type: 'number', default: 2 } } })
  expect(await textOf(client, 'greet', {})).toBe('hello {"times":2}')
  expect(await textOf(client, 'greet', { times: 'x' })).toContain(
    'the input does not match the schema of the tool: times: ',
  )
  expect(await textOf(client, 'exec', { code: 'text(await tools.greet({}))' })).toMatch(/\nhello \{"times":2\}$/)
  expect(() => createMcpServer({ tools: [{ ...greet, inputSchema: { parse: () => 1 } }], hosts })).toThrow(
    'Cannot use the "inputSchema" of tool "greet": ',
  )
})

test('passthrough offers names that clients accept, with the names of servers in the descriptions', async () => {
  const mcp = (owner: string, name: string, description: string): Tool => ({
    name,
    server: owner,
    namespace: `mcp__${owner}`,
    description,
    call: () => `${owner}/${name}`,
  })
  const long = `actions/${'list-workflow-runs-'.repeat(5)}for-repo`
  const tools = [
    mcp('my-server', 'echo', 'Echoes'),
    mcp('my_server', 'echo', 'Echoes'),
    mcp('github', long, 'Lists'),
    mcp('s', '读取文件', 'Reads'),
  ]
  const namesFor = async (given: readonly Tool[]): Promise<Record<string, string>> => {
    await using server = createMcpServer({ tools: given, hosts, passthrough: true })
    await using http = await serveHttp(server, { tokens: ['token'] })
    await using connection = await connect(http, 'token')
    const { client } = connection
    const listed = (await client.listTools()).tools.filter(({ name }) => name !== 'exec' && name !== 'wait')
    const calls = listed.map(async ({ name }) => [await textOf(client, name, {}), name] as const)
    expect(listed.map(({ description }) => description)).toEqual([
      expect.stringMatching(/^Lists\n\nTool "actions\/[a-z-]+…?" of server "github"$/),
      'Echoes\n\nTool "echo" of server "my-server"',
      'Echoes\n\nTool "echo" of server "my_server"',
      'Reads\n\nTool "读取文件"',
    ])
    return Object.fromEntries(await Promise.all(calls))
  }
  const names = await namesFor(tools)
  expect(names).toEqual({
    'my-server/echo': 'mcp__my_server__echo_my_dash_server',
    'my_server/echo': 'mcp__my_server__echo_my_server',
    [`github/${long}`]: expect.stringMatching(/^mcp__github__actions_[a-z_]{14}_[0-9a-f]{12}$/),
    's/读取文件': 'mcp__s______',
  })
  expect(await namesFor(tools.toReversed())).toEqual(names)
})

describe.each<Era>(['legacy', 'modern'])('a server that only reads, with a client of the %s era,', (era) => {
  const tools: Tool[] = [
    { name: 'write', call: () => 'written' },
    { name: 'read', annotations: { readOnlyHint: true }, call: () => 'read' },
  ]
  const why = 'it can write, and this server is read-only'

  test('denies the calls that may write, of programs and of the client', async () => {
    await using server = createMcpServer({ tools, hosts, readOnly: true, passthrough: true })
    await using http = await serveHttp(server, { tokens: ['token'] })
    await using connection = await connect(http, 'token', era)
    const { client } = connection
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['exec', 'wait', 'read', 'write'])
    const code = 'text(await tools.write({}).catch(String)); text(await tools.read({}))'
    expect(await textOf(client, 'exec', { code })).toMatch(
      new RegExp(`\nthe call of tool \`write\` was denied: ${why}\nread$`),
    )
    expect(await textOf(client, 'write', {})).toBe(`the call of tool write was denied: ${why}`)
    expect(await textOf(client, 'read', {})).toBe('read')
  })
})

test('a server refuses more clients than its limit, and ends an idle client with its cells', async () => {
  const stopped = Promise.withResolvers<void>()
  const hang: Tool = {
    name: 'hang',
    call: (input, { signal }) =>
      new Promise(() => {
        if (JSON.stringify(input) === '{"until":"idle"}') signal.addEventListener('abort', () => stopped.resolve())
      }),
  }
  await using server = createMcpServer({ tools: [hang], hosts })
  await using http = await serveHttp(server, { tokens: ['one', 'two'], idleMs: 50, maxClients: 1 })
  await using connection = await connect(http, 'one', 'modern')
  const { client } = connection
  const started = Promise.withResolvers<void>()
  const leave = new AbortController()
  await textOf(client, 'exec', { code: 'yield_control(); await tools.hang({ until: "idle" })' })
  const code = 'notify("started"); await tools.hang({})'
  const options = { signal: leave.signal, onprogress: () => started.resolve() }
  const call = client.callTool({ name: 'exec', arguments: { code } }, options).catch(() => undefined)
  await started.promise
  // A client whose call is not answered is not idle.
  await expect(connect(http, 'two')).rejects.toThrow()
  leave.abort()
  await call
  await stopped.promise
  await expect.poll(() => connect(http, 'two').then((other) => other[Symbol.asyncDispose]())).toBeUndefined()
})

test('a server refuses to serve an address beyond loopback without a token', async () => {
  await using server = createMcpServer({ tools: [], hosts })
  await expect(serveHttp(server, { tokens: [], address: '0.0.0.0' })).rejects.toThrow(
    'Cannot serve 0.0.0.0 without a token: only loopback addresses can disable authentication',
  )
})
