import { describe, expect, test } from 'vitest'
import { load } from '../../../../test/support/load-mcp-config.ts'
import { asksForTool, offersTool } from './tool-filter.ts'

const tools = ['read', 'write', 'drop_all']

/** Returns the tools of the server `my db` that a file leaves, and those whose calls prompt. */
async function toolsWith(file: string, config: object): Promise<{ offered: string[]; asked: string[] }> {
  const { servers } = await load(file, config)
  const server = servers.find(({ name }) => name === 'my db')
  if (server === undefined || server.type === 'invalid') throw new TypeError('expected a server')
  const offered = tools.filter((tool) => offersTool(server, tool))
  return { offered, asked: offered.filter((tool) => asksForTool(server, tool)) }
}

describe('the tools that opencode switches off', () => {
  test.each([
    [{ tools: { 'my_db*': false } }, []],
    [{ tools: { 'my_db_*': false } }, []],
    [{ tools: { my_db: false } }, []],
    [{ tools: { '*': false } }, []],
    [{ tools: { 'my?db_w*': false } }, ['read', 'drop_all']],
    [{ tools: { 'my_db_?rite': false } }, ['read', 'drop_all']],
    [{ tools: { '*_all': false } }, ['read', 'write']],
    [{ tools: { '*db_drop*': false } }, ['read', 'write']],
    [{ tools: { 'my*a*': false } }, ['write']],
    [{ tools: { 'other*': false, read: false, my: false, my_db_: false } }, tools],
    [{ tools: { 'my_db*': false, 'my_db_re?d': true } }, ['read']],
    [{ permission: { 'my_db_*': 'deny', my_db_write: 'allow' } }, ['write']],
    [{ permission: 'deny' }, []],
  ])('are those of its patterns: %j', async (settings, offered) => {
    const mcp = { 'my db': { type: 'local', command: ['x'] } }
    expect(await toolsWith('opencode.json', { mcp, ...settings })).toEqual({ offered, asked: [] })
  })
})

describe('the tools that Claude Code switches off or prompts for', () => {
  const server = { command: 'x' }
  test.each([
    [{ deny: ['mcp__my_db'] }, [], []],
    [{ deny: ['mcp__my db__read'] }, ['write', 'drop_all'], []],
    [{ deny: ['mcp__my_db__*'] }, [], []],
    [{ deny: ['mcp__*'] }, [], []],
    [{ deny: ['mcp__my_db__drop_*'], ask: ['mcp__my_db__write'] }, ['read', 'write'], ['write']],
    [{ ask: ['mcp__my_db'], allow: ['mcp__my_db'] }, tools, tools],
    [{ deny: ['mcp__my_db__write(x:*)'], ask: ['mcp__my_db__write'] }, ['read', 'drop_all'], []],
    [{ deny: ['Bash(rm:*)', 'mcp__my', 'mcp__other__read', 5] }, tools, []],
    [{ allow: ['mcp__my_db__read'] }, tools, []],
  ])('are those of its rules: %j', async (permissions, offered, asked) => {
    const config = { mcpServers: { 'my db': server }, permissions }
    expect(await toolsWith('settings.local.json', config)).toEqual({ offered, asked })
  })
})

describe('the servers that Claude Code leaves', () => {
  const mcpServers = {
    npx: { command: 'npx', args: ['-y', 'a'] },
    shell: { command: 'cmd', args: ['/c', 'npx', '-y', 'a'] },
    near: { url: 'https://mcp.example.com:443/mcp?x=1' },
    far: { url: 'HTTPS://MCP.Other.COM./sse' },
    local: { type: 'sse', url: 'http://localhost:8080/mcp' },
  }
  const all = Object.keys(mcpServers)
  const url = (serverUrl: string): object => ({ serverUrl })
  test.each([
    [{}, all],
    [{ deniedMcpServers: [] }, all],
    [{ deniedMcpServers: null }, all],
    [{ allowedMcpServers: [] }, []],
    [{ deniedMcpServers: [{ serverName: 'npx' }] }, ['shell', 'near', 'far', 'local']],
    [{ deniedMcpServers: [{ serverCommand: ['npx', '-y'] }] }, all],
    [{ deniedMcpServers: [{ serverCommand: ['npx', '-y', 'a'] }] }, expect.not.arrayContaining(['npx'])],
    [{ deniedMcpServers: [{ serverCommand: ['cmd', '/c', 'npx', '-y', 'a'] }] }, ['npx', 'near', 'far', 'local']],
    [{ deniedMcpServers: [url('https://*.other.com/*')] }, ['npx', 'shell', 'near', 'local']],
    [{ deniedMcpServers: [url('https://mcp.example.com')] }, ['npx', 'shell', 'far', 'local']],
    [{ deniedMcpServers: [url('https://mcp.example.com:443/*')] }, ['npx', 'shell', 'far', 'local']],
    [{ deniedMcpServers: [url('https://*.com:*/*')] }, ['npx', 'shell', 'local']],
    [{ deniedMcpServers: [url('https://mcp.example.com:80'), url('https://*:8443/*')] }, all],
    [{ deniedMcpServers: [url('https://mcp.example.com/mcp')] }, all],
    [{ deniedMcpServers: [url('*://*/*')] }, ['npx', 'shell']],
    [{ deniedMcpServers: [url('http://localhost:*/*')] }, ['npx', 'shell', 'near', 'far']],
    [{ allowedMcpServers: [{ serverName: 'npx' }, { serverName: 'near' }] }, ['npx', 'near']],
    [{ allowedMcpServers: [{ serverName: 'npx' }, url('https://*.other.com/*')] }, ['npx', 'far']],
    [{ allowedMcpServers: [{ serverName: 'npx' }, { serverName: 'far' }, { serverCommand: ['b'] }] }, ['far']],
    [{ allowedMcpServers: [{ serverName: 'near' }], deniedMcpServers: [url('https://*')] }, []],
    [{ enabledMcpjsonServers: [], enableAllProjectMcpServers: false }, all],
    [{ disabledMcpjsonServers: ['npx'], enabledMcpjsonServers: ['npx'] }, ['shell', 'near', 'far', 'local']],
  ])('are those of its lists: %j', async (lists, names) => {
    const { servers, warnings } = await load('managed-mcp.json', { mcpServers, ...lists })
    expect(servers.map(({ name }) => name)).toEqual(names)
    expect(warnings).toEqual([])
  })

  test.each([
    [{ deniedMcpServers: 'npx' }, '"deniedMcpServers" must be a list of objects'],
    [{ allowedMcpServers: [{ name: 'npx' }] }, '"allowedMcpServers" must be a list of objects'],
    [{ disabledMcpServers: {}, deniedMcpServers: ['npx'] }, '"deniedMcpServers" must be a list of objects'],
  ])('are none when a list is unreadable: %j', async (lists, reason) => {
    await expect(load('mcp.json', { mcpServers, ...lists })).rejects.toThrow(reason)
  })

  test('are those of the project, whose folder can end with a slash', async () => {
    const projects = { [`${process.cwd()}/`]: { disabledMcpServers: ['npx'], enabledMcpjsonServers: [] } }
    const { servers } = await load('.claude.json', { mcpServers, projects })
    expect(servers.map(({ name }) => name)).toEqual(['shell', 'near', 'far', 'local'])
  })
})

describe('all servers of a client are switched off', () => {
  const a = { command: 'x' }
  test.each([
    ['.vscode/mcp.json', { servers: { a }, 'chat.mcp.access': 'none' }, []],
    ['settings.json', { mcp: { servers: { a } }, 'chat.mcp.enabled': false, context_servers: { b: a } }, ['b']],
    ['settings.json', { mcp: { servers: { a } }, 'chat.mcp.access': 'all', 'chat.mcp.enabled': true }, ['a']],
    ['.gemini/settings.json', { mcpServers: { a }, admin: { mcp: { enabled: false } } }, []],
    ['.gemini/settings.json', { mcpServers: { a }, admin: { mcp: { enabled: true } } }, ['a']],
  ])('by settings outside of the entries: %s %j', async (file, config, names) => {
    expect((await load(file, config)).servers.map(({ name }) => name)).toEqual(names)
  })
})

test.each([[{ autoApprove: ['read'] }], [{ alwaysAllow: ['*'] }], [{ trust: true }], [{ autoApproveTools: true }]])(
  'a key that approves calls in a client leaves prompts as they are: %j',
  async (approving) => {
    const entry = { command: 'x', default_tools_approval_mode: 'prompt', ...approving }
    const { servers, warnings } = await load('mcp.json', { mcpServers: { 'my db': entry } })
    expect(servers).toMatchObject([{ askedTools: ['*'] }])
    expect(warnings).toEqual([expect.stringContaining('approves no calls here')])
  },
)
