import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { newFolder } from '../../../../test/support/folder.ts'
import { logIn } from '../../../../test/support/oauth-login.ts'
import { oauthServers } from '../../../../test/support/oauth-servers.ts'
import { serverFindings } from './doctor-servers.ts'

const fixtures = oauthServers()
let home = ''
beforeEach(() => {
  home = newFolder()
  vi.stubEnv('CODECELL_HOME', home)
})
afterEach(() => vi.unstubAllEnvs())

test('the advice for a server that needs a login is the command that logs in, with its scopes', async () => {
  const file = join(newFolder(), 'mcp.json')
  writeFileSync(file, JSON.stringify({ mcpServers: { 'my server': { url: fixtures.mcp.url } } }))
  const finding = { check: 'mcp_servers', state: 'broken' }
  expect(await serverFindings(file)).toMatchObject([{ ...finding, advice: 'codecell login "my server"' }])
  await logIn(fixtures.mcp.entry(), home)
  fixtures.mcp.scopes = ['tools:write']
  expect(await serverFindings(file)).toMatchObject([
    { ...finding, advice: 'codecell login "my server" --scope "tools:write"' },
  ])
})
