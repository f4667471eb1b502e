import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { connectMcpServers, loadMcpConfig } from '../../src/mcp.ts'
import { newFolder } from '../support/folder.ts'

const program = fileURLToPath(new URL('../fixtures/mcp-server.ts', import.meta.url))

async function fileWith(entry: object): Promise<string> {
  const file = join(newFolder(), 'codecell.json')
  const server = { command: process.execPath, args: [program, 'good'], ...entry }
  await writeFile(file, JSON.stringify({ mcpServers: { s: server } }))
  return file
}

test.each([
  [{ codecel: { tools: {} } }, 'did you mean "codecell"?'],
  [{ codeCell: { tools: {} } }, 'did you mean "codecell"?'],
  [{ disable: true }, 'did you mean "disabled"?'],
  [{ codecell: { tool: {} } }, 'did you mean "tools"?'],
  [{ codecell: { tools: { echo: { aprove: 'ask' } } } }, 'did you mean "approve"?'],
  [{ codecell: { tools: { echo: { needsApproval: 'ask' } } } }, 'expected callers, deferred, approve'],
])('an entry with %j cannot be used: %s', async (entry, text) => {
  await expect(loadMcpConfig(await fileWith(entry))).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining(text),
  })
})

test('a server with settings for an unknown tool does not start, and the error suggests a tool', async () => {
  const configs = await loadMcpConfig(await fileWith({ codecell: { tools: { ehco: { approve: 'ask' } } } }))
  await using servers = await connectMcpServers(configs)
  expect(servers.tools).toEqual([])
  expect(servers.failures).toEqual([
    {
      server: 's',
      message: expect.stringContaining(
        'settings for tool "ehco", which the server does not have; did you mean "echo"?',
      ),
    },
  ])
})
