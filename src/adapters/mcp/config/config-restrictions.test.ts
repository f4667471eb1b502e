import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { newFolder } from '../../../../test/support/folder.ts'
import { load, stdio, type Loaded } from '../../../../test/support/load-mcp-config.ts'
import { asksForTool, offersTool } from './tool-filter.ts'

/** Returns the server of an entry in `mcpServers` next to a server that works, null where it is switched off. */
async function serverOf(entry: unknown): Promise<Loaded['servers'][number] | null> {
  const { servers } = await load('mcp.json', { mcpServers: { a: entry, good: { command: 'x' } } })
  expect(servers.at(-1)).toMatchObject({ type: 'stdio', name: 'good' })
  return servers.length === 2 ? (servers[0] ?? null) : null
}

describe('a server that is switched off', () => {
  test.each([{ disabled: true }, { enabled: false }, { isActive: false }, { disabled: true, enabled: true }])(
    'is left out: %j',
    async (off) => {
      expect(await serverOf({ command: 'x', ...off })).toBeNull()
      expect(await serverOf({ ...off })).toBeNull()
      expect(await serverOf(null)).toBeNull()
    },
  )

  test.each([{ disabled: false }, { enabled: true }, { disabled: null, enabled: null }])(
    'differs from one that is on: %j',
    async (on) => expect(await serverOf({ command: 'x', ...on })).toMatchObject({ type: 'stdio' }),
  )

  test.each([
    [{ disabled: 'false' }, '"disabled" of server "a" must be true or false, got "false"; the server is not started'],
    [{ enabled: 'yes' }, '"enabled" of server "a" must be true or false, got "yes"'],
    [{ enabled: 0 }, '"enabled" of server "a" must be true or false, got 0'],
    [{ disable: true }, 'has the unknown key "disable"; did you mean "disabled"?'],
    [{ Enabled: false }, 'has the unknown key "Enabled"; did you mean "enabled"?'],
    [{ toolsDisabled: ['x'] }, 'did you mean "disabledTools"?'],
    [{ isEnabled: false }, 'did you mean "enabled"?'],
    [{ excludeTool: ['x'] }, 'did you mean "excludeTools"?'],
    [{ disabledTools: 'x' }, '"disabledTools" of server "a" must be a list of names of tools, got "x"'],
    [{ includeTools: [1] }, '"includeTools" of server "a" must be a list of names of tools, got a list'],
    [{ tools: 'x' }, '"tools" of server "a" must be a list of names of tools'],
    [{ tools: { x: { approval_mode: 'never' } } }, '"tools.x.approval_mode" of server "a" must be'],
    [
      { startTimeoutMs: 0 },
      '"startTimeoutMs" of server "a" must be a number of milliseconds from 1 to 2147483647, got 0',
    ],
    [{ toolTimeoutMs: '5' }, '"toolTimeoutMs" of server "a" must be a number of milliseconds'],
    [{ envFile: 'none.env' }, '"envFile" of server "a" cannot be read: ENOENT'],
    [{ command: [] }, 'requires a string "command"'],
    [{ command: '${command:x}' }, 'variables without a value: "command:x"'],
    [{ codecell: { tool: {} } }, '"codecell" has the unknown key "tool"'],
    [
      { tools: { x: { approval_mod: 'prompt' } } },
      'the unknown key "tools.x.approval_mod"; did you mean "approval_mode"?',
    ],
  ])('is not started for an unreadable value: %j', async (value, reason) => {
    expect(await serverOf({ command: 'x', ...value })).toEqual({
      type: 'invalid',
      name: 'a',
      reason: expect.stringContaining(reason),
    })
  })

  test('is named by lists outside of the entries', async () => {
    const folder = newFolder()
    const entries = { a: { command: 'x' }, b: { command: 'x' }, c: { command: 'x' } }
    const projects = { [folder]: { disabledMcpServers: ['b'] } }
    const config = { mcpServers: entries, disabledMcpServers: ['a'], projects }
    const { servers, disabled } = await load('.claude.json', config, folder)
    expect(servers.map(({ name }) => name)).toEqual(['c'])
    expect(disabled).toEqual(['a', 'b'])
    const unreadable = { mcpServers: entries, mcp: { allowed: 'a' } }
    await expect(load('settings.json', unreadable)).rejects.toThrow('"mcp.allowed" must be a list of names of servers')
  })
})

describe('the tools of a server', () => {
  test.each([
    [{}, ['read', 'drop'], []],
    [{ enabledTools: ['read'] }, ['read'], []],
    [{ tools: ['*'] }, ['read', 'drop'], []],
    [{ tools: ['re*'] }, ['read'], []],
    [{ tools: [] }, [], []],
    [{ tools: ['*'], allowed_tools: ['drop'] }, ['drop'], []],
    [{ enabled_tools: ['read', 'drop'], disabled_tools: ['drop'] }, ['read'], []],
    [{ excludeTools: ['read'] }, ['drop'], []],
    [{ tools: { read: false, drop: { enabled: 'no' } } }, [], []],
    [{ tools: { read: { approval_mode: 'prompt' }, drop: { approval_mode: 'approve' } } }, ['read', 'drop'], ['read']],
    [{ default_tools_approval_mode: 'prompt' }, ['read', 'drop'], ['read', 'drop']],
  ])('are those that %j leaves', async (restrictions, offered, asked) => {
    const server = await serverOf({ command: 'x', ...restrictions })
    if (server === null || server.type === 'invalid') throw new TypeError('expected a server')
    const tools = ['read', 'drop']
    expect(tools.filter((tool) => offersTool(server, tool))).toEqual(offered)
    expect(tools.filter((tool) => asksForTool(server, tool))).toEqual(asked)
  })
})

describe('the encoding of a file', () => {
  const text = '{"mcpServers": {"a": {"command": "é", },}, // a comment\r\n}'
  const utf16 = Buffer.from(text, 'utf16le')
  test.each([
    ['UTF-8', Buffer.from(text)],
    ['UTF-8 with a byte order mark', Buffer.from(`\uFEFF${text}`)],
    ['UTF-16 LE with a byte order mark', Buffer.from(`\uFEFF${text}`, 'utf16le')],
    ['UTF-16 BE with a byte order mark', Buffer.from(`\uFEFF${text}`, 'utf16le').swap16()],
    ['UTF-16 LE', utf16],
    ['UTF-16 BE', Buffer.from(utf16).swap16()],
  ])('can be %s', async (_name, bytes) => {
    expect((await load('mcp.json', bytes)).servers).toEqual([{ ...stdio, name: 'a', command: 'é' }])
  })

  test('does not matter to a syntax error in TOML, which has its location', async () => {
    await expect(load('config.toml', '[mcp_servers.a]\ncommand = \n')).rejects.toThrow(
      /it is not TOML: .* at line 2, column/,
    )
    await expect(load('config.toml', 'model = "x"\n')).rejects.toThrow('expected a table "mcp_servers"')
  })
})

describe('paths', () => {
  test('are relative to the folder of the file', async () => {
    const folder = newFolder()
    const entries = {
      a: { command: 'bin/a', cwd: null, url: null },
      b: { command: './b', cwd: 'sub' },
      c: { command: 'c', cwd: '~/x' },
    }
    const { servers } = await load('codecell.json', { mcpServers: entries }, folder)
    expect(servers).toMatchObject([
      { command: join(folder, 'bin/a'), cwd: null },
      { command: join(folder, 'sub/b'), cwd: join(folder, 'sub') },
      { command: 'c', cwd: '/home/ada/x' },
    ])
  })
})

test.each([
  ['toolsets'],
  ['samplingEnabled'],
  ['toolTimeoutMS_'],
  ['toolPrefix'],
  ['timeoutSeconds'],
  ['dsiplayName'],
  ['envs'],
])('the unknown key "%s" is only a warning', async (key) => {
  const { servers, warnings } = await load('mcp.json', { mcpServers: { a: { command: 'x', [key]: 'y' } } })
  expect(servers).toEqual([{ ...stdio, name: 'a' }])
  expect(warnings).toEqual([expect.stringContaining(`server "a" has unknown keys: "${key}"`)])
})

test('keys within an entry are compared with the known ones', async () => {
  const command = { path: 'x', arg: ['1'] }
  const tools = { read: { approval_mode: 'auto', frobnicate: 1 } }
  const { servers, warnings } = await load('settings.json', { context_servers: { a: { command, tools } } })
  expect(servers).toEqual([{ ...stdio, name: 'a' }])
  expect(warnings).toEqual([
    'server "a" has unknown keys: "command.arg" (did you mean "args"?), "tools.read.frobnicate"',
  ])
})

test('a server with a command can have an empty URL', async () => {
  expect(await serverOf({ command: 'y', url: '', serverUrl: null })).toEqual({ ...stdio, name: 'a', command: 'y' })
})

test('keys at the top are compared with the known ones', async () => {
  const { warnings } = await load('mcp.json', { mcpServers: { a: { command: 'x' } }, openApi: {}, theme: 'dark' })
  expect(warnings).toEqual(['unknown key "openApi" (did you mean "openapi"?)'])
})
