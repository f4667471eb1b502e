import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { inProcessHostPool } from '../../src/in-process.ts'
import { createSession, readSessions } from '../../src/index.ts'
import { createMcpServer, serveHttp } from '../../src/mcp-server.ts'
import { runCli } from './run-cli.ts'

const bin = fileURLToPath(new URL('../../dist/cli/bin.js', import.meta.url))

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'codecell-serve-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

async function connect(): Promise<{ readonly client: Client; readonly pid: number }> {
  const client = new Client({ name: 'test', version: '1' })
  const args = [bin, 'serve', '--durable', folder]
  const transport = new StdioClientTransport({ command: process.execPath, args, stderr: 'ignore', cwd: folder })
  await client.connect(transport)
  return { client, pid: transport.pid ?? 0 }
}

test('after the server was killed and started again, wait goes on with the script', async () => {
  const first = await connect()
  const code = 'text("before"); yield_control(); await new Promise((on) => setTimeout(on, 3000)); text("after")'
  const started = await first.client.callTool({ name: 'exec', arguments: { code } })
  expect(JSON.stringify(started)).toContain('Script running with cell ID 1')
  const gone = new Promise<void>((resolve) => {
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- this client has no other way
    first.client.onclose = () => resolve()
  })
  process.kill(first.pid, 'SIGKILL')
  await gone
  const second = await connect()
  const waited = await second.client.callTool({ name: 'wait', arguments: { cell_id: '1', yield_time_ms: 60_000 } })
  expect(JSON.stringify(waited)).toContain('after')
  expect(JSON.stringify(waited)).not.toContain('before')
  await second.client.close()
  expect(readSessions(folder)).toMatchObject([{ id: 'main', cells: { running: 0, closed: 1 } }])
})

test('a client that goes away while its first program runs leaves it to the next one', async () => {
  const first = await connect()
  const code = 'text("before"); store("begun", 1); await new Promise((on) => setTimeout(on, 4000)); text("after")'
  const unanswered = first.client.callTool({ name: 'exec', arguments: { code } }).catch(() => 'not answered')
  await vi.waitFor(() => expect(readSessions(folder)).toMatchObject([{ cells: { running: 1 } }]), { timeout: 50_000 })
  await first.client.close()
  expect(await unanswered).toBe('not answered')
  const second = await connect()
  const waited = await second.client.callTool({ name: 'wait', arguments: { cell_id: '1', yield_time_ms: 60_000 } })
  expect(JSON.stringify(waited)).toMatch(/Script completed[\s\S]*before[\s\S]*after/)
  await second.client.close()
})

/** What the client of a token is answered by a server that ends afterwards. */
async function overHttp(token: string, name: 'exec' | 'wait', input: Record<string, unknown>): Promise<string> {
  await using hosts = inProcessHostPool()
  await using server = createMcpServer({ tools: [], hosts, durable: { folder } })
  await using http = await serveHttp(server, { tokens: ['token-of-one', 'token-of-another'] })
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: { pin: '2026-07-28' } } })
  const requestInit = { headers: { authorization: `Bearer ${token}` } }
  await client.connect(new StreamableHTTPClientTransport(new URL(http.url), { requestInit }))
  const answer = await client.callTool({ name, arguments: input })
  await client.close()
  return JSON.stringify(answer)
}

test('over HTTP the script of a token goes on when the server is started again, for nobody else', async () => {
  const code = 'text("before"); yield_control(); await new Promise((on) => setTimeout(on, 300)); text("after")'
  expect(await overHttp('token-of-one', 'exec', { code })).toContain('Script running with cell ID 1')
  expect(await overHttp('token-of-another', 'wait', { cell_id: '1' })).toContain('exec cell 1 not found')
  const waited = await overHttp('token-of-one', 'wait', { cell_id: '1', yield_time_ms: 60_000 })
  expect(waited).toContain('after')
  expect(waited).not.toContain('before')
  expect(readSessions(folder).map(({ id }) => id.replace(/-.*/, ''))).toEqual(['token', 'token'])
  expect(JSON.stringify(readSessions(folder))).not.toContain('token-of')
})

test('a session that somebody has open is told to the model by the first program', async () => {
  await using session = await createSession({ durable: folder, id: 'main', hosts: inProcessHostPool() })
  const { client } = await connect()
  const answer = await client.callTool({ name: 'exec', arguments: { code: 'text(1)' } })
  expect(answer).toMatchObject({ isError: true })
  expect(JSON.stringify(answer)).toContain(`process ${process.pid} has it open`)
  await client.close()
  expect(session.cells()).toEqual([])
})

test.each([
  [['--session', 'x'], 'Cannot use --session without --durable DIR'],
  [
    ['--session', 'x', '--durable', 'd', '--http'],
    'Cannot use --session with --http: each token has a session of its own',
  ],
])('codecell serve %j is refused', async (args, text) => {
  expect(await runCli(folder, ['serve', ...args])).toMatchObject({ code: 2, err: `${text}\n` })
})
