import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { newFolder } from '../../../../test/support/folder.ts'
import { load, stdio, type Loaded } from '../../../../test/support/load-mcp-config.ts'

type Server = Loaded['servers'][number]

async function serverOf(entry: object, file = 'mcp.json', folder?: string): Promise<Server | undefined> {
  const { servers } = await load(file, { mcpServers: { a: entry, other: { command: 'x' } } }, folder)
  return servers.find(({ name }) => name === 'a')
}

function namesOf({ servers }: Loaded): readonly string[] {
  return servers.map(({ name }) => name)
}

describe('the name of a server', () => {
  const names = [
    '__proto__',
    'constructor',
    'toString',
    'my server',
    'my_server',
    'héé 名',
    'a__b',
    'plugin:a',
    ' ',
    '',
  ]
  const member = (name: string): string => `${JSON.stringify(name)}: { "command": "x" }`

  test('can be any key of JSON', async () => {
    const loaded = await load('mcp.json', `{ "mcpServers": { ${names.map(member).join(', ')} } }`)
    expect(loaded).toEqual({ servers: names.map((name) => ({ ...stdio, name })), warnings: [] })
  })

  test('can be any key of TOML', async () => {
    const tables = names.map((name) => `[mcp_servers.${JSON.stringify(name)}]\ncommand = "x"\n`)
    expect(namesOf(await load('config.toml', tables.join('')))).toEqual(names)
  })

  test('can be a member of the entries of a list', async () => {
    const list = [{ name: 'a', command: 'x' }, { command: 'x' }, 5, { name: '', command: 'x' }, { name: 'a', url: 'y' }]
    const { servers, warnings } = await load('mcp.json', { mcpServers: list })
    expect(servers).toEqual([
      { ...stdio, name: 'a' },
      ...[1, 2, 3].map((index) => ({
        type: 'invalid',
        name: `mcpServers[${index}]`,
        reason: expect.stringContaining(`server "mcpServers[${index}]" must be an object with a "name"`),
      })),
    ])
    expect(warnings).toEqual(['server "a" occurs twice; the first one is used'])
  })
})

describe('a key that JavaScript gives to every object', () => {
  test.each(['__proto__', 'constructor'])('is an own key of an entry and a variable of a server: %s', async (key) => {
    const text = `{ "mcpServers": { "a": { ${JSON.stringify(key)}: { "disabled": true }, "command": "x", "env": { ${JSON.stringify(key)}: "v" } } } }`
    const { servers, warnings } = await load('mcp.json', text)
    expect(servers).toEqual([{ ...stdio, name: 'a', env: Object.fromEntries([[key, 'v']]) }])
    expect(warnings).toEqual([`server "a" has unknown keys: "${key}"`])
  })

  test('does not hold servers', async () => {
    const text = '{ "__proto__": { "mcpServers": { "a": { "command": "x" } } } }'
    await expect(load('mcp.json', text)).rejects.toThrow('expected an object "mcpServers"')
  })

  test('is not a variable with a value', async () => {
    expect(await serverOf({ command: '${constructor:-x}', args: ['${toString:-y}'] })).toMatchObject({
      command: 'x',
      args: ['y'],
    })
    expect(await serverOf({ command: '${constructor}' })).toMatchObject({ type: 'invalid' })
  })
})

describe('a key that occurs twice in one object of JSON', () => {
  test.each([
    ['{ "mcpServers": { "a": { "command": "y" },\n "a": { "command": "x" } } }', 'a', 2],
    ['{ "mcpServers": { "b": {} },\n\n "mcpServers": { "a": { "command": "x" } } }', 'mcpServers', 3],
    ['{ "mcpServers": { "a": { "command": "y", /* here */ "command": "x" } } }', 'command', 1],
  ])('has its last value, with a warning: %s', async (text, key, line) => {
    expect(await load('mcp.json', text)).toEqual({
      servers: [{ ...stdio, name: 'a' }],
      warnings: [`the key "${key}" occurs twice in one object, again at line ${line}; the last one is used`],
    })
  })
})

describe('servers under a key that has another form', () => {
  test.each([[[]], ['text'], [5], [['x']], [true]])('do not affect the others: %j', async (servers) => {
    const loaded = await load('mcp.json', { servers, mcpServers: { a: { command: 'x' } } })
    expect(loaded).toEqual({
      servers: [{ ...stdio, name: 'a' }],
      warnings: ['"servers" is not read, because it is not an object with one entry for each server'],
    })
    await expect(load('mcp.json', { servers })).rejects.toThrow('expected an object "mcpServers"')
  })

  test('are none in an empty object', async () => {
    expect(await load('mcp.json', { mcpServers: {} })).toEqual({ servers: [], warnings: [] })
  })

  test('can be the whole file of opencode', async () => {
    const servers = { a: { type: 'local', command: ['x'] }, off: { type: 'remote', url: 'y', enabled: false } }
    expect(await load('.agents/mcp.json', { $schema: 'y', ...servers })).toEqual({
      servers: [{ ...stdio, name: 'a' }],
      warnings: [],
    })
  })
})

describe('a key of the other transport', () => {
  test.each([
    [{ command: 'x', headers: { A: 'b' } }, 'started by its command', '"headers"'],
    [
      { command: 'x', bearer_token_env_var: 'TOKEN', http_headers: { A: 'b' } },
      'started by its command',
      '"http_headers"',
    ],
    [{ type: 'stdio', command: 'x', url: 'https://a' }, 'started by its command', '"url"'],
    [{ url: 'https://a', env: { A: 'b' } }, 'reached at its URL', '"env"'],
    [{ url: 'https://a', args: ['b'], cwd: '/c', envFile: 'd' }, 'reached at its URL', '"args", "envFile", "cwd"'],
    [{ url: 'https://a', command: 'x', env_vars: ['A'] }, 'reached at its URL', '"command", "env_vars"'],
    [{ httpUrl: 'https://a', environment: { A: 'b' } }, 'reached at its URL', '"environment"'],
  ])('is reported: %j', async (entry, kind, keys) => {
    for (const [file, config] of [
      ['mcp.json', { mcpServers: { a: entry } }],
      ['opencode.json', { mcp: { servers: { a: entry } } }],
      ['config.toml', `mcp_servers = { a = ${tomlOf(entry)} }`],
    ] as const) {
      const { servers, warnings } = await load(file, config)
      expect(servers).toMatchObject([{ name: 'a' }])
      expect(warnings.filter((text) => text.includes(kind) && text.includes(keys))).toHaveLength(1)
    }
  })

  test('is not reported when it is empty', async () => {
    const empty = { headers: {}, env: {}, args: [], cwd: '', envFile: '', serverUrl: '', environment: null, type: '' }
    const { servers, warnings } = await load('mcp.json', {
      mcpServers: { a: { ...empty, command: 'x', url: '' }, b: { ...empty, command: '', url: 'https://b' } },
    })
    expect(servers).toEqual([
      { ...stdio, name: 'a' },
      { type: 'http', name: 'b', url: 'https://b', headers: {} },
    ])
    expect(warnings).toEqual([])
  })
})

function tomlOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => tomlOf(item)).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return `{ ${Object.entries(value)
    .map(([key, member]) => `${key} = ${tomlOf(member)}`)
    .join(', ')} }`
}

describe('an unknown key', () => {
  const entry = { command: 'x', frobnicate: 1 }
  test.each([
    ['for a server that is used', { mcpServers: { a: entry } }],
    ['for a server that is switched off', { mcpServers: { a: { ...entry, disabled: true } } }],
    ['for a server that a list leaves out', { mcpServers: { a: entry }, disabledMcpServers: ['a'] }],
    ['for a server that another key switches off', { mcpServers: { a: entry }, servers: { a: { enabled: false } } }],
    ['for a server that cannot be used', { mcpServers: { a: { ...entry, args: 5 }, b: { command: 'x' } } }],
  ])('is reported %s', async (_name, config) => {
    const { warnings } = await load('mcp.json', config)
    expect(warnings.filter((text) => text === 'server "a" has unknown keys: "frobnicate"')).toHaveLength(1)
  })
})

describe('a command in one string', () => {
  test.each([
    ['npx -y foo', ['npx', '-y', 'foo']],
    ['docker run -i --rm -e KEY image:1', ['docker', 'run', '-i', '--rm', '-e', 'KEY', 'image:1']],
    ['  uvx  ', ['uvx']],
    [`node "a b.js" --x='c d' ""`, ['node', 'a b.js', '--x=c d', '']],
    ['node ${DIR:-a b}/x.js $HOME', ['node', 'a b/x.js', '$HOME']],
    ['/no such/program', ['/no such/program']],
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
      expect(await load(file, { mcpServers: { a: entry } })).toEqual({
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
