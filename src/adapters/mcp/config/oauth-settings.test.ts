import { describe, expect, test } from 'vitest'
import { load } from '../../../../test/support/load-mcp-config.ts'

const url = 'https://a.example/mcp'

async function oauthOf(name: string, entry: object, root = 'mcpServers'): Promise<unknown> {
  const { servers } = await load(name, JSON.stringify({ [root]: { s: { url, ...entry } } }))
  const [server] = servers
  return server?.type === 'http' ? server.oauth : server
}

describe('the OAuth settings of', () => {
  test.each([
    [
      'Claude Code',
      '.mcp.json',
      { oauth: { clientId: 'c', callbackPort: 8080, scopes: 'a b' } },
      { clientId: 'c', callbackPort: 8080, scopes: ['a', 'b'] },
    ],
    [
      'Claude Code',
      '.mcp.json',
      { oauth: { authServerMetadataUrl: 'https://b.example/m' } },
      { authServerMetadataUrl: 'https://b.example/m' },
    ],
    [
      'Cursor',
      '.cursor/mcp.json',
      { auth: { CLIENT_ID: 'c', CLIENT_SECRET: '${env:TOKEN}', scopes: ['a'] } },
      { clientId: 'c', clientSecret: 't0k', scopes: ['a'] },
    ],
    [
      'Gemini CLI',
      '.gemini/settings.json',
      { oauth: { enabled: true, clientId: 'c', redirectUri: 'http://localhost:7777/x', tokenUrl: 'https://b/t' } },
      { clientId: 'c', redirectUrl: 'http://localhost:7777/x' },
    ],
    ['Gemini CLI', '.gemini/settings.json', { oauth: { enabled: false } }, false],
    [
      'codecell',
      'codecell.json',
      { oauth: { clientId: 'c', clientSecret: '${TOKEN}', grantType: 'client_credentials' } },
      { clientId: 'c', clientSecret: 't0k', grantType: 'client_credentials' },
    ],
    [
      'codecell',
      'codecell.json',
      { oauth: { clientMetadataUrl: 'https://b.example/c.json', resource: 'https://r.example' } },
      { clientMetadataUrl: 'https://b.example/c.json', resource: 'https://r.example' },
    ],
    ['an entry without any', 'codecell.json', { oauth: {} }, undefined],
  ])('%s are read', async (_, name, entry, expected) => {
    expect(await oauthOf(name, entry)).toEqual(expected)
  })

  test('VS Code, Zed and opencode are read', async () => {
    expect(await oauthOf('.vscode/mcp.json', { oauth: { clientId: 'c' } }, 'servers')).toEqual({ clientId: 'c' })
    expect(await oauthOf('settings.json', { oauth: { client_id: 'c' } }, 'context_servers')).toEqual({ clientId: 'c' })
    const opencode = { type: 'remote', oauth: { clientId: 'c', clientSecret: '{env:TOKEN}', scope: 'a b' } }
    expect(await oauthOf('opencode.json', opencode, 'mcp')).toEqual({
      clientId: 'c',
      clientSecret: 't0k',
      scopes: ['a', 'b'],
    })
    expect(await oauthOf('opencode.json', { type: 'remote', oauth: false }, 'mcp')).toBe(false)
  })

  test('Codex are read, with the secret of a variable', async () => {
    const text = `[mcp_servers.s]\nurl = "${url}"\nscopes = ["a"]\noauth_resource = "https://r"\n[mcp_servers.s.oauth]\nclient_id = "c"\nclient_secret_env_var = "TOKEN"\n`
    const { servers } = await load('config.toml', text)
    const oauth = { clientId: 'c', clientSecret: 't0k', scopes: ['a'], resource: 'https://r' }
    expect(servers).toMatchObject([{ oauth }])
  })
})

test.each([
  [{ oauth: 'yes' }, '"oauth" of server "s" must be an object or false'],
  [{ oauth: { enabled: 'no' } }, '"oauth.enabled" of server "s" must be true or false'],
  [{ oauth: { callbackPort: 0 } }, '"oauth.callbackPort" of server "s" must be a port'],
  [{ oauth: { grantType: 'password' } }, '"oauth.grantType" of server "s" must be "authorization_code" or'],
  [{ oauth: { grantType: 'client_credentials', clientId: 'c' } }, 'must have a "clientId" and a "clientSecret"'],
  [{ oauth: { clientId: 5 } }, 'requires a string "oauth.clientId"'],
  [{ oauth: { redirectUrl: 'x' } }, '"oauth.redirectUrl" of server "s" must be a URL'],
  [{ auth: { CLIENT_ID: 'c', CLIENT_SECRET: '${MISSING}' } }, '"MISSING" (auth.CLIENT_SECRET of server "s")'],
])('the settings %j make the entry invalid', async (entry, reason) => {
  const other = { other: { url } }
  const { servers } = await load('codecell.json', JSON.stringify({ mcpServers: { s: { url, ...entry }, ...other } }))
  expect(servers[0]).toMatchObject({ type: 'invalid', reason: expect.stringContaining(reason) })
})

test('an unknown setting is a warning with the nearest one', async () => {
  const { warnings } = await load(
    'codecell.json',
    JSON.stringify({ mcpServers: { s: { url, oauth: { clientid: 'c' } } } }),
  )
  expect(warnings.join()).toContain('unknown keys: "oauth.clientid" (did you mean "clientId"?)')
})
