import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { connectMcpServers, loadMcpConfig } from '../../src/mcp.ts'
import { callContext } from '../fixtures/call-context.ts'
import { startCli } from '../support/cli.ts'
import { newFolder } from '../support/folder.ts'

const program = fileURLToPath(new URL('../fixtures/mcp-server.ts', import.meta.url))
const good = { command: process.execPath, args: [program, 'good'] }

async function fileWith(mcpServers: object): Promise<string> {
  const file = join(newFolder(), 'codecell.json')
  await writeFile(file, JSON.stringify({ mcpServers }))
  return file
}

describe('a configuration with an unknown key and an invalid entry', () => {
  test.each([
    ['exec', ['exec', '-'], 'text((await tools.mcp__good__echo({ a: 1 })).content[0].text)', '{"a":1}'],
    ['tools', ['tools'], '', 'mcp__good__echo'],
    ['serve', ['serve'], '', ''],
  ])('is reported by codecell %s, and the other servers work', async (_name, args, stdin, output) => {
    const file = await fileWith({
      bad: { url: 5 },
      good: { ...good, comand: 'y', headers: { a: 'b' } },
      off: { enabled: false, frobnicate: 1 },
    })
    const { code, out, err } = await startCli([...args, '--config', file], { stdin }).result
    expect(out).toContain(output)
    const warnings = [
      'server "good" has unknown keys: "comand" (did you mean "command"?)',
      'server "good" is started by its command, so these keys are not read: "headers"',
      'server "off" has unknown keys: "frobnicate"',
    ]
    for (const warning of warnings) expect(err.split(warning)).toHaveLength(2)
    expect(err).toContain(`Cannot start MCP server "bad": server "bad" requires a string "url" (in ${file})`)
    expect(code).toBe(0)
  })

  test('is reported by codecell doctor', async () => {
    const file = await fileWith({ bad: { url: 5 }, good: { ...good, comand: 'y', headers: { a: 'b' } } })
    const { code, out } = await startCli(['doctor', '--json', '--config', file]).result
    const { findings }: { findings: readonly { check: string; state: string; text: string }[] } = JSON.parse(out)
    const ofServers = findings.filter(({ check }) => check === 'mcp_servers')
    expect(ofServers.map(({ state, text }) => [state, text.replace(file, 'FILE')])).toEqual([
      ['note', 'FILE: server "good" has unknown keys: "comand" (did you mean "command"?)'],
      ['note', 'FILE: server "good" is started by its command, so these keys are not read: "headers"'],
      ['broken', 'MCP server "bad" does not start: server "bad" requires a string "url" (in FILE)'],
      ['ok', expect.stringMatching(/^MCP server "good" starts and has \d+ tools \(\d+ ms\)$/)],
    ])
    expect(code).toBe(1)
  })
})

test('codecell tools lists the operations of documents when other documents and servers cannot be used', async () => {
  const file = join(newFolder(), 'codecell.json')
  const paths = { '/a': { get: { operationId: 'getA', responses: { 200: { description: 'ok' } } } } }
  const document = {
    openapi: '3.0.0',
    info: { title: 't', version: '1' },
    servers: [{ url: 'http://127.0.0.1:1' }],
    paths,
  }
  await writeFile(join(file, '../good.json'), JSON.stringify(document))
  const openapi = { wrong: { fil: 'x' }, missing: { file: 'missing.json' }, good: { file: 'good.json' } }
  await writeFile(file, JSON.stringify({ mcpServers: { bad: { url: 5 } }, openapi }))
  const { code, out, err } = await startCli(['tools', '--config', file]).result
  expect(out).toContain('getA')
  expect(err).toContain('OpenAPI document "wrong" has the unknown key "fil"')
  expect(err).toContain('missing.json')
  expect(err).toContain('Cannot start MCP server "bad"')
  expect(code).toBe(0)
})

describe('a source that cannot be used never costs the others', () => {
  const pets = fileURLToPath(new URL('../fixtures/pets-openapi.json', import.meta.url))
  const cases: readonly (readonly [name: string, config: object, flags: readonly string[], err: string])[] = [
    [
      'a bad server, and a document of a flag',
      { mcpServers: { bad: { url: 5 } } },
      ['--openapi', `pets=${pets}`],
      'server "bad"',
    ],
    [
      'two bad servers, and a document of the file',
      { mcpServers: { bad: { url: 5 }, worse: 7 }, openapi: { pets: { file: pets } } },
      [],
      'server "worse"',
    ],
    [
      'a bad document, and a document of a flag',
      { openapi: { bad: { fil: 1 } } },
      ['--openapi', `pets=${pets}`],
      'unknown key "fil"',
    ],
    [
      'bad credentials, and another document',
      { openapi: { bad: { file: pets, auth: { nosuch: { key: 'k' } } }, pets: { file: pets } } },
      [],
      'unknown security scheme "nosuch"',
    ],
    [
      'servers that are no object, and a document',
      { mcpServers: 7, openapi: { pets: { file: pets } } },
      [],
      'mcpServers',
    ],
    [
      'documents that are no object, and a document of a flag',
      { openapi: 7 },
      ['--openapi', `pets=${pets}`],
      '"openapi" must be an object',
    ],
    [
      'a variable without a value, and a document of a flag',
      { mcpServers: { bad: { url: '${NOT_SET_ANYWHERE}' } }, openapi: { bad: { file: '${NOT_SET_ANYWHERE}' } } },
      ['--openapi', `pets=${pets}`],
      'NOT_SET_ANYWHERE',
    ],
  ]
  test.each(cases)('costs nothing: %s', async (_name, config, flags, expected) => {
    const file = join(newFolder(), 'codecell.json')
    await writeFile(file, JSON.stringify(config))
    const { code, out, err } = await startCli(['tools', '--config', file, ...flags]).result
    expect(out).toContain('pets__listPets')
    expect(err).toContain(expected)
    expect(code).toBe(0)
  })

  test('documents that are no object, and a server', async () => {
    const file = join(newFolder(), 'codecell.json')
    await writeFile(file, JSON.stringify({ mcpServers: { good }, openapi: 7 }))
    const { code, out, err } = await startCli(['tools', '--config', file]).result
    expect(out).toContain('mcp__good__echo')
    expect(err).toContain('"openapi" must be an object')
    expect(code).toBe(0)
  })

  test('but a command without a source fails', async () => {
    const file = await fileWith({ bad: { url: 5 } })
    const { code, out } = await startCli(['tools', '--config', file]).result
    expect([code, out]).toEqual([2, ''])
  })
})

describe('connectMcpServers()', () => {
  test('offers only the tools that the entry leaves, and prompts where it says so', async () => {
    const tools = { echo: { approval_mode: 'prompt' }, pid: { enabled: false } }
    const settings = { codecell: { tools: { env: { approve: 'deny' } } } }
    const restrictions = { includeTools: ['echo', 'pid', 'env'], tools, default_tools_approval_mode: 'prompt' }
    const file = await fileWith({ s: { ...good, ...restrictions, ...settings } })
    await using servers = await connectMcpServers(await loadMcpConfig(file))
    expect(servers.tools.map(({ name, needsApproval }) => [name, needsApproval])).toEqual([
      ['echo', 'ask'],
      ['env', 'deny'],
    ])
  })

  test('limits the start of a server as its entry says', async () => {
    const slow = { command: process.execPath, args: [program, 'hangs-at-start'], startTimeoutMs: 300 }
    await using servers = await connectMcpServers(await loadMcpConfig(await fileWith({ slow, good })))
    expect(servers.failures).toEqual([
      { server: 'slow', message: expect.stringContaining('it did not start within 300 ms') },
    ])
    expect(servers.tools.length).toBeGreaterThan(1)
  })

  test('limits a call as the entry of its server says', async () => {
    const file = await fileWith({ s: { ...good, toolTimeoutMs: 200 } })
    await using servers = await connectMcpServers(await loadMcpConfig(file))
    const never = servers.tools.find(({ name }) => name === 'never')
    const context = callContext(new AbortController().signal)
    await expect(never?.call({}, context)).rejects.toMatchObject({ code: 'TOOL_OUTCOME_UNKNOWN' })
  })

  test('names a "cwd" that is not a folder', async () => {
    const file = await fileWith({ s: { ...good, cwd: 'none' }, good })
    await using servers = await connectMcpServers(await loadMcpConfig(file))
    expect(servers.failures).toEqual([{ server: 's', message: `"cwd" is not a folder: ${join(file, '..', 'none')}` }])
  })

  test('reports entries that are invalid in their order, also where every server is', async () => {
    await using servers = await connectMcpServers([
      { type: 'invalid', name: 'a', reason: 'one' },
      { type: 'invalid', name: 'b', reason: 'two' },
    ])
    expect(servers.failures).toEqual([
      { server: 'a', message: 'one' },
      { server: 'b', message: 'two' },
    ])
    expect(servers.tools).toEqual([])
  })
})

test('codecell tools --start-timeout limits servers without a limit of their own', async () => {
  const hangs = { command: process.execPath, args: [program, 'hangs-at-start'] }
  const file = await fileWith({ hangs, own: { ...hangs, startTimeoutMs: 350 } })
  const { code, err } = await startCli(['tools', '--config', file, '--start-timeout', '300']).result
  expect(err).toContain('Cannot start MCP server "hangs": it did not start within 300 ms')
  expect(err).toContain('Cannot start MCP server "own": it did not start within 350 ms')
  expect(code).toBe(4)
})
