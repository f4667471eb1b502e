import { describe, expect, test } from 'vitest'
import { load, stdio, type Loaded } from '../../../../test/support/load-mcp-config.ts'
import { tomlOf } from '../../../../test/support/toml-text.ts'

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
    const { servers: read, warnings } = await load('mcp.json', `{ "mcpServers": { ${names.map(member).join(', ')} } }`)
    expect({ servers: read, warnings }).toEqual({ servers: names.map((name) => ({ ...stdio, name })), warnings: [] })
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
    const { servers: read, warnings } = await load('mcp.json', text)
    expect({ servers: read, warnings }).toEqual({
      servers: [{ ...stdio, name: 'a' }],
      warnings: [`the key "${key}" occurs twice in one object, again at line ${line}; the last one is used`],
    })
  })
})

describe('servers under a key that has another form', () => {
  test.each([[[]], ['text'], [5], [['x']], [true]])('do not affect the others: %j', async (servers) => {
    const { servers: read, warnings } = await load('mcp.json', { servers, mcpServers: { a: { command: 'x' } } })
    expect({ servers: read, warnings }).toEqual({
      servers: [{ ...stdio, name: 'a' }],
      warnings: ['"servers" is not read, because it is not an object with one entry for each server'],
    })
    await expect(load('mcp.json', { servers })).rejects.toThrow('expected an object "mcpServers"')
  })

  test('are none in an empty object', async () => {
    const { servers: read, warnings } = await load('mcp.json', { mcpServers: {} })
    expect({ servers: read, warnings }).toEqual({ servers: [], warnings: [] })
  })

  test('can be the whole file of opencode', async () => {
    const servers = { a: { type: 'local', command: ['x'] }, off: { type: 'remote', url: 'y', enabled: false } }
    const { servers: read, warnings } = await load('.agents/mcp.json', { $schema: 'y', ...servers })
    expect({ servers: read, warnings }).toEqual({
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
