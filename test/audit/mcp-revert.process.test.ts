import { writeFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSession } from '../../src/index.ts'
import { inProcessHostPool } from '../../src/in-process.ts'
import { connectMcpServers, loadMcpConfig } from '../../src/mcp.ts'

const fixture = fileURLToPath(new URL('../fixtures/keeping-mcp-server.ts', import.meta.url))
let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'codecell-mcp-revert-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

type Settings = { readonly revert: object; readonly idempotent?: boolean }

async function load(settings: Settings): Promise<Awaited<ReturnType<typeof loadMcpConfig>>> {
  const file = join(folder, 'codecell.json')
  const server = { command: process.execPath, args: [fixture], codecell: { tools: { create: settings } } }
  writeFileSync(file, JSON.stringify({ mcpServers: { shop: server } }))
  return await loadMcpConfig(file)
}

test.each<[string, object, string, string | null, readonly string[]]>([
  ['a part of the result', { id: '$result.structuredContent.id', note: '$$x' }, 'reverted', null, ['b']],
  ['a part of the input', { id: '$input.ids.0' }, 'reverted', null, ['b']],
  [
    'a path that names nothing',
    { id: '$result.structuredContent.key' },
    'failed',
    'the call cannot be undone: $result.structuredContent.key names nothing, there is no "key"',
    ['a', 'b'],
  ],
  [
    'an input that the server refuses',
    { id: 'zzz' },
    'failed',
    'tool `delete` did not undo the call: [{"type":"text","text":"there is no zzz"}]',
    ['a', 'b'],
  ],
])('a call of an MCP tool is undone by another one with %s', async (_, input, type, text, left) => {
  await using servers = await connectMcpServers(await load({ revert: { tool: 'delete', input } }))
  await using session = await createSession({ hosts: inProcessHostPool(), tools: servers.tools })
  const source = "await tools.mcp__shop__create({ ids: ['a'] }); await tools.mcp__shop__touch({ ids: ['b'] })"
  expect(await session.execute(source)).toMatchObject({ type: 'completed' })
  const { calls } = await session.revert('1')
  expect(calls[1]).toEqual({
    callId: 'tool-1',
    key: `${session.id}/1/tool-1`,
    identifier: 'mcp__shop__create',
    type,
    text,
  })
  const listed = await session.execute('text((await tools.mcp__shop__list()).content[0].text)')
  expect(listed).toMatchObject({ items: [{ text: JSON.stringify(left) }] })
})

test('a tool that is to undo calls and is not there is named', async () => {
  await using servers = await connectMcpServers(await load({ revert: { tool: 'remove' }, idempotent: true }))
  expect(servers.tools.find(({ name }) => name === 'create')?.idempotent).toBe(true)
  await using session = await createSession({ hosts: inProcessHostPool(), tools: servers.tools })
  await session.execute("await tools.mcp__shop__create({ ids: ['a'] })")
  expect((await session.revert('1')).calls).toMatchObject([
    { type: 'failed', text: 'MCP server "shop" has no tool "remove", which would undo the call' },
  ])
})

test.each([
  ['no tool', {}, '"codecell.tools.create.revert.tool" has to be the name of a tool of this server'],
  [
    'an unknown key',
    { tool: 'delete', args: {} },
    '"codecell.tools.create.revert" has the unknown key "args"; known: tool, input',
  ],
  ['a list as input', { tool: 'delete', input: [] }, '"codecell.tools.create.revert.input" has to be an object'],
  [
    'a misspelt reference',
    { tool: 'delete', input: { ids: ['$results.id'] } },
    '"codecell.tools.create.revert.input.ids[0]" is "$results.id"; "$input.<path>", "$result.<path>" or a text is expected ("$$…" for "$…")',
  ],
])('the configuration refuses a "revert" with %s', async (_, revert, text) => {
  await expect(load({ revert })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining(text),
  })
})
