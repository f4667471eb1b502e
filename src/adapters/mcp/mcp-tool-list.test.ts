import { Client, InMemoryTransport } from '@modelcontextprotocol/client'
import { expect, test } from 'vitest'
import { listMcpTools } from './mcp-tool-list.ts'

/** A client of a server whose answer to `tools/list` is made by `listPage`. */
async function clientOf(listPage: () => object, capabilities: object = { tools: {} }): Promise<Client> {
  const [near, far] = InMemoryTransport.createLinkedPair()
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- this class has no other way
  far.onmessage = (message) => {
    if (!('id' in message) || !('method' in message) || message.id === undefined) return
    const answer = message.method === 'initialize' ? { ...opening, capabilities } : listPage()
    const isError = 'code' in answer
    const fields = isError ? { error: { code: -32_601, message: 'no method' } } : { result: { ...answer } }
    void far.send({ jsonrpc: '2.0', id: message.id, ...fields })
  }
  await far.start()
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: 'legacy' } })
  await client.connect(near)
  return client
}

const opening = {
  protocolVersion: '2025-06-18',
  capabilities: { tools: {} },
  serverInfo: { name: 'server', version: '1' },
}

test('listMcpTools() ends an endless list at its limit, with a warning', async () => {
  let pages = 0
  const client = await clientOf(() => ({ tools: [{ name: `tool-${pages}` }], nextCursor: String(++pages) }))
  const { tools, warnings } = await listMcpTools(client, {})
  expect([tools.length, warnings]).toEqual([1001, ['its list of tools exceeds 1000 pages']])
})

test.each([[['a']], [['a', 'b']], [['a', 'b', 'c']]])(
  'listMcpTools() ends a list whose cursors %j repeat, with a warning',
  async (cursors) => {
    let page = 0
    const client = await clientOf(() => ({
      tools: [{ name: `tool-${page % cursors.length}` }],
      nextCursor: cursors[page++ % cursors.length],
    }))
    const { tools, warnings } = await listMcpTools(client, {})
    expect(new Set(tools.map(({ name }) => name)).size).toBe(cursors.length)
    expect(warnings).toContain('its list of tools repeats a page')
    expect(page).toBe(cursors.length + 1)
  },
)

test.each([null, undefined, '', false, {}, []])('listMcpTools() ends a list with the cursor %j', async (nextCursor) => {
  const client = await clientOf(() => ({ tools: [{ name: 'a' }], nextCursor }))
  expect(await listMcpTools(client, {})).toMatchObject({ tools: [{ name: 'a' }], warnings: [] })
})

test('listMcpTools() sends a number that a server uses as its cursor', async () => {
  let page = 0
  const client = await clientOf(() => ({ tools: [{ name: `t${page}` }], nextCursor: page++ === 0 ? 7 : null }))
  expect((await listMcpTools(client, {})).tools.map(({ name }) => name)).toEqual(['t0', 't1'])
})

test('listMcpTools() uses the first of several tools with one name, with a warning', async () => {
  const tools = [{ name: 'a', description: 'one' }, { name: 'a', description: 'two' }, { name: 'b' }, { name: 'a' }]
  const { tools: listed, warnings } = await listMcpTools(await clientOf(() => ({ tools })), {})
  expect(listed.map(({ name, description }) => [name, description])).toEqual([
    ['a', 'one'],
    ['b', ''],
  ])
  expect(warnings).toEqual(['it lists tool "a" twice; the first one is used'])
})

test('listMcpTools() reads 10,000 tools, and leaves out more with a warning', async () => {
  const tools = Array.from({ length: 10_000 }, (_, index) => ({ name: `tool-${index}` }))
  const exact = await listMcpTools(await clientOf(() => ({ tools })), {})
  expect([exact.tools.length, exact.warnings]).toEqual([10_000, []])
  const more = await listMcpTools(await clientOf(() => ({ tools: [...tools, { name: 'last' }] })), {})
  expect([more.tools.length, more.warnings]).toEqual([
    10_000,
    ['it lists more than 10000 tools; the others are left out'],
  ])
})

test('listMcpTools() reads null as no tools, and reports tools without a name', async () => {
  expect(await listMcpTools(await clientOf(() => ({ tools: null })), {})).toEqual({ tools: [], warnings: [] })
  const odd = await listMcpTools(await clientOf(() => ({ tools: [null, 5, { name: '' }, { name: 'a' }] })), {})
  expect(odd.tools.map(({ name }) => name)).toEqual(['a'])
  expect(odd.warnings).toEqual(
    [null, 5, { name: '' }].map((tool) => `it lists a tool without a name: ${JSON.stringify(tool)}`),
  )
  await expect(listMcpTools(await clientOf(() => ({ tools: 'soon' })), {})).rejects.toThrow('got "soon"')
})

test('listMcpTools() warns about an error of a server that declares no tools, and rejects for another server', async () => {
  expect(await listMcpTools(await clientOf(() => ({ code: 1 }), {}), {})).toEqual({
    tools: [],
    warnings: ['it does not declare tools and has not listed any: no method'],
  })
  await expect(listMcpTools(await clientOf(() => ({ code: 1 })), {})).rejects.toThrow('no method')
})
