import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { startHttpServer } from '../../test/fixtures/mcp-http-server.ts'
import type { Tool } from '../tools/tool.ts'
import type { McpServerConfig } from './mcp-config.ts'
import { connectMcpServers, serverStartError } from './mcp-servers.ts'
import { StdioServer } from './stdio-server.ts'
import { callContext } from '../../test/fixtures/call-context.ts'

const program = fileURLToPath(new URL('../../test/fixtures/mcp-server.ts', import.meta.url))
const rawProgram = fileURLToPath(new URL('../../test/fixtures/raw-mcp-server.ts', import.meta.url))

function server(name: string, behaviour: string, env: Record<string, string> = {}): McpServerConfig {
  return { type: 'stdio', name, command: process.execPath, args: [program, behaviour], env, cwd: null }
}

function rawServer(behaviour: string): McpServerConfig {
  return { type: 'stdio', name: 's', command: process.execPath, args: [rawProgram, behaviour], env: {}, cwd: null }
}

const noSignal = new AbortController().signal
const context = callContext(noSignal)

function find(tools: readonly Tool[], name: string): Tool {
  const tool = tools.find((candidate) => candidate.name === name)
  if (tool === undefined) throw new Error(`no tool ${name}`)
  return tool
}

async function textOf(tool: Tool, input: unknown = {}): Promise<string> {
  const result: unknown = await tool.call(input, context)
  return JSON.stringify(result)
}

describe('connectMcpServers()', () => {
  test('brings the tools of all servers, in the order of the configuration', async () => {
    await using servers = await connectMcpServers([server('b', 'many'), server('a', 'good')])
    expect(servers.failures).toEqual([])
    expect(servers.tools.length).toBe(307 + 7)
    expect(servers.tools.map(({ namespace }) => namespace).slice(306, 308)).toEqual(['mcp__b', 'mcp__a'])
    expect(find(servers.tools, 'structured')).toMatchObject({
      namespace: 'mcp__b',
      kind: 'function',
      description: 'The tool structured',
      outputSchema: {
        properties: { structuredContent: { properties: { n: { type: 'number' } } }, isError: {}, _meta: {} },
      },
    })
  })

  test('passes on only what a server sent, and resolves what it calls an error', async () => {
    await using servers = await connectMcpServers([server('s', 'good')])
    const echo = find(servers.tools, 'echo')
    expect(await echo.call({ a: [1] }, context)).toEqual({ content: [{ type: 'text', text: '{"a":[1]}' }] })
    expect(await find(servers.tools, 'structured').call({}, context)).toEqual({
      content: [],
      structuredContent: { n: 1 },
    })
    expect(await find(servers.tools, 'fails').call({}, context)).toEqual({
      content: [{ type: 'text', text: 'no such row' }],
      isError: true,
    })
  })

  test('reports servers that do not start, with the end of what they said, and the others work', async () => {
    const missing: McpServerConfig = {
      type: 'stdio',
      name: 'missing',
      command: 'no-such-program-here',
      args: [],
      env: {},
      cwd: null,
    }
    const nowhere: McpServerConfig = { type: 'http', name: 'nowhere', url: 'http://127.0.0.1:9/mcp', headers: {} }
    const configs = [
      server('dies', 'dies-at-start'),
      server('hangs', 'hangs-at-start'),
      missing,
      nowhere,
      server('good', 'good'),
    ]
    await using servers = await connectMcpServers(configs, { startTimeoutMs: 4000 })
    expect(servers.tools.map(({ namespace }) => namespace)).toEqual(Array.from({ length: 7 }, () => 'mcp__good'))
    const failures = Object.fromEntries(servers.failures.map((failure) => [failure.server, failure.message]))
    expect(failures).toEqual({
      dies: expect.stringContaining('fatal: the database is locked'),
      hangs: 'it did not start within 4000 ms',
      missing: expect.stringContaining('ENOENT'),
      nowhere: expect.any(String),
    })
    expect(serverStartError(servers.failures).code).toBe('SERVER_START_FAILED')
  })

  test('gives a server its own environment and nothing of ours', async () => {
    process.env['CODECELL_TEST_SECRET'] = 'canary'
    await using servers = await connectMcpServers([server('s', 'good', { GIVEN: 'yes' })])
    const env = await textOf(find(servers.tools, 'env'))
    expect(env).toContain('GIVEN')
    expect(env).not.toContain('canary')
  })

  test('rejects the calls of a server that dies, by name, and no others', async () => {
    await using servers = await connectMcpServers([server('s', 'good'), server('other', 'good')])
    const [dying, never, echo] = ['dies', 'never', 'echo'].map((name) => find(servers.tools, name))
    if (dying === undefined || never === undefined || echo === undefined) throw new Error('a tool is missing')
    const waiting = Promise.resolve(never.call({}, context))
    await expect(dying.call({}, context)).rejects.toThrow('tool `dies` of MCP server "s" failed: ')
    await expect(waiting).rejects.toThrow('tool `never` of MCP server "s" failed: ')
    await expect(echo.call({}, context)).rejects.toThrow('tool `echo` of MCP server "s" failed: ')
    const other = servers.tools.find(({ namespace, name }) => namespace === 'mcp__other' && name === 'echo')
    expect(await other?.call({}, context)).toEqual({ content: [{ type: 'text', text: '{}' }] })
  })

  test('ends a call when its signal aborts or its time is over', async () => {
    await using servers = await connectMcpServers([server('s', 'good')], { toolTimeoutMs: 50 })
    const never = find(servers.tools, 'never')
    await expect(never.call({}, context)).rejects.toThrow('failed: ')
    const controller = new AbortController()
    const call = Promise.resolve(never.call({}, { ...context, signal: controller.signal }))
    controller.abort()
    await expect(call).rejects.toThrow('failed: ')
    expect(await textOf(find(servers.tools, 'echo'), { still: 'here' })).toContain('still')
  })

  test('starts a server that floods its error stream', async () => {
    await using servers = await connectMcpServers([server('s', 'floods-stderr')])
    expect(await textOf(find(servers.tools, 'echo'), { a: 1 })).toContain('a')
  })

  test('reaches a server over streamable HTTP, with the headers of the configuration', async () => {
    await using http = await startHttpServer('t0ken')
    const config = (name: string, token: string): McpServerConfig => ({
      type: 'http',
      name,
      url: http.url,
      headers: { Authorization: `Bearer ${token}` },
    })
    await using servers = await connectMcpServers([config('web', 't0ken'), config('refused', 'wrong')])
    expect(servers.failures).toEqual([{ server: 'refused', message: expect.stringContaining('401') }])
    const echo = find(servers.tools, 'echo')
    expect(await echo.call({ a: 1 }, context)).toEqual({ content: [{ type: 'text', text: '{"a":1}' }] })
  })

  test('leaves no process behind', async () => {
    const servers = await connectMcpServers([server('s', 'good')])
    const text = await textOf(find(servers.tools, 'pid'))
    const pid = Number(/\d+/.exec(text)?.[0])
    expect(() => process.kill(pid, 0)).not.toThrow()
    await servers[Symbol.asyncDispose]()
    await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false)
  })

  test('ends a server that refuses to serve and stays', async () => {
    await using servers = await connectMcpServers([rawServer('refuses')])
    const [failure] = servers.failures
    expect(failure).toEqual({ server: 's', message: expect.stringMatching(/^no licence; it said:\npid \d+$/) })
    expect(isAlive(pidIn(failure?.message))).toBe(false)
  })

  test('ends its servers when the process exits without disposing', async () => {
    const entry = new URL('./mcp-servers.ts', import.meta.url).href
    const code = `
      import { connectMcpServers } from ${JSON.stringify(entry)}
      const { tools } = await connectMcpServers([${JSON.stringify(rawServer('deaf'))}])
      console.log(JSON.stringify(await tools[0].call({}, { signal: new AbortController().signal })))
      process.exit(0)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
    let out = ''
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    await new Promise((resolve) => {
      child.on('close', resolve)
    })
    await expect.poll(() => isAlive(pidIn(out)), { timeout: 10_000 }).toBe(false)
  })

  test('reads a list of tools that has no end up to its limit', async () => {
    await using servers = await connectMcpServers([rawServer('endless-list')])
    expect(servers.failures).toEqual([
      { server: 's', message: expect.stringContaining('its list of tools goes on after 1000 pages') },
    ])
  })

  test('calls tools whose output schema is broken or not kept', async () => {
    await using servers = await connectMcpServers([rawServer('wrong-schemas')])
    const results: unknown[] = await Promise.all(servers.tools.map((tool) => tool.call({}, context)))
    expect(results).toEqual(
      Array.from({ length: 4 }, () => ({ content: [], structuredContent: { text: expect.any(Number) } })),
    )
  })

  test('lets a call take longer while the server reports progress', async () => {
    await using servers = await connectMcpServers([rawServer('reports-progress')], { toolTimeoutMs: 400 })
    expect(await find(servers.tools, 'tool').call({}, context)).toEqual({ content: [] })
  })

  test('gives up servers that are starting when its signal aborts', async () => {
    const controller = new AbortController()
    const connecting = connectMcpServers([server('s', 'hangs-at-start')], { signal: controller.signal })
    controller.abort(new Error('not any more'))
    await expect(connecting).rejects.toThrow('not any more')
  })
})

describe('StdioServer', () => {
  test.each([
    ['patient', 'ended by SIGTERM'],
    ['deaf', 'pid'],
  ])('ends a server that outlives its input: %s', async (behaviour, lastWords) => {
    const config = rawServer(behaviour)
    if (config.type !== 'stdio') throw new Error('not a process')
    const started = new StdioServer(config)
    await started.start()
    await expect.poll(() => started.said).toMatch(/^pid \d+$/)
    await Promise.all([started.close(), started.close()])
    expect(started.said).toContain(lastWords)
    expect(isAlive(pidIn(started.said))).toBe(false)
  })
})

function pidIn(text: string | undefined): number {
  const [digits] = /\d{2,}/.exec(text ?? '') ?? []
  if (digits === undefined) throw new Error(`no process id in ${text}`)
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
