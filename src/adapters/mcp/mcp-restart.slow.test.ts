import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { callContext } from '../../../test/fixtures/call-context.ts'
import { ScriptedHttpServer } from '../../../test/fixtures/scripted-http-server.ts'
import { childEnv } from '../../../test/support/cli.ts'
import { CodecellError } from '../../errors.ts'
import type { Tool } from '../../tools/tool.ts'
import type { McpServerConfig } from './config/mcp-config.ts'
import { connectMcpServers, type McpServers } from './mcp-servers.ts'
import type { McpServerStatus } from './server-status.ts'

const program = fileURLToPath(new URL('../../../test/fixtures/scripted-mcp-server.ts', import.meta.url))

let folder: string
let toolsFile: string
let refusalFile: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'codecell-mcp-'))
  toolsFile = join(folder, 'tools')
  refusalFile = join(folder, 'refusal')
  await writeFile(toolsFile, '')
  await writeFile(refusalFile, '')
})
afterEach(async () => await rm(folder, { recursive: true }))

function scripted(env: Record<string, string> = {}, name = 's'): Extract<McpServerConfig, { type: 'stdio' }> {
  const files = { TOOLS: toolsFile, REFUSE_START: refusalFile }
  return {
    type: 'stdio',
    name,
    command: process.execPath,
    args: [program],
    env: childEnv({ ...files, ...env }),
    cwd: null,
  }
}

function find(servers: McpServers, name: string): Tool {
  const tool = servers.tools.find((candidate) => candidate.name === name)
  if (tool === undefined) throw new Error(`no tool ${name}`)
  return tool
}

async function call(servers: McpServers, name: string, input: unknown = {}): Promise<unknown> {
  return await find(servers, name).call(input, callContext())
}

async function pid(servers: McpServers): Promise<number> {
  const text = JSON.stringify(await call(servers, 'pid'))
  return Number(/\d+/.exec(text)?.[0])
}

function isRunning(id: number): boolean {
  try {
    return process.kill(id, 0)
  } catch {
    return false
  }
}

function states(servers: McpServers): string[] {
  return servers.status.map(({ state }) => state)
}

describe('a stdio server that exits', () => {
  test('is started again, and its calls say until then how it ended', async () => {
    await using servers = await connectMcpServers([scripted()], { restartDelayMs: 1000 })
    const seen: McpServerStatus[] = []
    servers.onStatusChanged((status) => seen.push(status))
    const first = await pid(servers)
    await expect(call(servers, 'exit', { code: 9, stderr: 'disk full' })).rejects.toMatchObject({
      code: 'TOOL_OUTCOME_UNKNOWN',
      message: expect.stringContaining('it exited with code 9; the last line of its standard error: disk full'),
    })
    await expect(call(servers, 'pid')).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      message: expect.stringMatching(
        /^tool `pid` of MCP server "s" failed: .*code 9.*disk full.* next attempt .* in [01]\.\d s$/,
      ),
    })
    expect(servers.tools.map(({ name }) => name)).toEqual(['reply', 'exit', 'pid'])
    await expect.poll(() => states(servers)).toEqual(['ready'])
    expect(await pid(servers)).not.toBe(first)
    expect(seen.map(({ state }) => state)).toEqual(['lost', 'restarting', 'ready'])
    expect(seen[0]).toMatchObject({ server: 's', reason: expect.stringContaining('code 9') })
  })

  test('between calls is started again too', async () => {
    await using servers = await connectMcpServers([scripted()], { restartDelayMs: 1 })
    const first = await pid(servers)
    process.kill(first, 'SIGKILL')
    await expect.poll(() => pid(servers).catch(() => first)).not.toBe(first)
  })

  test('is tried again until it starts, with the reason of the last attempt', async () => {
    await using servers = await connectMcpServers([scripted()], { restartDelayMs: 1 })
    const seen: McpServerStatus[] = []
    servers.onStatusChanged((status) => seen.push(status))
    await writeFile(refusalFile, 'yes')
    await expect(call(servers, 'exit')).rejects.toThrow('code 0')
    await expect.poll(() => seen.filter(({ state }) => state === 'restarting').length).toBeGreaterThan(2)
    const last = seen.findLast(({ state }) => state === 'lost')
    expect(last).toMatchObject({ reason: expect.stringContaining('code 7') })
    expect(last).toMatchObject({ reason: expect.stringContaining('the database is away') })
    await writeFile(refusalFile, '')
    await expect.poll(() => states(servers)).toEqual(['ready'])
    expect(await pid(servers)).toBeGreaterThan(0)
  })

  test('and has other tools after its restart changes the catalogue', async () => {
    await using servers = await connectMcpServers([scripted()], { restartDelayMs: 1 })
    const changes: string[][] = []
    servers.onToolsChanged((tools) => changes.push(tools.map(({ name }) => name)))
    await expect(call(servers, 'exit')).rejects.toThrow()
    await expect.poll(() => states(servers)).toEqual(['ready'])
    expect(changes).toEqual([])
    await writeFile(toolsFile, 'new')
    await expect(call(servers, 'exit')).rejects.toThrow()
    await expect.poll(() => changes).toEqual([['reply', 'exit', 'pid', 'new']])
  })

  test('is not started again after the connection is disposed', async () => {
    const servers = await connectMcpServers([scripted()], { restartDelayMs: 1 })
    const running = find(servers, 'pid')
    await expect(call(servers, 'exit')).rejects.toThrow()
    await servers[Symbol.asyncDispose]()
    expect(states(servers)).toEqual(['closed'])
    await expect(running.call({}, callContext())).rejects.toThrow('the connection is closed')
  })

  test('or closes its input is started again, and is not called until then', async () => {
    const closing = `import(${JSON.stringify(program)}).then(() => {
      process.on('SIGUSR2', () => require('node:fs').closeSync(0))
      setInterval(() => undefined, 1000)
    })`
    await using servers = await connectMcpServers([{ ...scripted(), args: ['-e', closing] }], { restartDelayMs: 1 })
    const reasons: string[] = []
    servers.onStatusChanged((status) => {
      if (status.state === 'lost') reasons.push(status.reason)
    })
    const first = await pid(servers)
    process.kill(first, 'SIGUSR2')
    const codes = new Set<unknown>()
    await expect
      .poll(() => pid(servers).catch((error: unknown) => (codes.add(CodecellError.is(error, 'TOOL_FAILED')), first)))
      .not.toBe(first)
    expect(reasons).toEqual(['it closed its input'])
    // The process does not end by itself.
    await expect.poll(() => isRunning(first)).toBe(false)
    expect(codes).toContain(true)
  })

  test('or closes its output is started again, and its process ends', async () => {
    const closing = `import(${JSON.stringify(program)}).then(() => {
      process.on('SIGUSR2', () => require('node:fs').closeSync(1))
      process.on('uncaughtException', () => undefined)
      process.on('SIGTERM', () => undefined)
      setInterval(() => undefined, 1000)
    })`
    await using servers = await connectMcpServers([{ ...scripted(), args: ['-e', closing] }], { restartDelayMs: 1 })
    const first = await pid(servers)
    process.kill(first, 'SIGUSR2')
    await expect.poll(() => isRunning(first)).toBe(false)
    await expect.poll(() => pid(servers).catch(() => first)).not.toBe(first)
  })

  test('with pipes that a child process keeps open is lost at once', async () => {
    const child = `const { spawn } = require('node:child_process')
      spawn(process.execPath, ['-e', 'setTimeout(() => undefined, 5000)'], { stdio: 'inherit' }).unref()
      import(${JSON.stringify(program)})`
    const server = { ...scripted(), args: ['-e', child] }
    await using servers = await connectMcpServers([server], { restartDelayMs: 60_000 })
    const startedAt = performance.now()
    await expect(call(servers, 'exit', { code: 3 })).rejects.toThrow('code 3')
    expect(performance.now() - startedAt).toBeLessThan(4000)
  })
})

describe('the tools of a server', () => {
  const changed = '{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}'
  const ended = '{"jsonrpc":"2.0","id":$ID,"result":{"content":[]}}'

  test.for([['{"tools":{}}'], ['{}'], ['{"tools":{"listChanged":true}}'], ['null']])(
    'are listed and followed when it declares %s',
    async ([capabilities = '']) => {
      await using servers = await connectMcpServers([scripted({ CAPABILITIES: capabilities })])
      expect(servers.tools.length).toBe(3)
      await writeFile(toolsFile, 'later')
      await call(servers, 'reply', { lines: [changed, ended] })
      await expect.poll(() => servers.tools.map(({ name }) => name)).toContain('later')
    },
  )

  test('stay when a listing fails, and are listed again', async () => {
    await using servers = await connectMcpServers([scripted()])
    await writeFile(toolsFile, 'invalid')
    await call(servers, 'reply', { lines: [changed, ended] })
    const listings = async (): Promise<string> => JSON.stringify(await call(servers, 'pid'))
    await expect.poll(listings).toMatch(/\/[2-9]"/)
    expect(servers.tools.length).toBe(3)
    await writeFile(toolsFile, 'valid')
    await expect.poll(() => servers.tools.map(({ name }) => name)).toContain('valid')
  })
})

describe('starts', () => {
  test('have the timeout of the server', async () => {
    const hanging: McpServerConfig = {
      ...scripted(),
      name: 'hangs',
      args: ['-e', 'setInterval(() => undefined, 1000)'],
      startTimeoutMs: 300,
    }
    await using servers = await connectMcpServers([hanging, scripted()])
    expect(servers.failures).toEqual([{ server: 'hangs', message: 'it did not start within 300 ms' }])
    expect(states(servers)).toEqual(['failed', 'ready'])
  })
})

function web(port: number, type: 'http' | 'sse' = 'http'): McpServerConfig {
  return { type, name: 's', url: `http://127.0.0.1:${port}/mcp`, headers: {} }
}

describe('a server over HTTP', () => {
  const stream = { 'content-type': 'text/event-stream' }

  test.for([[404], [400]])(
    'that has forgotten its session with %i gets a new one, and the calls again',
    async ([status = 0]) => {
      await using http = new ScriptedHttpServer()
      http.unknownSessionStatus = status
      await using servers = await connectMcpServers([web(await http.listen())])
      http.forgetSessions()
      const results = await Promise.all([1, 2, 3].map(() => call(servers, 'echo')))
      expect(results).toEqual(results.map(() => ({ content: [{ type: 'text', text: 'echo' }] })))
      expect(http.received.filter((method) => method === 'initialize').length).toBe(2)
    },
  )

  test('keeps its calls that run while it gets a new session for others', async () => {
    await using http = new ScriptedHttpServer()
    await using servers = await connectMcpServers([web(await http.listen())])
    await call(servers, 'echo')
    const body = '{"jsonrpc":"2.0","id":$ID,"result":{"content":[]}}'
    const running = call(servers, 'reply', { body, isHeld: true })
    await expect.poll(() => http.held.length).toBe(1)
    http.forgetSessions()
    await call(servers, 'echo')
    for (const release of http.held) release()
    expect(await running).toEqual({ content: [] })
  })

  test('that is down fails its calls at once, and is used again when it is back', async () => {
    const http = new ScriptedHttpServer()
    const port = await http.listen()
    await using servers = await connectMcpServers([web(port)], { restartDelayMs: 20 })
    await http[Symbol.asyncDispose]()
    await expect(call(servers, 'echo')).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      message: expect.stringContaining('ECONNREFUSED'),
    })
    expect(states(servers)).not.toEqual(['ready'])
    await using again = new ScriptedHttpServer()
    await again.listen(port)
    await expect.poll(() => states(servers)).toEqual(['ready'])
    expect(await call(servers, 'echo')).toEqual({ content: [{ type: 'text', text: 'echo' }] })
  })

  test('that has only SSE is used over SSE, and started again when its stream ends', async () => {
    await using http = new ScriptedHttpServer({ isSse: true })
    await using servers = await connectMcpServers([web(await http.listen())], { restartDelayMs: 1 })
    expect(servers.failures).toEqual([])
    expect(await call(servers, 'echo')).toEqual({ content: [{ type: 'text', text: 'echo' }] })
    await expect(
      call(servers, 'reply', { status: 429, headers: { 'retry-after': '30' }, body: 'slow down' }),
    ).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      message: expect.stringMatching(/HTTP 429 .*retry-after: 30: slow down$/),
    })
    const pending = call(servers, 'reply', { status: 202 })
    const failed = expect(pending).rejects.toMatchObject({ code: 'TOOL_OUTCOME_UNKNOWN' })
    await expect.poll(() => http.received.filter((method) => method === 'tools/call').length).toBe(3)
    for (const open of http.streams) open.end()
    await failed
    await expect.poll(() => call(servers, 'echo').catch(() => null)).not.toBe(null)
  })

  test('leaves no connection when it is disposed', async () => {
    await using http = new ScriptedHttpServer()
    const servers = await connectMcpServers([web(await http.listen())])
    await call(servers, 'echo')
    expect(http.sessions).toBe(1)
    await servers[Symbol.asyncDispose]()
    await expect.poll(() => http.connections()).toBe(0)
    expect(http.sessions).toBe(0)
  })

  test('whose stream cannot be resumed settles the call', async () => {
    await using http = new ScriptedHttpServer()
    await using servers = await connectMcpServers([web(await http.listen())])
    const reply = { headers: stream, body: 'retry: 1\nid: 5\ndata:\n\n' }
    const expected = { code: 'TOOL_OUTCOME_UNKNOWN', message: expect.stringContaining('cannot be resumed') }
    await expect(call(servers, 'reply', reply)).rejects.toMatchObject(expected)
    http.streamStatus = 500
    await expect(call(servers, 'reply', reply)).rejects.toMatchObject(expected)
  })
})
