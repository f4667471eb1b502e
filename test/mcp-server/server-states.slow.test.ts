import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { expect, test } from 'vitest'
import { childEnv, runCli } from '../support/cli.ts'
import { configFolder, fixtureServer } from './served.ts'
import { serveCommand } from './stdio-client.ts'

test('codecell serve says on standard error when a server is lost and when it is connected again', async () => {
  await using config = await configFolder({ db: fixtureServer('scripted-mcp-server.ts') })
  const transport = new StdioClientTransport({ ...serveCommand(['--config', config.file]), stderr: 'pipe' })
  let said = ''
  transport.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const client = new Client({ name: 'test', version: '1' })
  await client.connect(transport)
  const exec = async (code: string): Promise<string> =>
    JSON.stringify(await client.callTool({ name: 'exec', arguments: { code } }))
  const failed = await exec(`
    try { await tools.mcp__db__exit({ code: 9, stderr: "disk full" }) } catch (error) { text(error) }
    try { await tools.mcp__db__pid({}) } catch (error) { text(error) }`)
  expect(failed).toContain('the connection ended before the response: it exited with code 9')
  expect(failed).toContain('the server is not connected: it exited with code 9')
  await expect.poll(() => said).toContain('MCP server "db" is connected again, with 3 tools\n')
  expect(said).toMatch(/MCP server "db" is lost: it exited with code 9; .*: disk full; the next attempt .* in 0\.5 s\n/)
  expect(await exec('text((await tools.mcp__db__pid({})).content[0].text)')).toMatch(/\d+/)
  await client.close()
})

/** A client of `codecell serve`, with its standard error. */
class Serving implements AsyncDisposable {
  readonly client: Client
  changes = 0
  said = ''

  private constructor(client: Client) {
    this.client = client
  }

  static async start(args: readonly string[]): Promise<Serving> {
    const transport = new StdioClientTransport({ ...serveCommand(args), stderr: 'pipe' })
    const client = new Client({ name: 'test', version: '1' })
    const serving = new Serving(client)
    transport.stderr?.on('data', (chunk: Buffer) => (serving.said += chunk.toString()))
    client.setNotificationHandler('notifications/tools/list_changed', () => void serving.changes++)
    await client.connect(transport)
    return serving
  }

  async toolTexts(): Promise<string> {
    return JSON.stringify((await this.client.listTools()).tools)
  }

  async call(name: string, input: Record<string, unknown> = {}): Promise<string> {
    return JSON.stringify(await this.client.callTool({ name, arguments: input }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close()
  }
}

test('codecell serve offers the tools of a server that starts after its first attempt has failed', async () => {
  await using config = await configFolder({})
  const refusal = join(config.folder, 'refusal')
  await writeFile(refusal, 'yes')
  const db = { ...fixtureServer('scripted-mcp-server.ts'), env: childEnv({ REFUSE_START: refusal }) }
  await writeFile(config.file, JSON.stringify({ mcpServers: { db, off: { command: 'x', disabled: true } } }))
  await using serving = await Serving.start(['--config', config.file, '--passthrough'])
  await expect
    .poll(() => serving.said)
    .toMatch(/Cannot start MCP server "db": .*code 7.*the next attempt to start it is in \d+\.\d s\n/s)
  expect(await serving.toolTexts()).toContain('because the servers did not start: \\"db\\"')
  await writeFile(refusal, '')
  await expect.poll(() => serving.changes, { timeout: 20_000 }).toBeGreaterThan(0)
  const texts = await serving.toolTexts()
  expect(texts).not.toContain('did not start')
  expect(texts).toContain('mcp__db__pid')
  expect(serving.said).toContain('MCP server "db" is connected, with 3 tools\n')
  expect(await serving.call('exec', { code: 'text((await tools.mcp__db__pid({})).content[0].text)' })).toMatch(/\d+/)
})

test.each([
  ['exit', { code: 9, stderr: 'disk full' }, 'it exited with code 9; the last line of its standard error: disk full'],
  ['exit', { code: 9, stderr: `\u001B[31m${'x'.repeat(1000)}` }, 'standard error: \\u{1b}[31mxxx'],
])('a direct call and a program get the same text while a server is away (%#)', async (tool, input, reason) => {
  await using config = await configFolder({})
  const refusal = join(config.folder, 'refusal')
  await writeFile(refusal, '')
  const db = { ...fixtureServer('scripted-mcp-server.ts'), env: childEnv({ REFUSE_START: refusal }) }
  await writeFile(config.file, JSON.stringify({ mcpServers: { db } }))
  await using serving = await Serving.start(['--config', config.file, '--passthrough'])
  await writeFile(refusal, 'yes')
  expect(await serving.call(`mcp__db__${tool}`, input)).toContain(JSON.stringify(reason).slice(1, -1))
  const direct = await serving.call('mcp__db__pid')
  const program = await serving.call('exec', {
    code: 'try { await tools.mcp__db__pid({}) } catch (error) { text(error) }',
  })
  for (const text of [direct, program]) {
    expect(text).toMatch(/the server is not connected: it exited with code [79]/)
    expect(text).toMatch(
      /it was not called; (?:the next attempt to start it is in \d+\.\d s|it is being started again)/,
    )
    expect(text.length).toBeLessThan(2500)
  }
  expect(await serving.toolTexts()).toContain('mcp__db__pid')
})

test('commands that end say which servers failed, are disabled or lack a named tool', async () => {
  await using config = await configFolder({
    bad: { command: 'no-such-command-here' },
    off: { command: 'x', enabled: false },
    good: { ...fixtureServer('scripted-mcp-server.ts'), disabledTools: ['exti'] },
  })
  const misspelled =
    'MCP server "good": "disabledTools" has tool "exti", which the server does not have; did you mean "exit"?'
  const tools = await runCli(['tools', '--config', config.file])
  expect(tools.out).toContain('mcp__good__pid')
  expect(tools.err).toContain('Cannot start MCP server "bad": spawn no-such-command-here ENOENT\n')
  expect(tools.err).toContain('MCP server "off" is disabled: its entry switches it off\n')
  expect(tools.err).toContain(`${misspelled}\n`)
  const exec = await runCli(['exec', '-', '--config', config.file], { stdin: 'text("ran")' })
  expect([exec.code, exec.out]).toEqual([0, expect.stringContaining('ran')])
  expect(exec.err).toContain('Cannot start MCP server "bad"')
  expect(exec.err).toContain(misspelled)
  const doctor = await runCli(['doctor', '--config', config.file])
  expect(doctor.out).toMatch(/BROKEN {2}MCP server "bad" does not start: .*\n +Install its command/)
  expect(doctor.out).toContain('ok      MCP server "off" is disabled: its entry switches it off\n')
  expect(doctor.out).toMatch(/ok {6}MCP server "good" starts and has 3 tools \(\d+ ms\)\n/)
  expect(doctor.out).toContain(misspelled)
})

test('codecell serve keeps running when its only server is tried again, and exits with 4 when it is not', async () => {
  await using config = await configFolder({ bad: { command: 'no-such-command-here' } })
  await using serving = await Serving.start(['--config', config.file])
  expect(await serving.call('exec', { code: 'text("ran")' })).toContain('ran')
  await using final = await configFolder({
    bad: { ...fixtureServer('scripted-mcp-server.ts', [], { tools: { repli: { approve: 'ask' } } }) },
  })
  expect((await runCli(['serve', '--config', final.file])).code).toBe(4)
})

test('a configuration whose servers are all switched off says so', async () => {
  await using config = await configFolder({ off: { command: 'x', enabled: false } })
  const { code, err } = await runCli(['tools', '--config', config.file])
  expect([code, err]).toEqual([
    0,
    'MCP server "off" is disabled: its entry switches it off\nNo tools are available: the configuration switches all its servers off\n',
  ])
})
