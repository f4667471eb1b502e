import { writeFile } from 'node:fs/promises'
import { basename, join, sep } from 'node:path'
import { describe, expect, test } from 'vitest'
import { newFolder } from '../../../../test/support/folder.ts'
import { load, stdio } from '../../../../test/support/load-mcp-config.ts'

describe('the file of a client is read:', () => {
  test('Claude Code', async () => {
    const { servers, warnings } = await load('.mcp.json', {
      mcpServers: {
        db: {
          type: 'stdio',
          command: '${CLAUDE_PROJECT_DIR}/db.sh',
          args: ['--level', '${LEVEL:-info}'],
          env: { KEY: '${TOKEN}', PORT: 80, NONE: null },
          timeout: 600_000,
        },
        api: { type: 'http', url: 'https://a.example/mcp', headers: { Authorization: 'Bearer ${TOKEN}' }, oauth: {} },
        old: { type: 'sse', url: 'https://a.example/sse', timeout: 500 },
      },
    })
    expect(servers).toEqual([
      {
        ...stdio,
        name: 'db',
        command: expect.stringMatching(/^\/.*\/db\.sh$/),
        args: ['--level', 'info'],
        env: { KEY: 't0k', PORT: '80' },
        toolTimeoutMs: 600_000,
      },
      { type: 'http', name: 'api', url: 'https://a.example/mcp', headers: { Authorization: 'Bearer t0k' } },
      { type: 'sse', name: 'old', url: 'https://a.example/sse', headers: {} },
    ])
    expect(warnings).toEqual(['server "old": "timeout" is not read, because it is in milliseconds and less than 1000'])
  })

  test('Claude Code, the file of the user with servers of the working folder', async () => {
    const projects = {
      [process.cwd()]: { mcpServers: { own: { command: 'x' } }, disabledMcpServers: ['off'], history: [] },
      '/elsewhere': { mcpServers: { other: { command: 'x' } }, disabledMcpServers: ['all'] },
    }
    const mcpServers = { off: { command: 'x' }, all: { command: 'x' }, own: { command: 'of the user' } }
    const { servers, warnings } = await load('.claude.json', { numStartups: 5, mcpServers, projects })
    expect(servers).toEqual([
      { ...stdio, name: 'own' },
      { ...stdio, name: 'all' },
    ])
    expect(warnings).toEqual(['server "own" occurs twice; the first one is used'])
  })

  test('Cursor', async () => {
    const folder = newFolder()
    await writeFile(join(folder, '.env'), '\uFEFFFROM_FILE="of file"\r\nKEY=low\r\n# a comment\r\n')
    const { servers, warnings } = await load(
      '.cursor/mcp.json',
      {
        mcpServers: {
          a: {
            command: 'node',
            args: ['${userHome}${/}x${pathSeparator}y', '${workspaceFolderBasename}', '${workspaceFolder}'],
            env: { KEY: '${env:TOKEN}' },
            envFile: '${workspaceFolder}/.env',
            cwd: 'sub',
          },
          b: { url: 'https://b.example/mcp', auth: { CLIENT_ID: 'x' } },
        },
      },
      folder,
    )
    expect(servers).toEqual([
      {
        ...stdio,
        name: 'a',
        command: 'node',
        args: [`/home/ada${sep}x${sep}y`, basename(folder), folder],
        env: { FROM_FILE: 'of file', KEY: 't0k' },
        cwd: join(folder, 'sub'),
      },
      { type: 'http', name: 'b', url: 'https://b.example/mcp', headers: {}, oauth: { clientId: 'x' } },
    ])
    expect(warnings).toEqual([])
  })

  test('VS Code, where an entry with an input is invalid', async () => {
    const folder = newFolder()
    await writeFile(join(folder, 'my.env'), 'A=1')
    const { servers, warnings } = await load(
      '.vscode/mcp.json',
      {
        inputs: [{ type: 'promptString', id: 'key', description: 'A key', password: true }],
        servers: {
          a: { type: 'stdio', command: './bin/a', envFile: 'my.env', dev: { watch: 'src/**' }, gallery: true },
          b: { type: 'http', url: 'https://b.example', headers: { 'X-Key': '${input:key}' } },
          c: { command: 'c', sandboxEnabled: true },
        },
      },
      folder,
    )
    const file = join(folder, '.vscode/mcp.json')
    expect(servers).toEqual([
      { ...stdio, name: 'a', command: join(folder, 'bin/a'), env: { A: '1' } },
      {
        type: 'invalid',
        name: 'b',
        reason: `variables without a value: "input:key" (headers.X-Key of server "b"); set them, or write \${NAME:-default}; inputs are not supported here, so use \${NAME} instead (in ${file})`,
      },
      { type: 'invalid', name: 'c', reason: expect.stringContaining('asks for a sandbox') },
    ])
    expect(warnings).toEqual([])
  })

  test('VS Code settings', async () => {
    const { servers } = await load('settings.json', { 'editor.x': 1, mcp: { servers: { a: { command: 'x' } } } })
    expect(servers).toEqual([{ ...stdio, name: 'a' }])
  })

  test('Windsurf', async () => {
    const { servers, warnings } = await load('mcp_config.json', {
      mcpServers: {
        a: { serverUrl: 'https://a.example/mcp', headers: { 'X-Key': '${env:TOKEN}' }, disabledTools: ['drop'] },
        off: { command: 'x', disabled: true },
      },
    })
    const headers = { 'X-Key': 't0k' }
    expect(servers).toEqual([
      { type: 'http', name: 'a', url: 'https://a.example/mcp', headers, disabledTools: ['drop'] },
    ])
    expect(warnings).toEqual([])
  })

  test('Gemini CLI', async () => {
    const { servers, warnings } = await load('.gemini/settings.json', {
      theme: 'x',
      mcp: { allowed: ['a', 'b', 'c'], excluded: ['c'] },
      tools: { exclude: ['b__drop', 'mcp_b_send', 'run_shell_command(rm)'], core: ['x'] },
      mcpServers: {
        a: {
          command: 'python',
          env: { KEY: '$TOKEN', OTHER: '${TOKEN}', LITERAL: '$UNSET' },
          timeout: 30_000,
          trust: true,
          includeTools: ['one', 'two(x)'],
          excludeTools: ['two'],
        },
        b: { httpUrl: 'https://b.example/mcp', authProviderType: 'dynamic_discovery' },
        c: { command: 'c' },
        d: { command: 'd' },
      },
    })
    expect(servers).toEqual([
      {
        ...stdio,
        name: 'a',
        command: 'python',
        env: { KEY: 't0k', OTHER: 't0k', LITERAL: '$UNSET' },
        toolTimeoutMs: 30_000,
        enabledTools: ['one', 'two'],
        disabledTools: ['b__drop', 'mcp_b_send', 'two'],
        sharedNames: ['b__drop', 'mcp_b_send'],
      },
      { type: 'http', name: 'b', url: 'https://b.example/mcp', headers: {}, disabledTools: ['drop', 'send'] },
    ])
    expect(warnings).toEqual(['server "a": "trust" approves no calls here; use "approve" of "codecell"'])
  })

  test('Cline', async () => {
    const { servers, warnings } = await load('cline_mcp_settings.json', {
      mcpServers: {
        a: { type: 'streamableHttp', url: 'https://a.example/mcp', timeout: 60, autoApprove: ['x'], disabled: false },
        b: { command: 'x', alwaysAllow: [], disabled: true },
      },
    })
    expect(servers).toEqual([
      { type: 'http', name: 'a', url: 'https://a.example/mcp', headers: {}, toolTimeoutMs: 60_000 },
    ])
    expect(warnings).toEqual(['server "a": "autoApprove" approves no calls here; use "approve" of "codecell"'])
  })

  test('Codex', async () => {
    const text = `
      model = "gpt-5"
      [mcp_servers.a]
      command = "sh"
      args = ["-c", "echo \${HOME}"]
      env_vars = ["TOKEN", { name = "UNSET" }]
      enabled_tools = ["one", "two"]
      disabled_tools = ["two"]
      startup_timeout_sec = 2.5
      tool_timeout_sec = 60
      default_tools_approval_mode = "auto"
      required = true
      [mcp_servers.a.env]
      KEY = "value"
      [mcp_servers.a.tools.one]
      approval_mode = "prompt"
      [mcp_servers.b]
      url = "https://b.example/mcp"
      bearer_token_env_var = "TOKEN"
      http_headers = { "X-A" = "1" }
      env_http_headers = { "X-B" = "TOKEN", "X-C" = "UNSET" }
      [mcp_servers.off]
      command = "x"
      enabled = false
    `.replaceAll('\n', '\r\n')
    const { servers, warnings } = await load('.codex/config.toml', text)
    expect(servers).toEqual([
      {
        ...stdio,
        name: 'a',
        command: 'sh',
        args: ['-c', 'echo ${HOME}'],
        env: { TOKEN: 't0k', KEY: 'value' },
        enabledTools: ['one', 'two'],
        disabledTools: ['two'],
        askedTools: ['one'],
        startTimeoutMs: 2500,
        toolTimeoutMs: 60_000,
      },
      {
        type: 'http',
        name: 'b',
        url: 'https://b.example/mcp',
        headers: { 'X-A': '1', 'X-B': 't0k', Authorization: 'Bearer t0k' },
      },
    ])
    expect(warnings).toEqual([])
  })

  test('Zed', async () => {
    const { servers, warnings } = await load(
      '.zed/settings.json',
      `{ "vim_mode": true, // a comment
        "context_servers": {
          "old": { "command": { "path": "x", "args": ["1"], "env": { "A": "$B \${C}" } }, "settings": {} },
          "new": { "source": "custom", "enabled": true, "command": "y", "args": [], "env": {}, "timeout": 5 },
          "far": { "url": "https://far.example/mcp" },
          "off": { "enabled": false, "command": "x" },
          "ext": { "source": "extension", "settings": { "key": 1 } },
        } }`,
    )
    expect(servers).toEqual([
      { ...stdio, name: 'old', args: ['1'], env: { A: '$B ${C}' } },
      { ...stdio, name: 'new', command: 'y', toolTimeoutMs: 5000 },
      { type: 'http', name: 'far', url: 'https://far.example/mcp', headers: {} },
      { type: 'invalid', name: 'ext', reason: expect.stringContaining('which only Zed can start') },
    ])
    expect(warnings).toEqual([])
  })

  test('Zed, with permissions of tools', async () => {
    const tools = {
      'mcp:a:drop': { default: 'deny' },
      'mcp:a:send': { default: 'confirm' },
      'mcp:a:copy': { default: 'allow', always_deny: [{ pattern: 'x' }] },
      'mcp:a:read': { default: 'allow' },
      'mcp:other:x': { default: 'deny' },
    }
    const agent = { tool_permissions: { default: 'allow', tools } }
    const { servers } = await load('settings.json', {
      agent,
      context_servers: { a: { command: 'x', disabledTools: ['read'] } },
    })
    expect(servers).toEqual([
      {
        ...stdio,
        name: 'a',
        disabledTools: ['!*', 'drop', '!send', '!copy', '!read', 'read'],
        askedTools: ['!*', '!drop', 'send', 'copy', '!read'],
      },
    ])
  })

  test('opencode', async () => {
    const folder = newFolder()
    await writeFile(join(folder, 'key.txt'), 'secret\n')
    const { servers, warnings } = await load(
      'opencode.jsonc',
      {
        $schema: 'https://opencode.ai/config.json',
        mcp: {
          a: {
            type: 'local',
            command: ['bun', 'x', '{env:TOKEN}'],
            environment: { KEY: '{file:key.txt}', PLAIN: '${TOKEN}' },
            enabled: true,
            timeout: 5000,
          },
          b: { type: 'remote', url: 'https://b.example/mcp', oauth: {} },
          off: { type: 'local', command: ['x'], enabled: false },
        },
        tools: { 'b_*': false, b_read: true, 'other_*': false },
        permission: { a_write: 'ask', a_drop: 'deny', bash: 'deny' },
      },
      folder,
    )
    const env = { KEY: 'secret', PLAIN: '${TOKEN}' }
    expect(servers).toEqual([
      {
        ...stdio,
        name: 'a',
        command: 'bun',
        args: ['x', 't0k'],
        env,
        startTimeoutMs: 5000,
        disabledTools: ['!write', 'drop'],
        askedTools: ['write', '!drop'],
      },
      { type: 'http', name: 'b', url: 'https://b.example/mcp', headers: {}, disabledTools: ['*', '!read'] },
    ])
    expect(warnings).toEqual([])
  })

  test('opencode 2', async () => {
    const servers = { a: { type: 'local', command: ['x'] }, off: { type: 'local', command: ['x'], disabled: true } }
    expect(await load('opencode.json', { mcp: { servers } })).toEqual({
      servers: [{ ...stdio, name: 'a' }],
      disabled: ['off'],
      warnings: [],
    })
  })

  test('one file can have the servers of several clients', async () => {
    const a = { command: 'x' }
    const { servers, warnings } = await load('mcp.json', { mcpServers: { a }, servers: { a, b: a } })
    expect(servers.map(({ name }) => name)).toEqual(['a', 'b'])
    expect(warnings).toEqual(['server "a" occurs twice; the first one is used'])
    const off = await load('mcp.json', { mcpServers: { a, b: a }, servers: { a: { ...a, enabled: false } } })
    expect(off.servers.map(({ name }) => name)).toEqual(['b'])
  })
})
