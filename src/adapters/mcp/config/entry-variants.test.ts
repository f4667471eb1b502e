import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { newFolder } from '../../../../test/support/folder.ts'
import { load, stdio, type Loaded } from '../../../../test/support/load-mcp-config.ts'
import { tomlOf } from '../../../../test/support/toml-text.ts'

type Server = Loaded['servers'][number]

async function serverOf(entry: object, file = 'mcp.json', folder?: string): Promise<Server | undefined> {
  const { servers } = await load(file, { mcpServers: { a: entry, other: { command: 'x' } } }, folder)
  return servers.find(({ name }) => name === 'a')
}

describe('a command in one string', () => {
  test.each([
    ['npx -y foo', ['npx', '-y', 'foo']],
    ['docker run -i --rm -e KEY image:1', ['docker', 'run', '-i', '--rm', '-e', 'KEY', 'image:1']],
    ['  uvx  ', ['uvx']],
    [`node "a b.js" --x='c d' ""`, ['node', 'a b.js', '--x=c d', '']],
    ['node ${DIR:-a b}/x.js $HOME', ['node', 'a b/x.js', '$HOME']],
    ['/no such/program', ['/no such/program']],
    ['"/no such/program" --x', ['/no such/program', '--x']],
    ['C:\\Program Files\\node.exe', ['C:\\Program Files\\node.exe']],
    ['npx\t-y\nfoo', ['npx', '-y', 'foo']],
  ])('is split into words unless it is a path: %s', async (command, [program, ...args]) => {
    expect(await serverOf({ command })).toEqual({ ...stdio, name: 'a', command: program, args })
    expect(await serverOf({ command, args: ['last'] })).toMatchObject({ command: program, args: [...args, 'last'] })
  })

  test('can be a path with spaces, and a path with arguments', async () => {
    const folder = newFolder()
    await mkdir(join(folder, 'a b'))
    for (const name of ['a b/run', 'run']) await writeFile(join(folder, name), '')
    expect(await serverOf({ command: './a b/run' }, 'mcp.json', folder)).toMatchObject({
      command: join(folder, 'a b/run'),
      args: [],
    })
    expect(await serverOf({ command: './run --x' }, 'mcp.json', folder)).toMatchObject({
      command: join(folder, 'run'),
      args: ['--x'],
    })
  })

  test('can be longer than a path, and have characters that a path cannot have', async () => {
    const folder = newFolder()
    await writeFile(join(folder, 'run'), '')
    const script = 'x'.repeat(5000)
    expect(await serverOf({ command: `./run -e ${script}` }, 'mcp.json', folder)).toMatchObject({
      command: join(folder, 'run'),
      args: ['-e', script],
    })
    expect(await serverOf({ command: `/${script} -e` })).toMatchObject({ command: `/${script} -e`, args: [] })
    expect(await serverOf({ command: '/a\0 b' })).toMatchObject({ type: 'invalid' })
  })

  test.each([
    [
      ['cmd', '/c', 'npx', '-y', 'foo'],
      ['npx', '-y', 'foo'],
    ],
    [['CMD.EXE', '/C', 'npx'], ['npx']],
    [
      ['cmd', '/c'],
      ['cmd', '/c'],
    ],
    [
      ['bash', '-c', 'npx'],
      ['bash', '-c', 'npx'],
    ],
  ])('of the shell of Windows is run without it elsewhere: %j', async ([command, ...args], words) => {
    const [program, ...others] = process.platform === 'win32' ? [command, ...args] : words
    expect(await serverOf({ command, args })).toEqual({ ...stdio, name: 'a', command: program, args: others })
    expect(await serverOf({ command: [command, ...args] })).toMatchObject({ command: program, args: others })
    expect(await serverOf({ command: [command, ...args].join(' ') })).toMatchObject({ command: program, args: others })
  })
})

describe('values of an entry', () => {
  test('can be numbers and booleans in variables and headers, and null everywhere', async () => {
    const env = { A: 1, B: true, C: 1.5, D: '', E: null, F: -0 }
    expect(await serverOf({ command: 'x', env, args: null, cwd: null, timeout: null })).toEqual({
      ...stdio,
      name: 'a',
      env: { A: '1', B: 'true', C: '1.5', D: '', F: '0' },
    })
    expect(await serverOf({ url: 'https://a', headers: { A: 1, B: false, C: null } })).toMatchObject({
      headers: { A: '1', B: 'false' },
    })
  })

  test.each([
    [{ command: ' ' }, 'server "a" requires a string "command"'],
    [{ args: '--x' }, '"args" of server "a" must be a list of strings'],
    [{ args: [1] }, 'server "a" requires a string "args[0]"'],
    [{ env: ['A=1'] }, '"env" of server "a" must be an object of strings'],
    [{ env: { A: {} } }, 'server "a" requires a string "env.A"'],
    [
      { env_vars: [{ name: 'TOKEN', source: 'remote' }] },
      'the variable "TOKEN" in "env_vars" of server "a" has the source',
    ],
  ])('that have another form make only their entry invalid: %j', async (value, reason) => {
    expect(await serverOf({ command: 'x', ...value })).toEqual({
      type: 'invalid',
      name: 'a',
      reason: expect.stringContaining(reason),
    })
  })

  test('can come from a file with quotes, `export` and several lines', async () => {
    const folder = newFolder()
    const lines = [
      '# comment',
      'export A=1',
      ' B = "two words" # c',
      "C='$A'",
      'D="one\ntwo"',
      'E=',
      'F=a=b',
      'KEY=low',
    ]
    for (const end of ['\n', '\r\n']) {
      await writeFile(join(folder, '.env'), `\uFEFF${lines.join(end)}`)
      expect(await serverOf({ command: 'x', envFile: '.env', env: { KEY: 'high' } }, 'mcp.json', folder)).toMatchObject(
        {
          env: { A: '1', B: 'two words', C: '$A', D: 'one\ntwo', E: '', F: 'a=b', KEY: 'high' },
        },
      )
    }
  })

  test.each([
    ['${TOKEN:-x}', 't0k'],
    ['${env:NONE:-d}', 'd'],
    ['${NONE:-${TOKEN}}', 't0k'],
    ['${NONE:-a${NONE:-b}c}d', 'abcd'],
    ['${TOKEN:-${NONE}}', 't0k'],
    ['${NONE:-{"a": 1}}', '{"a": 1}'],
    ['${NONE:-}', ''],
    ['${EMPTY:-x}${EMPTY}', 'x'],
    ['$TOKEN %TOKEN% ~/x {env:TOKEN}', '$TOKEN %TOKEN% ~/x {env:TOKEN}'],
    ['${unclosed ${TOKEN}', '${unclosed t0k'],
  ])('have variables: %s', async (template, value) => {
    expect(await serverOf({ command: 'x', args: [template], env: { A: template } })).toMatchObject({
      args: [value],
      env: { A: value },
    })
  })

  test.each(['${NONE}', '${NONE:-${NONE}}', '${workspaceFolder:api}', '${config:x}', '${command:x}', '${input:x}'])(
    'are invalid with the variable %s, which has no value',
    async (template) => {
      expect(await serverOf({ command: 'x', args: [template] })).toMatchObject({
        type: 'invalid',
        reason: expect.stringContaining('variables without a value'),
      })
    },
  )

  test.each(['CLAUDE_PROJECT_DIR', 'CLAUDE_PLUGIN_ROOT', 'extensionPath', 'workspaceFolder'])(
    'can name the folder of the file: %s',
    async (variable) => {
      const folder = newFolder()
      expect(await serverOf({ command: 'x', args: [`\${${variable}}/y`] }, 'mcp.json', folder)).toMatchObject({
        args: [`${folder}/y`],
      })
    },
  )
})

test('the reason of an entry names all variables without a value', async () => {
  expect(await serverOf({ command: '${ONE}', args: ['${TWO}'], env: { A: '${THREE}' } })).toMatchObject({
    reason: expect.stringMatching(/"ONE" .*"TWO" .*"THREE"/),
  })
})

describe('a transport', () => {
  test.each([
    [{ transportType: 'sse' }, 'sse'],
    [{ transportType: 'http' }, 'http'],
    [{ type: 'streamableHttp' }, 'http'],
    [{ type: 'Streamable-HTTP' }, 'http'],
    [{ type: '', transport: 'sse' }, 'sse'],
    [{ type: 'sse', transport: 'http' }, 'sse'],
    [{}, 'http'],
  ])('has the spelling of a client: %j', async (spelled, type) => {
    const entry = { url: 'https://a/mcp', ...spelled }
    for (const file of ['cline_mcp_settings.json', 'mcp.json', '.gemini/settings.json']) {
      const { servers: read, warnings } = await load(file, { mcpServers: { a: entry } })
      expect({ servers: read, warnings }).toEqual({
        servers: [{ type, name: 'a', url: 'https://a/mcp', headers: {} }],
        warnings: [],
      })
    }
  })

  test.each(['websocket', 'ws', 5, ['http']])('of another kind makes the entry invalid: %j', async (type) => {
    expect(await serverOf({ url: 'https://a', type })).toMatchObject({
      type: 'invalid',
      reason: expect.stringContaining('expected stdio, http or sse'),
    })
  })
})

describe('the time limit of an entry', () => {
  const limited = (file: string, entry: object): Promise<Loaded> =>
    load(file, file.endsWith('.toml') ? `mcp_servers = { a = ${tomlOf(entry)} }` : { [keyOf(file)]: { a: entry } })

  function keyOf(file: string): string {
    return file === 'opencode.json' ? 'mcp' : file === '.zed/settings.json' ? 'context_servers' : 'mcpServers'
  }

  test.each([
    ['mcp.json', { command: 'x', timeout: 5000 }, { toolTimeoutMs: 5000 }],
    ['.cursor/mcp.json', { url: 'https://a', timeout: 1500.5 }, { toolTimeoutMs: 1501 }],
    ['.gemini/settings.json', { command: 'x', timeout: 600_000 }, { toolTimeoutMs: 600_000 }],
    ['cline_mcp_settings.json', { command: 'x', timeout: 60 }, { toolTimeoutMs: 60_000 }],
    ['cline_mcp_settings.json', { command: 'x', timeout: 60_000 }, { toolTimeoutMs: 60_000 }],
    ['.zed/settings.json', { command: 'x', timeout: 60 }, { toolTimeoutMs: 60_000 }],
    ['.zed/settings.json', { command: { path: 'x', args: [], timeout: 60 } }, { toolTimeoutMs: 60_000 }],
    ['opencode.json', { type: 'local', command: ['x'], timeout: 5000 }, { startTimeoutMs: 5000 }],
    ['config.toml', { command: 'x', startup_timeout_sec: 1.5 }, { startTimeoutMs: 1500 }],
    [
      'config.toml',
      { command: 'x', startup_timeout_ms: 20, tool_timeout_sec: 1 },
      { startTimeoutMs: 20, toolTimeoutMs: 1000 },
    ],
    [
      'mcp.json',
      { command: 'x', timeout: 5000, toolTimeoutMs: 1, startTimeoutMs: 2 },
      { startTimeoutMs: 2, toolTimeoutMs: 1 },
    ],
  ])('has the unit of the client: %s %j', async (file, entry, expected) => {
    const { servers, warnings } = await limited(file, entry)
    expect(servers).toMatchObject([expected])
    expect(warnings).toEqual([])
  })

  test.each([
    ['mcp.json', { command: 'x', timeout: 5 }],
    ['mcp.json', { command: 'x', timeout: 0 }],
    ['mcp.json', { command: 'x', timeout: '60s' }],
    ['.zed/settings.json', { command: { path: 'x', timeout: -1 } }],
    ['config.toml', { command: 'x', timeout: 60 }],
  ])('is reported when it is not read: %s %j', async (file, entry) => {
    const { servers, warnings } = await limited(file, entry)
    expect(servers).toEqual([{ ...stdio, name: 'a' }])
    expect(warnings).toEqual([expect.stringContaining('server "a": "timeout" is not read, because')])
  })
})

test('a URL can have white space around it', async () => {
  expect(await serverOf({ url: ' https://a/mcp\n' })).toMatchObject({ type: 'http', url: 'https://a/mcp' })
})

test.each(['.agents', '.cline', '.vscode', '.codex'])('a file in %s belongs to the folder around it', async (name) => {
  const folder = newFolder()
  expect(await serverOf({ command: './run' }, `${name}/mcp.json`, folder)).toMatchObject({
    command: join(folder, 'run'),
  })
})
