import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { describe, expect, test } from 'vitest'
import { createSession, readSessions, type Tool } from '../../src/index.ts'
import { createMcpServer, serveHttp } from '../../src/mcp-server.ts'
import { openApiTools } from '../../src/openapi.ts'
import { startEchoServer } from '../fixtures/echo-http-server.ts'
import { bin, childEnv, runCli } from '../support/cli.ts'
import { newFolder } from '../support/folder.ts'
import { sharedHosts } from '../support/hosts.ts'

/** A latch that programs wait for. Its HTTP API returns whether it is open. */
class Latch implements AsyncDisposable {
  isOpen = false
  readonly document: string = join(newFolder(), 'latch.json')
  readonly #server: Awaited<ReturnType<typeof startEchoServer>>

  private constructor(server: Awaited<ReturnType<typeof startEchoServer>>) {
    this.#server = server
  }

  static async start(): Promise<Latch> {
    const server = await startEchoServer(() => ({ body: String(latch.isOpen) }))
    const latch = new Latch(server)
    const paths = { '/open': { get: { operationId: 'is_open' } } }
    const info = { title: 'latch', version: '1' }
    writeFileSync(latch.document, JSON.stringify({ openapi: '3.1.0', info, servers: [{ url: server.url }], paths }))
    return latch
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]()
  }
}

const untilOpen = 'while (!(await tools.latch__is_open({}))) await new Promise((go) => setTimeout(go, 20))'

async function connect(
  folder: string,
  ...flags: readonly string[]
): Promise<{ readonly client: Client; readonly pid: number }> {
  const client = new Client({ name: 'test', version: '1' })
  const args = [bin, 'serve', '--durable', folder, ...flags]
  const command = { command: process.execPath, args, env: childEnv(), stderr: 'ignore' as const, cwd: folder }
  const transport = new StdioClientTransport(command)
  await client.connect(transport)
  return { client, pid: transport.pid ?? 0 }
}

async function run(client: Client, code: string): Promise<string> {
  return JSON.stringify(await client.callTool({ name: 'exec', arguments: { code, yield_time_ms: 600_000 } }))
}

async function wait(client: Client): Promise<string> {
  return JSON.stringify(await client.callTool({ name: 'wait', arguments: { cell_id: '1' } }))
}

describe('a script in a durable session of codecell serve', () => {
  test('a script continues after the server was killed and started again', async () => {
    const folder = newFolder()
    await using latch = await Latch.start()
    const first = await connect(folder, '--openapi', latch.document)
    const started = await run(first.client, `text("before"); yield_control(); ${untilOpen}; text("after")`)
    expect(started).toContain('Script running with cell ID 1')
    const gone = new Promise<void>((resolve) => {
      // oxlint-disable-next-line unicorn/prefer-add-event-listener -- this client has no other way
      first.client.onclose = () => resolve()
    })
    process.kill(first.pid, 'SIGKILL')
    await gone
    latch.isOpen = true
    const second = await connect(folder, '--openapi', latch.document)
    const waited = await wait(second.client)
    expect(waited).toContain('after')
    expect(waited).not.toContain('before')
    await second.client.close()
    expect(readSessions({ storage: folder })).toMatchObject([{ id: 'main', cells: { running: 0, closed: 1 } }])
  })

  test('a script continues for the next client when its client left before the response', async () => {
    const folder = newFolder()
    await using latch = await Latch.start()
    const first = await connect(folder, '--openapi', latch.document)
    const unanswered = run(first.client, `text("before"); ${untilOpen}; text("after")`).catch(() => 'not answered')
    await expect.poll(() => readSessions({ storage: folder })).toMatchObject([{ cells: { running: 1 } }])
    await first.client.close()
    expect(await unanswered).toBe('not answered')
    latch.isOpen = true
    const second = await connect(folder, '--openapi', latch.document)
    expect(await wait(second.client)).toMatch(/Script completed[\s\S]*before[\s\S]*after/)
    await second.client.close()
  })

  test('a script continues only for its token after an HTTP server started again', async () => {
    const folder = newFolder()
    await using latch = await Latch.start()
    const tools = openApiTools(JSON.parse(readFileSync(latch.document, 'utf8')), { name: 'latch' })
    const ask = (token: string, request: (client: Client) => Promise<string>): Promise<string> =>
      overHttp({ folder, tools, token }, request)
    const code = `text("before"); yield_control(); ${untilOpen}; text("after")`
    expect(await ask('token-of-one', (client) => run(client, code))).toContain('Script running with cell ID 1')
    expect(await ask('token-of-another', wait)).toContain('exec cell 1 not found')
    latch.isOpen = true
    const waited = await ask('token-of-one', wait)
    expect(waited).toContain('after')
    expect(waited).not.toContain('before')
    expect(readSessions({ storage: folder }).map(({ id }) => id.replace(/-.*/, ''))).toEqual(['token', 'token'])
    expect(JSON.stringify(readSessions({ storage: folder }))).not.toContain('token-of')
  })
})

type ServerOptions = { readonly folder: string; readonly tools: readonly Tool[]; readonly token: string }

/** Sends a request as the client of a token to a new server, and returns the response. */
async function overHttp(
  { folder, tools, token }: ServerOptions,
  request: (client: Client) => Promise<string>,
): Promise<string> {
  await using server = createMcpServer({ tools, hosts: sharedHosts('in-process'), storage: folder })
  await using http = await serveHttp(server, { tokens: ['token-of-one', 'token-of-another'] })
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: { pin: '2026-07-28' } } })
  const requestInit = { headers: { authorization: `Bearer ${token}` } }
  await client.connect(new StreamableHTTPClientTransport(new URL(http.url), { requestInit }))
  const response = await request(client)
  await client.close()
  return response
}

test('the first program receives an error when another process has the session open', async () => {
  const folder = newFolder()
  await using session = await createSession({ storage: folder, sessionId: 'main', hosts: sharedHosts('in-process') })
  const { client } = await connect(folder)
  const response = await run(client, 'text(1)')
  expect(JSON.parse(response)).toMatchObject({ isError: true })
  expect(response).toContain(`process ${process.pid} has it open`)
  await client.close()
  expect(session.cells()).toEqual([])
})

test.each([
  [['--session', 'x'], 'Cannot use --session without --durable DIR or --store URL'],
  [['--session', 'x', '--durable', 'd', '--http'], 'Cannot use --session with --http: each token has its own session'],
])('codecell serve rejects the flags %j', async (args, text) => {
  expect(await runCli(['serve', ...args])).toMatchObject({ code: 2, err: `${text}\nSee: codecell help serve\n` })
})
