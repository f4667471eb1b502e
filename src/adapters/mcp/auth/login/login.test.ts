import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { startAuthorizationServer } from '../../../../../test/fixtures/authorization-server.ts'
import { startOAuthMcpServer } from '../../../../../test/fixtures/oauth-mcp-server.ts'
import { newFolder } from '../../../../../test/support/folder.ts'
import { closeServer, listenOnLoopback } from '../../../../../test/support/loopback-server.ts'
import { logIn } from '../../../../../test/support/oauth-login.ts'
import { oauthServers } from '../../../../../test/support/oauth-servers.ts'
import { ScriptedBrowser } from '../../../../../test/support/scripted-browser.ts'
import {
  connectMcpServers,
  loginToMcpServer,
  logoutFromMcpServer,
  mcpLogins,
  type McpLoginOptions,
} from '../../../../mcp.ts'
import type { HttpServerConfig } from '../../config/server-config.ts'

const fixtures = oauthServers({
  clients: [
    {
      client_id: 'own',
      client_secret: 'own-secret',
      application_type: 'native',
      redirect_uris: ['http://127.0.0.1/own/path'],
      grant_types: ['authorization_code', 'refresh_token'],
    },
  ],
})
let credentialsDir = ''
beforeEach(() => {
  credentialsDir = newFolder()
  fixtures.authorization.requests.length = 0
  fixtures.authorization.isDenying = false
})

/** Logs in with a user who does something else than to approve in a browser. */
async function failure(server: HttpServerConfig, options: McpLoginOptions): Promise<string> {
  const error: unknown = await loginToMcpServer(server, { credentialsDir, ...options }).catch((cause: unknown) => cause)
  expect(error).toMatchObject({ code: 'LOGIN_FAILED' })
  expect(await mcpLogins({ credentialsDir })).toEqual([])
  return error instanceof Error ? error.message : ''
}

/** Opens the redirect of a login with changed parameters. */
function redirecting(change: (params: URLSearchParams) => void): (url: string) => void {
  return (url) => {
    void (async () => {
      const redirect = new URL(await new ScriptedBrowser().redirectOf(url))
      change(redirect.searchParams)
      await fetch(redirect)
    })()
  }
}

describe('a login', () => {
  test('discovers the authorization server, registers a client, uses PKCE and stores its tokens', async () => {
    const urls: string[] = []
    const login = await logIn(fixtures.mcp.entry(), credentialsDir, {
      onUrl: (url) => {
        urls.push(url)
        void new ScriptedBrowser().open(url)
      },
    })
    expect(login).toMatchObject({
      url: fixtures.mcp.url,
      issuer: fixtures.authorization.issuer,
      scope: 'tools:read',
      canRefresh: true,
    })
    const params = new URL(urls[0] ?? '').searchParams
    const verifier = fixtures.authorization.requests.at(-1)?.body.get('code_verifier') ?? ''
    expect(params.get('code_challenge_method')).toBe('S256')
    expect(params.get('code_challenge')).toBe(createHash('sha256').update(verifier).digest('base64url'))
    expect(params.get('resource')).toBe(fixtures.mcp.url)
    expect(params.get('redirect_uri')).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback$/)
    expect(fixtures.authorization.requests.map(({ path }) => path)).toEqual(['/reg', '/token'])
    expect(await mcpLogins({ credentialsDir })).toEqual([login])
  })

  test('uses a client of the configuration and does not store its secret', async () => {
    const oauth = { clientId: 'own', clientSecret: 'own-secret', redirectUrl: 'http://127.0.0.1:0/own/path' }
    const server = fixtures.mcp.entry({ oauth: { ...oauth, scopes: ['tools:write'] } })
    expect(await logIn(server, credentialsDir)).toMatchObject({ clientId: 'own', scope: 'tools:write' })
    expect(fixtures.authorization.requests.map(({ path }) => path)).toEqual(['/token'])
    expect(readFileSync(join(credentialsDir, 'credentials.json'), 'utf8')).not.toContain('own-secret')
  })

  test('uses the metadata of the configuration for a server without any', async () => {
    const http = createServer((_, response) => void response.writeHead(404).end())
    const url = `${await listenOnLoopback(http)}/mcp`
    const authServerMetadataUrl = `${fixtures.authorization.issuer}/.well-known/openid-configuration`
    const server = fixtures.mcp.entry({ url, oauth: { authServerMetadataUrl, scopes: ['openid'] } })
    expect(await logIn(server, credentialsDir)).toMatchObject({
      url,
      issuer: fixtures.authorization.issuer,
      canRefresh: true,
    })
    await closeServer(http)
  })

  test('keeps the scopes of an earlier login', async () => {
    await logIn(fixtures.mcp.entry(), credentialsDir)
    const login = await logIn(fixtures.mcp.entry(), credentialsDir, { scopes: ['tools:write'] })
    expect(login.scope?.split(' ').sort()).toEqual(['tools:read', 'tools:write'])
  })

  test('accepts the pasted URL of a browser on another machine, and a pasted code', async () => {
    const pasted = Promise.withResolvers<string>()
    const onUrl = (url: string): void => pasted.resolve(new ScriptedBrowser().redirectOf(url))
    const login = await loginToMcpServer(fixtures.mcp.entry(), {
      credentialsDir,
      onUrl,
      readRedirect: () => pasted.promise,
    })
    const code = Promise.withResolvers<string>()
    const onCodeUrl = (url: string): void =>
      code.resolve(
        new ScriptedBrowser().redirectOf(url).then((redirect) => new URL(redirect).searchParams.get('code') ?? ''),
      )
    const again = await loginToMcpServer(fixtures.mcp.entry(), {
      credentialsDir,
      onUrl: onCodeUrl,
      readRedirect: () => code.promise,
    })
    expect([login.canRefresh, again.canRefresh]).toEqual([true, true])
  })

  test('works with a code on another device', async () => {
    const login = await loginToMcpServer(fixtures.mcp.entry(), {
      credentialsDir,
      onDeviceCode: ({ completeUrl, userCode, verificationUrl }) => {
        expect([userCode, verificationUrl]).toEqual([expect.stringMatching(/\w{4}-\w{4}/), expect.any(String)])
        void new ScriptedBrowser().open(completeUrl ?? '')
      },
    })
    expect(login).toMatchObject({ canRefresh: true, scope: 'tools:read' })
  })
})

test.each([
  [{ timeoutMs: 0 }, 'option "timeoutMs" of loginToMcpServer: expected an integer from 1 to 2147483647, got 0'],
  [{ timeoutMs: 1e12 }, 'expected an integer from 1 to 2147483647'],
  [
    Object.assign({ timeoutMs: 5 }, { scope: [] }),
    'option "scope" of loginToMcpServer: unknown option; did you mean "scopes"?',
  ],
])('loginToMcpServer() rejects the options %j', async (options, expected) => {
  await expect(loginToMcpServer(fixtures.mcp.entry(), options)).rejects.toMatchObject({
    code: 'INVALID_OPTION',
    message: expect.stringContaining(expected),
  })
})

test('connectMcpServers() rejects an unknown setting of a server in code', async () => {
  const oauth = Object.assign({ scopes: [] }, { clientID: 'x' })
  await expect(connectMcpServers([fixtures.mcp.entry({ oauth })])).rejects.toThrow('did you mean "clientId"?')
})

test('logoutFromMcpServer() names the server whose URL is malformed', async () => {
  await expect(logoutFromMcpServer(fixtures.mcp.entry({ url: 'x' }), { credentialsDir })).rejects.toMatchObject({
    code: 'LOGIN_FAILED',
    message: 'Cannot log out of MCP server "s": Invalid URL',
  })
})

describe('a login fails with one clear error', () => {
  const denied = /"s": access was denied \(access_denied\)(: The user denied access)?$/

  test('when the user denies access', async () => {
    fixtures.authorization.isDenying = true
    expect(await failure(fixtures.mcp.entry(), { onUrl: (url) => void new ScriptedBrowser().open(url) })).toMatch(
      denied,
    )
    const onDeviceCode: McpLoginOptions['onDeviceCode'] = ({ completeUrl }) =>
      void new ScriptedBrowser().open(completeUrl ?? '')
    expect(await failure(fixtures.mcp.entry(), { onDeviceCode })).toMatch(denied)
  })

  test.each([
    ['another state', (params: URLSearchParams) => params.set('state', 'other'), 'another "state"'],
    ['no state', (params: URLSearchParams) => params.delete('state'), 'another "state"'],
    ['another issuer', (params: URLSearchParams) => params.set('iss', 'https://evil.example'), 'its "iss" differs'],
    ['no issuer', (params: URLSearchParams) => params.delete('iss'), 'its "iss" differs'],
    ['a wrong code', (params: URLSearchParams) => params.set('code', 'wrong'), 'invalid_grant'],
  ])('when a redirect has %s', async (_, change, expected) => {
    const message = await failure(fixtures.mcp.entry(), { onUrl: redirecting(change) })
    expect(message).toContain(expected)
    expect(message).not.toContain('evil')
  })

  test('when the pasted text has another state, or is not a redirect', async () => {
    const paste = async (text: string): Promise<string> =>
      await failure(fixtures.mcp.entry(), { readRedirect: () => Promise.resolve(text) })
    expect(await paste('http://127.0.0.1/callback?code=x&state=y')).toContain('another "state"')
    expect(await paste('what now')).toContain('expected the URL that the browser was redirected to')
  })

  test('when nothing comes in time, and when it is canceled', async () => {
    expect(await failure(fixtures.mcp.entry(), { timeoutMs: 300 })).toContain('no login within 0.3 s')
    const signal = AbortSignal.abort(new Error('interrupted'))
    await expect(loginToMcpServer(fixtures.mcp.entry(), { credentialsDir, signal })).rejects.toThrow('interrupted')
  })

  test('when the server does not offer OAuth, or the authorization server no registration or devices', async () => {
    const http = createServer((_, response) => void response.writeHead(404).end())
    const url = `${await listenOnLoopback(http)}/mcp`
    expect(await failure(fixtures.mcp.entry({ url }), {})).toContain('it does not offer OAuth')
    await closeServer(http)
    await using closed = await startAuthorizationServer({
      registers: false,
      metadata: { device_authorization_endpoint: undefined },
    })
    await using other = await startOAuthMcpServer(closed)
    expect(await failure(other.entry(), {})).toContain('does not register clients: register one there')
    expect(await failure(other.entry(), { onDeviceCode: () => undefined })).toContain(
      'does not offer logins on another',
    )
  })

  test.each([
    ['a plain URL', { url: 'http://mcp.example/mcp' }, 'must be https, or http on a loopback address'],
    ['a header', { headers: { authorization: 'Bearer x' } }, 'has a header "Authorization"'],
    ['no OAuth', { oauth: false as const }, 'switches OAuth off'],
    ['client credentials', { oauth: { grantType: 'client_credentials' as const } }, 'need no login'],
    ['a remote redirect', { oauth: { redirectUrl: 'https://a.example/' } }, 'http on a loopback address'],
  ])('when the entry has %s', async (_, entry, expected) => {
    expect(await failure(fixtures.mcp.entry(entry), {})).toContain(expected)
  })

  test.each(['authorization_endpoint', 'token_endpoint', 'registration_endpoint', 'device_authorization_endpoint'])(
    'when the %s is not secure',
    async (name) => {
      const metadata = { [name]: 'http://auth.example/x' }
      await using open = await startAuthorizationServer({ metadata })
      await using other = await startOAuthMcpServer(open)
      const onDeviceCode = name.startsWith('device') ? { onDeviceCode: () => undefined } : {}
      expect(await failure(other.entry(), onDeviceCode)).toMatch(/endpoint must be https, or http on a loopback/)
    },
  )
})
