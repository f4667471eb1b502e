import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { callContext } from '../../../test/fixtures/call-context.ts'
import { scriptedServer } from '../../../test/fixtures/scripted-config.ts'
import { ScriptedHttpServer } from '../../../test/fixtures/scripted-http-server.ts'
import type { McpServerConfig } from './config/mcp-config.ts'
import { connectMcpServers, type McpServers } from './mcp-servers.ts'
import type { McpServerStatus } from './server-status.ts'

let folder: string
let refusal: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'codecell-first-'))
  refusal = join(folder, 'refusal')
  await writeFile(refusal, 'yes')
})
afterEach(async () => await rm(folder, { recursive: true }))

function web(port: number, more: { type?: 'http' | 'sse' } = {}): McpServerConfig {
  return { type: 'http', name: 's', url: `http://127.0.0.1:${port}/mcp`, headers: {}, ...more }
}

const fast = { restartDelayMs: 20 }

/** Waits until the server is ready, and returns the tools that listeners have received. */
async function recovery(servers: McpServers, recover: () => Promise<unknown>): Promise<readonly string[]> {
  const changes: string[] = []
  servers.onToolsChanged((tools) => changes.push(tools.map(({ name }) => name).join()))
  await recover()
  await expect.poll(() => servers.status).toEqual([expect.objectContaining({ server: 's', state: 'ready' })])
  expect(servers.failures).toEqual([])
  return changes
}

test('a stdio server whose first start fails is tried again, and its tools are announced', async () => {
  await using servers = await connectMcpServers([scriptedServer({ REFUSE_START: refusal })], fast)
  expect(servers.tools).toEqual([])
  expect(servers.failures).toEqual([{ server: 's', message: expect.stringMatching(/code 7.*database is away/s) }])
  expect(servers.status).toMatchObject([
    { state: expect.stringMatching('failed|restarting'), reason: expect.any(String) },
  ])
  const seen: McpServerStatus[] = []
  servers.onStatusChanged((status) => seen.push(status))
  await expect.poll(() => seen.filter(({ state }) => state === 'failed').length).toBeGreaterThan(1)
  expect(seen[0]).toMatchObject({ state: expect.any(String) })
  expect(seen.find(({ state }) => state === 'failed')).toMatchObject({ nextAttemptAt: expect.any(Number) })
  expect(await recovery(servers, () => writeFile(refusal, ''))).toEqual(['reply,exit,pid'])
  expect(await servers.tools.at(-1)?.call({}, callContext())).toMatchObject({ content: [{ type: 'text' }] })
})

test('a command that is installed later is started', async () => {
  const command = join(folder, 'later')
  const server = scriptedServer()
  await using servers = await connectMcpServers([{ ...server, command }], fast)
  expect(servers.failures).toEqual([{ server: 's', message: expect.stringContaining('ENOENT') }])
  const changes = await recovery(servers, async () => {
    await writeFile(`${command}.new`, `#!/bin/sh\nexec "${process.execPath}" "$@"\n`, { mode: 0o755 })
    // A command that is being written cannot be started.
    await rename(`${command}.new`, command)
  })
  expect(changes).toEqual(['reply,exit,pid'])
})

test.for([['http'], ['sse']] as const)('a server over %s that starts later is connected', async ([type]) => {
  const first = new ScriptedHttpServer({ isSse: type === 'sse' })
  const port = await first.listen()
  await first[Symbol.asyncDispose]()
  await using servers = await connectMcpServers([web(port, { type })], fast)
  expect(servers.failures).toEqual([{ server: 's', message: expect.stringContaining('ECONNREFUSED') }])
  await using http = new ScriptedHttpServer({ isSse: type === 'sse' })
  expect(await recovery(servers, () => http.listen(port))).toEqual(['reply,echo'])
})

test.for([
  ['http', 429],
  ['http', 503],
  ['sse', 503],
] as const)(
  'a server over %s that refuses connections with %i is tried again after retry-after',
  async ([type, status]) => {
    await using http = new ScriptedHttpServer({ isSse: type === 'sse' })
    http.refusal = { status, headers: { 'retry-after': '1' }, body: 'busy' }
    const startedAt = Date.now()
    await using servers = await connectMcpServers([web(await http.listen(), { type })], { restartDelayMs: 1 })
    expect(servers.failures).toEqual([
      { server: 's', message: expect.stringMatching(/HTTP \d+ .*; retry-after: 1: busy$/) },
    ])
    const [state] = servers.status
    expect(state).toMatchObject({ state: 'failed', nextAttemptAt: expect.closeTo(Date.now() + 1000, -3) })
    http.refusal = null
    await recovery(servers, async () => {})
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(1000)
  },
)

test.for([
  ['credentials that it refuses', 401],
  ['credentials that it refuses', 403],
] as const)('a server that fails for %s (%i) is not tried again', async ([, status]) => {
  await using http = new ScriptedHttpServer()
  http.refusal = { status, body: 'no' }
  await using servers = await connectMcpServers([web(await http.listen())], { restartDelayMs: 1 })
  expect(servers.status).toMatchObject([{ state: 'failed', nextAttemptAt: null }])
})

test('a server with an invalid URL or with settings of unknown tools is not tried again', async () => {
  const url: McpServerConfig = { type: 'http', name: 'url', url: 'no URL', headers: {} }
  const settings: McpServerConfig = {
    ...scriptedServer(),
    toolSettings: new Map([['repli', { allowedCallers: ['code'] }]]),
  }
  await using servers = await connectMcpServers([url, settings], { restartDelayMs: 1 })
  expect(servers.status).toMatchObject([
    { state: 'failed', nextAttemptAt: null, reason: expect.stringContaining('URL') },
    { state: 'failed', nextAttemptAt: null, reason: expect.stringContaining('did you mean "reply"') },
  ])
})

test('no server is tried again with retryStarts: false, or after the connection is disposed', async () => {
  const server = scriptedServer({ REFUSE_START: refusal })
  await using once = await connectMcpServers([server], { restartDelayMs: 1, retryStarts: false })
  expect(once.status).toMatchObject([{ state: 'failed', nextAttemptAt: null }])
  const servers = await connectMcpServers([server], { restartDelayMs: 1 })
  await servers[Symbol.asyncDispose]()
  expect(servers.status).toMatchObject([{ state: 'closed' }])
})

test('a server that exits right after its list of tools is started again', async () => {
  const code = `
    require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
      const { id, method } = JSON.parse(line)
      const tools = [{ name: 'a', inputSchema: { type: 'object' } }]
      const result = method === 'initialize'
        ? { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 'x', version: '1' } }
        : { tools }
      if (id !== undefined) process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n', () => {
        if (method === 'tools/list') process.exit(4)
      })
    })`
  await using servers = await connectMcpServers([{ ...scriptedServer(), args: ['-e', code] }], {
    restartDelayMs: 60_000,
  })
  await expect.poll(() => servers.status).toMatchObject([{ state: 'lost', reason: expect.stringContaining('code 4') }])
})

test('a disabled and an invalid server have a state and are never started', async () => {
  const servers = await connectMcpServers([
    { type: 'disabled', name: 'off', reason: 'its entry switches it off' },
    scriptedServer(),
    { type: 'invalid', name: 'bad', reason: 'no command' },
  ])
  expect(servers.status).toMatchObject([
    { server: 'off', state: 'disabled', reason: 'its entry switches it off' },
    { server: 's', state: 'ready', tools: 3, startMs: expect.any(Number) },
    { server: 'bad', state: 'failed', reason: 'no command', nextAttemptAt: null },
  ])
  expect(servers.failures).toEqual([{ server: 'bad', message: 'no command' }])
  await servers[Symbol.asyncDispose]()
})

test('names in the lists of a server that none of its tools has are reported with the nearest name', async () => {
  const warnings: string[] = []
  const lists = {
    enabledTools: ['reply', 'e*', 'nope'],
    disabledTools: ['!exti', 'none*'],
    askedTools: ['pid', 'shared'],
    sharedNames: ['shared'],
  }
  await using servers = await connectMcpServers([{ ...scriptedServer(), ...lists }], {
    onWarning: (text) => warnings.push(text),
  })
  expect(servers.tools.map(({ name }) => name)).toEqual(['reply', 'exit'])
  expect(warnings).toEqual([
    'MCP server "s": "enabledTools" has tool "nope", which the server does not have',
    'MCP server "s": "disabledTools" has tool "exti", which the server does not have; did you mean "exit"?',
  ])
})

test('a server that declares no tools and lists none is reported', async () => {
  const warnings: string[] = []
  const code = `
    require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
      const { id, method } = JSON.parse(line)
      const result = { protocolVersion: '2025-06-18', capabilities: {}, serverInfo: { name: 'x', version: '1' } }
      const outcome = method === 'initialize' ? { result } : { error: { code: -32601, message: 'Method not found' } }
      if (id !== undefined) console.log(JSON.stringify({ jsonrpc: '2.0', id, ...outcome }))
    })`
  await using servers = await connectMcpServers([{ ...scriptedServer(), args: ['-e', code] }], {
    onWarning: (text) => warnings.push(text),
  })
  expect(servers.status).toMatchObject([{ state: 'ready', tools: 0 }])
  expect(warnings).toEqual(['MCP server "s": it does not declare tools and has not listed any: Method not found'])
})

test.each([
  ['ends at once', 'event: endpoint\ndata: /message\n\n', /^HTTP 405 Method Not Allowed; over SSE: its stream ended$/],
  ['names another server', 'event: endpoint\ndata: http://127.0.0.1:2/\n\n', /^HTTP 405 .*; over SSE: Endpoint origin/],
])(
  'a server that refuses streamable HTTP and whose stream of SSE %s fails with both reasons',
  async (_, text, reason) => {
    await using server = createServer((request, response) => {
      if (request.method === 'GET') response.writeHead(200, { 'content-type': 'text/event-stream' }).end(text)
      else response.writeHead(405).end()
    })
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve)
    })
    const address = server.address()
    await using servers = await connectMcpServers([web(typeof address === 'object' ? (address?.port ?? 0) : 0)])
    expect(servers.failures).toEqual([{ server: 's', message: expect.stringMatching(reason) }])
  },
)
