import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSession, type Session } from '../../src/index.ts'
import { connectMcpServers, loadMcpConfig, type McpServers } from '../../src/mcp.ts'
import { childEnv } from '../support/cli.ts'
import { sharedHosts } from '../support/hosts.ts'

const program = fileURLToPath(new URL('../fixtures/keeping-mcp-server.ts', import.meta.url))

/** Settings of tools that create things. `revert` describes how to revert a call. */
const settings = {
  create_1: { revert: { tool: 'delete', input: { id: '$result.structuredContent.id', note: '$$x' } } },
  create_2: { revert: { tool: 'delete', input: { id: '$input.ids.0' } } },
  create_3: { revert: { tool: 'delete', input: { id: '$result.structuredContent.key' } } },
  create_4: { revert: { tool: 'delete', input: { id: 'zzz' } } },
  create_5: { revert: { tool: 'remove' }, idempotent: true },
}

/** Loads a configuration with these settings. The server has a tool for each of them, which creates a thing. */
async function load(tools: Readonly<Record<string, object>>): ReturnType<typeof loadMcpConfig> {
  const folder = mkdtempSync(join(tmpdir(), 'codecell-mcp-revert-'))
  try {
    const file = join(folder, 'codecell.json')
    const env = childEnv({ MORE_TOOLS: Object.keys(tools).join() })
    const server = { command: process.execPath, args: [program], env, codecell: { tools } }
    writeFileSync(file, JSON.stringify({ mcpServers: { shop: server } }))
    return await loadMcpConfig(file)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe('a call of an MCP tool', () => {
  let servers: McpServers
  let session: Session
  beforeAll(async () => {
    servers = await connectMcpServers(await load(settings))
    session = await createSession({ hosts: sharedHosts('in-process'), tools: servers.tools })
  })
  afterAll(async () => {
    await session.close()
    await servers[Symbol.asyncDispose]()
  })

  /** Creates `a` with a tool and `b` with one without settings, then reverts the cell. Returns the call of `a` and what is left. */
  async function revertedCall(tool: string): Promise<{ call: unknown; names: object; left: unknown }> {
    await session.execute('await tools.mcp__shop__clear()')
    const source = `await tools.mcp__shop__${tool}({ ids: ['a'] }); await tools.mcp__shop__touch({ ids: ['b'] })`
    const { type, cellId } = await session.execute(source)
    expect(type).toBe('completed')
    const { calls } = await session.revert(cellId)
    const names = { callId: 'tool-1', key: `${session.id}/${cellId}/tool-1`, identifier: `mcp__shop__${tool}` }
    const listed = await session.execute('text((await tools.mcp__shop__list()).content[0].text)')
    const [left] = 'items' in listed ? listed.items : []
    return { call: calls[1], names, left }
  }

  test.each([
    ['a part of its result', 'create_1'],
    ['a part of its input', 'create_2'],
  ])('another tool reverts the call with %s', async (_, tool) => {
    const { call, names, left } = await revertedCall(tool)
    expect(call).toEqual({ ...names, type: 'reverted', text: null })
    expect(left).toEqual({ type: 'input_text', text: '["b"]' })
  })

  test.each([
    [
      'the path in its input does not exist',
      'create_3',
      'Cannot revert the call: $result.structuredContent.key does not exist, "key" is missing',
    ],
    [
      'the server rejects the input',
      'create_4',
      'tool `delete` did not revert the call: [{"type":"text","text":"there is no zzz"}]',
    ],
    [
      'the server does not have that tool',
      'create_5',
      'MCP server "shop" has no tool "remove", which would revert the call',
    ],
  ])('another tool does not revert the call when %s', async (_, tool, text) => {
    const { call, names, left } = await revertedCall(tool)
    expect(call).toEqual({ ...names, type: 'failed', text })
    expect(left).toEqual({ type: 'input_text', text: '["a","b"]' })
  })

  test('a tool is idempotent when its configuration declares it', () => {
    const known = servers.tools.filter(({ idempotent }) => idempotent === true)
    expect(known.map(({ name }) => name)).toEqual(['create_5'])
  })
})

test.each([
  ['no tool', {}, '"codecell.tools.create.revert.tool" must be the name of a tool of this server'],
  [
    'an unknown key',
    { tool: 'delete', args: {} },
    '"codecell.tools.create.revert" has the unknown key "args"; expected tool, input',
  ],
  ['a list as input', { tool: 'delete', input: [] }, '"codecell.tools.create.revert.input" must be an object'],
  [
    'a misspelled reference',
    { tool: 'delete', input: { ids: ['$results.id'] } },
    '"codecell.tools.create.revert.input.ids[0]" is "$results.id"; expected "$input.<path>", "$result.<path>" or another string ("$$…" for "$…")',
  ],
])('the configuration rejects a "revert" with %s', async (_, revert, text) => {
  await expect(load({ create: { revert } })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining(text),
  })
})
