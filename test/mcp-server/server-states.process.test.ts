import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { expect, test } from 'vitest'
import { configFolder, fixtureServer } from './served.ts'
import { serveCommand } from './stdio-client.ts'

test('codecell serve says on standard error when a server is lost and when it is connected again', async () => {
  await using config = await configFolder({ db: fixtureServer('scripted-mcp-server.ts') })
  const transport = new StdioClientTransport({ ...serveCommand(['--config', config.file]), stderr: 'pipe' })
  let said = ''
  transport.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const client = new Client({ name: 'test', version: '1' })
  await client.connect(transport)
  const exec = async (code: string): Promise<string> =>
    JSON.stringify(await client.callTool({ name: 'exec', arguments: { code } }))
  const failed = await exec(`
    try { await tools.mcp__db__exit({ code: 9, stderr: "disk full" }) } catch (error) { text(error) }
    try { await tools.mcp__db__pid({}) } catch (error) { text(error) }`)
  expect(failed).toContain('the connection ended before the response: it exited with code 9')
  expect(failed).toContain('the server is not connected: it exited with code 9')
  await expect.poll(() => said).toContain('MCP server "db" is connected again, with 3 tools\n')
  expect(said).toMatch(/MCP server "db" is lost: it exited with code 9; .*: disk full; the next attempt .* in 0\.5 s\n/)
  expect(await exec('text((await tools.mcp__db__pid({})).content[0].text)')).toMatch(/\d+/)
  await client.close()
})
