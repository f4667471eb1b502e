import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { newFolder } from '../../../../test/support/folder.ts'
import { connectMcpServers } from '../mcp-servers.ts'
import { loadMcpConfig } from './mcp-config.ts'

test.each([
  ['{"url":"https://a","headers":{"authorization":"Bearer ${TOKEN}"}}', 'the header "authorization" of server "a"'],
  ['{"url":"https://a","headers":{"x":"Bearer … s3cret"}}', 'the header "x" of server "a"'],
  ['{"url":"https://a","headers":{"x y":"s3cret"}}', '"x y" in "headers" of server "a" is not a name of a header'],
  ['{"type":"sse","url":"https://a","headers":{"x":"s3cret\\u0000"}}', 'the header "x" of server "a"'],
  ['{"command":"a","env":{"KEY":"s3cret\\u0000"}}', 'the variable "KEY" of server "a" has a null character'],
  ['{"command":"a","env":{"KEY\\u0000":"s3cret"}}', 'the variable "KEY\\u0000" of server "a" has a null character'],
  ['{"command":"a","args":["--key","s3cret\\u0000"]}', 'argument 1 of server "a" has a null character'],
  ['{"command":"/a\\u0000 --key s3cret"}', 'the command of server "a" has a null character'],
  ['{"command":["a\\u0000","s3cret"]}', 'the command of server "a" has a null character'],
  ['{"command":"a","cwd":"/s3cret\\u0000"}', '"cwd" of server "a" has a null character'],
])('the value that cannot be used in %s makes its entry invalid, and is not shown', async (entry, reason) => {
  const file = join(newFolder(), 'mcp.json')
  writeFileSync(file, `{"mcpServers":{"a":${entry},"b":{"command":"b"}}}`)
  const [a, b] = await loadMcpConfig(file, { env: { TOKEN: 's3cret\nsecond line' } })
  expect([a?.type, b?.type]).toEqual(['invalid', 'stdio'])
  expect(JSON.stringify(a)).toContain(JSON.stringify(reason).slice(1, -1))
  expect(JSON.stringify(a)).not.toContain('s3cret')
})

test('a header in code that cannot be sent fails the start without further attempts, and is not shown', async () => {
  const headers = { authorization: 'Bearer s3cret\nsecond line' }
  await using servers = await connectMcpServers([{ type: 'http', name: 'a', url: 'http://127.0.0.1:1', headers }])
  expect(servers.status).toMatchObject([{ state: 'failed', nextAttemptAt: null }])
  expect(JSON.stringify(servers.failures)).toContain('the header \\"authorization\\" of server')
  expect(JSON.stringify(servers.failures)).not.toContain('s3cret')
})
