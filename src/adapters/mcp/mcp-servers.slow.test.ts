import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { callContext } from '../../../test/fixtures/call-context.ts'
import { startHttpServer } from '../../../test/fixtures/mcp-http-server.ts'
import { childEnv } from '../../../test/support/cli.ts'
import type { Tool } from '../../tools/tool.ts'
import type { McpServerConfig } from './config/mcp-config.ts'
import { connectMcpServers, serverStartError, type McpServers } from './mcp-servers.ts'
import { StdioServer } from './stdio-server.ts'

const program = fileURLToPath(new URL('../../../test/fixtures/mcp-server.ts', import.meta.url))
const rawProgram = fileURLToPath(new URL('../../../test/fixtures/raw-mcp-server.ts', import.meta.url))

type StdioConfig = Extract<McpServerConfig, { type: 'stdio' }>

function server(name: string, behaviour: string, env: Record<string, string> = {}): StdioConfig {
  const args = [program, behaviour]
  return { type: 'stdio', name, command: process.execPath, args, env: childEnv(env), cwd: null }
}

function rawServer(behaviour: string): StdioConfig {
  return { ...server('s', behaviour), args: [rawProgram, behaviour] }
}

const context = callContext(new AbortController().signal)

function find(tools: readonly Tool[], name: string, serverName = 's'): Tool {
  const tool = tools.find((candidate) => candidate.name === name && candidate.namespace === `mcp__${serverName}`)
  if (tool === undefined) throw new Error(`no tool ${name}`)
  return tool
}

async function callText(tool: Tool, input: unknown = {}): Promise<string> {
  const result: unknown = await tool.call(input, context)
  return JSON.stringify(result)
}

/** Timeouts pass when the test says so, until this is disposed. */
function fakeTimeouts(): Disposable {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  return { [Symbol.dispose]: () => void vi.useRealTimers() }
}

describe('servers that are connected', () => {
  const toolTimeoutMs = 60_000
  let servers: McpServers
  beforeAll(async () => {
    vi.stubEnv('CODECELL_TEST_SECRET', 'canary')
    servers = await connectMcpServers([server('many', 'many'), server('s', 'good', { GIVEN: 'yes' })], {
      toolTimeoutMs,
    })
    vi.unstubAllEnvs()
  })
  afterAll(() => servers[Symbol.asyncDispose]())

  test('bring their tools in the order of the configuration', () => {
    expect(servers.failures).toEqual([])
    expect(servers.tools.length).toBe(307 + 7)
    expect(servers.tools.map(({ namespace }) => namespace).slice(306, 308)).toEqual(['mcp__many', 'mcp__s'])
    expect(find(servers.tools, 'structured', 'many')).toMatchObject({
      kind: 'function',
      description: 'The tool structured',
      outputSchema: {
        properties: { structuredContent: { properties: { n: { type: 'number' } } }, isError: {} },
      },
    })
  })

  test('give a call exactly the result that the server sent, also when the server calls it an error', async () => {
    const call = async (name: string, input: unknown = {}): Promise<unknown> =>
      await find(servers.tools, name).call(input, context)
    expect(await call('echo', { a: [1] })).toEqual({ content: [{ type: 'text', text: '{"a":[1]}' }] })
    expect(await call('structured')).toEqual({ content: [], structuredContent: { n: 1 } })
    expect(await call('fails')).toEqual({ content: [{ type: 'text', text: 'no such row' }], isError: true })
  })

  test('have the environment of their configuration and none of this process', async () => {
    const env = await callText(find(servers.tools, 'env'))
    expect(env).toContain('GIVEN')
    expect(env).not.toContain('canary')
  })

  test('stay connected when a call is aborted or takes too long', async () => {
    const never = find(servers.tools, 'never')
    {
      using timeouts = fakeTimeouts()
      void timeouts
      const late = expect(never.call({}, context)).rejects.toThrow('failed: ')
      await vi.advanceTimersByTimeAsync(toolTimeoutMs)
      await late
    }
    const controller = new AbortController()
    const call = Promise.resolve(never.call({}, { ...context, signal: controller.signal }))
    controller.abort()
    await expect(call).rejects.toThrow('failed: ')
    expect(await callText(find(servers.tools, 'echo'), { still: 'here' })).toContain('still')
  })
})

test('the calls of a server that exits reject, and other servers return results', async () => {
  await using servers = await connectMcpServers([server('s', 'good'), server('other', 'good')])
  const [dying, never, echo] = [find(servers.tools, 'dies'), find(servers.tools, 'never'), find(servers.tools, 'echo')]
  const waiting = Promise.resolve(never.call({}, context))
  await expect(dying.call({}, context)).rejects.toThrow('tool `dies` of MCP server "s" failed: ')
  await expect(waiting).rejects.toThrow('tool `never` of MCP server "s" failed: ')
  await expect(echo.call({}, context)).rejects.toThrow('tool `echo` of MCP server "s" failed: ')
  const other = find(servers.tools, 'echo', 'other')
  expect(await other.call({}, context)).toEqual({ content: [{ type: 'text', text: '{}' }] })
})

test('a call may take longer than its limit while the server reports progress', async () => {
  await using servers = await connectMcpServers([rawServer('reports-progress')], { toolTimeoutMs: 1000 })
  using timeouts = fakeTimeouts()
  void timeouts
  const long = Promise.resolve(find(servers.tools, 'tool').call({}, context))
  for (let step = 0; step < 3; step++) {
    await find(servers.tools, 'step').call({}, context)
    vi.advanceTimersByTime(900)
  }
  await find(servers.tools, 'finish').call({}, context)
  expect(await long).toEqual({ content: [] })
})

test('a server over streamable HTTP is sent the headers of the configuration', async () => {
  await using http = await startHttpServer('t0ken')
  const config = (name: string, token: string): McpServerConfig => ({
    type: 'http',
    name,
    url: http.url,
    headers: { Authorization: `Bearer ${token}` },
  })
  await using servers = await connectMcpServers([config('web', 't0ken'), config('refused', 'wrong')])
  expect(servers.failures).toEqual([{ server: 'refused', message: expect.stringContaining('401') }])
  const echo = find(servers.tools, 'echo', 'web')
  expect(await echo.call({ a: 1 }, context)).toEqual({ content: [{ type: 'text', text: '{"a":1}' }] })
})

test('a tool with an invalid output schema or an unexpected result can be called', async () => {
  await using servers = await connectMcpServers([rawServer('wrong-schemas')])
  const results: unknown[] = await Promise.all(servers.tools.map((tool) => tool.call({}, context)))
  expect(results).toEqual(
    Array.from({ length: 4 }, () => ({ content: [], structuredContent: { text: expect.any(Number) } })),
  )
})

// These wait, most of them for a process that does not want to end.
// `expect.poll` of tests that run at the same time is that of their context.
describe.concurrent('a server process', () => {
  test('that ends at the start is reported with its last words, and other servers work', async () => {
    const missing = { ...server('missing', ''), command: 'no-such-program-here' }
    const nowhere: McpServerConfig = { type: 'http', name: 'nowhere', url: 'http://127.0.0.1:9/mcp', headers: {} }
    const configs = [server('dies', 'dies-at-start'), missing, nowhere, server('good', 'good')]
    await using servers = await connectMcpServers(configs)
    expect(servers.tools.map(({ namespace }) => namespace)).toEqual(Array.from({ length: 7 }, () => 'mcp__good'))
    const failures = Object.fromEntries(servers.failures.map((failure) => [failure.server, failure.message]))
    expect(failures).toEqual({
      dies: expect.stringContaining('fatal: the database is locked'),
      missing: expect.stringContaining('ENOENT'),
      nowhere: expect.any(String),
    })
    expect(serverStartError(servers.failures).code).toBe('SERVER_START_FAILED')
  })

  test('that does not start in time is reported, and other servers work', async () => {
    await using http = await startHttpServer('token')
    const headers = { Authorization: 'Bearer token' }
    const other: McpServerConfig = { type: 'http', name: 'other', url: http.url, headers }
    const options = { startTimeoutMs: 5000 }
    await using servers = await connectMcpServers([server('hangs', 'hangs-at-start'), other], options)
    expect(servers.failures).toEqual([{ server: 'hangs', message: 'it did not start within 5000 ms' }])
    expect(servers.tools.map(({ namespace }) => namespace)).toEqual(['mcp__other'])
  })

  test('that floods its error stream starts, and ends with the connection', async (own) => {
    const servers = await connectMcpServers([server('s', 'floods-stderr')])
    const pid = pidIn(await callText(find(servers.tools, 'pid')))
    expect(isAlive(pid)).toBe(true)
    await servers[Symbol.asyncDispose]()
    await own.expect.poll(() => isAlive(pid)).toBe(false)
  })

  test('that refuses to serve and keeps running is ended', async () => {
    await using servers = await connectMcpServers([rawServer('refuses')])
    const [failure] = servers.failures
    expect(failure).toEqual({
      server: 's',
      message: expect.stringMatching(/^no licence; code -32000; its standard error:\npid \d+$/),
    })
    expect(isAlive(pidIn(failure?.message))).toBe(false)
  })

  test('ends when this process exits without disposing the connection', async (own) => {
    const entry = new URL('../../../dist/mcp.js', import.meta.url).href
    const code = `
      import { connectMcpServers } from ${JSON.stringify(entry)}
      const { tools } = await connectMcpServers([${JSON.stringify(rawServer('deaf'))}])
      console.log(JSON.stringify(await tools[0].call({}, { signal: new AbortController().signal })))
      process.exit(0)`
    const args = ['--input-type=module', '-e', code]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env: childEnv() })
    const pid = pidIn(await text(child.stdout))
    await own.expect.poll(() => isAlive(pid)).toBe(false)
  })

  test('that is starting is given up when the signal aborts', async () => {
    const controller = new AbortController()
    const connecting = connectMcpServers([server('s', 'hangs-at-start')], { signal: controller.signal })
    controller.abort(new Error('not any more'))
    await expect(connecting).rejects.toThrow('not any more')
  })

  test.for([
    ['SIGTERM', 'patient', 'ended by SIGTERM'],
    ['SIGKILL', 'deaf', 'pid'],
  ] as const)('that outlives its input is ended by %s', async ([, behaviour, lastWords], own) => {
    const started = new StdioServer(rawServer(behaviour))
    await started.start()
    await own.expect.poll(() => started.said).toMatch(/^pid \d+$/)
    await Promise.all([started.close(), started.close()])
    expect(started.said).toContain(lastWords)
    expect(isAlive(pidIn(started.said))).toBe(false)
  })
})

function pidIn(said: string | undefined): number {
  const [digits] = /\d{2,}/.exec(said ?? '') ?? []
  if (digits === undefined) throw new Error(`no process id in ${said}`)
  return Number(digits)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
