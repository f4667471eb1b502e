import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { createSession, type Tool } from '../../../src/index.ts'
import { connectMcpServers } from '../../../src/mcp.ts'
import { childEnv } from '../../support/cli.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { textsOf } from '../../support/texts.ts'

const program = fileURLToPath(new URL('../../fixtures/raw-mcp-server.ts', import.meta.url))

test('a cell keeps the tools it started with when a server changes them, and the next cell has the new ones', async () => {
  await using servers = await connectMcpServers([
    {
      type: 'stdio',
      name: 's',
      command: process.execPath,
      args: [program, 'changes-tools'],
      env: childEnv(),
      cwd: null,
    },
  ])
  const [first] = servers.tools
  expect(first).toMatchObject({
    name: 'change',
    namespaceDescription: 'Raw tools.',
    annotations: { title: 'T', readOnlyHint: true },
  })
  expect(first?.annotations).not.toHaveProperty('destructiveHint')
  const gate = Promise.withResolvers<null>()
  const wait: Tool = { name: 'wait_for_change', call: () => gate.promise }
  await using session = await createSession({ hosts: sharedHosts('in-process'), tools: [wait, ...servers.tools] })
  servers.onToolsChanged(() => {
    throw new Error('one listener must not keep the change from another')
  })
  servers.onToolsChanged((tools) => {
    session.setTools(tools)
    gate.resolve(null)
  })
  const running = await session.execute(`
    await tools.mcp__s__change()
    await tools.wait_for_change()
    try { await tools.mcp__s__tool_0() } catch (error) { text(error) }
    text(Object.keys(tools).join())`)
  expect(textsOf(running)).toEqual([
    'tool `tool-0` of MCP server "s" failed: the server has removed it',
    'mcp__s__change,mcp__s__tool_0,wait_for_change',
  ])
  expect(textsOf(await session.execute('text(Object.keys(tools).join())'))).toEqual(['mcp__s__change,mcp__s__tool_1'])
})
