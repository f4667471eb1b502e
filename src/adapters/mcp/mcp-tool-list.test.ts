import { Client, InMemoryTransport } from '@modelcontextprotocol/client'
import { expect, test } from 'vitest'
import { listMcpTools } from './mcp-tool-list.ts'

/** A client of a server whose answer to `tools/list` is made by `listPage`. */
async function clientOf(listPage: () => object): Promise<Client> {
  const [near, far] = InMemoryTransport.createLinkedPair()
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- this class has no other way
  far.onmessage = (message) => {
    if (!('id' in message) || !('method' in message) || message.id === undefined) return
    const answer = message.method === 'initialize' ? opening : listPage()
    void far.send({ jsonrpc: '2.0', id: message.id, result: { ...answer } })
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

test('listMcpTools() reads an endless list of tools up to its limit', async () => {
  let pages = 0
  const client = await clientOf(() => ({ tools: [{ name: `tool-${pages}` }], nextCursor: String(++pages) }))
  await expect(listMcpTools(client, {})).rejects.toThrow('its list of tools exceeds 1000 pages')
  expect(pages).toBe(1000)
})
