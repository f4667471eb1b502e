import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { startAuthorizationServer, type AuthorizationServer } from '../../../../test/fixtures/authorization-server.ts'
import { callContext } from '../../../../test/fixtures/call-context.ts'
import { startOAuthMcpServer, type OAuthMcpServer } from '../../../../test/fixtures/oauth-mcp-server.ts'
import { startOAuthSseServer } from '../../../../test/fixtures/oauth-sse-server.ts'
import { newFolder } from '../../../../test/support/folder.ts'
import { logIn } from '../../../../test/support/oauth-login.ts'
import { logoutFromMcpServer } from '../../../mcp.ts'
import type { HttpServerConfig } from '../config/server-config.ts'
import { connectMcpServers, type McpServers } from '../mcp-servers.ts'
import { CredentialFile } from './store/credential-file.ts'
import type { StoredTokens } from './store/stored-login.ts'

let authorization: AuthorizationServer
let mcp: OAuthMcpServer
let credentialsDir = ''
beforeAll(async () => {
  const client = { grant_types: ['client_credentials'], redirect_uris: [], response_types: [] }
  authorization = await startAuthorizationServer({
    clients: [{ ...client, client_id: 'machine', client_secret: 'machine-secret', scope: 'tools:read' }],
  })
  mcp = await startOAuthMcpServer(authorization)
})
afterAll(async () => {
  await mcp[Symbol.asyncDispose]()
  await authorization[Symbol.asyncDispose]()
})
beforeEach(() => {
  credentialsDir = newFolder()
  mcp.tokens.length = 0
  mcp.scopes = []
  mcp.isOpen = false
  mcp.isBroken = false
  authorization.isDown = false
  authorization.requests.length = 0
})

const connect = async (...servers: HttpServerConfig[]): Promise<McpServers> =>
  await connectMcpServers(servers, { credentialsDir })

async function echo(servers: McpServers): Promise<unknown> {
  const tool = servers.tools.find(({ name }) => name === 'echo')
  if (tool === undefined) throw new Error('no tool echo')
  return await tool.call({ a: 1 }, callContext(new AbortController().signal))
}

const echoed = { content: [{ type: 'text', text: '{"a":1}' }] }

/** The stored tokens, as another process sees them. */
function stored(): StoredTokens {
  const [login] = new CredentialFile(credentialsDir).read().values()
  if (login === undefined) throw new Error('no login')
  return login.tokens
}

const refreshes = (): number =>
  authorization.requests.filter(({ body }) => body.get('grant_type') === 'refresh_token').length

describe('a token that the server refuses', () => {
  test('is refreshed once for all calls, and each call is repeated once', async () => {
    await logIn(mcp.entry(), credentialsDir)
    await using servers = await connect(mcp.entry())
    const before = stored()
    await authorization.endToken(before.accessToken)
    mcp.tokens.length = 0
    expect(await Promise.all([echo(servers), echo(servers), echo(servers)])).toEqual([echoed, echoed, echoed])
    expect(refreshes()).toBe(1)
    expect(stored().refreshToken).not.toBe(before.refreshToken)
    expect(mcp.tokens.filter((token) => token === stored().accessToken).length).toBe(3)
    expect(servers.status).toMatchObject([{ state: 'ready' }])
  })

  test('is refreshed at the start of a server too, and before the request when it has expired', async () => {
    await logIn(mcp.entry(), credentialsDir)
    await authorization.endToken(stored().accessToken)
    await using servers = await connect(mcp.entry())
    expect([servers.failures, refreshes()]).toEqual([[], 1])
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_601_000 })
    mcp.tokens.length = 0
    expect(await echo(servers)).toEqual(echoed)
    vi.useRealTimers()
    expect(new Set(mcp.tokens)).toEqual(new Set([stored().accessToken]))
    expect(refreshes()).toBe(2)
  })

  test('and cannot be refreshed fails the call as not applied, and a new login is used without a restart', async () => {
    await logIn(mcp.entry(), credentialsDir)
    await using servers = await connect(mcp.entry())
    await authorization.revoke(stored().accessToken)
    const text = expect.stringMatching(/failed: the server needs a login: run `codecell login s` \(.*invalid_grant/)
    await expect(echo(servers)).rejects.toMatchObject({ code: 'TOOL_FAILED', message: text })
    expect(servers.status).toMatchObject([{ state: 'failed', needsLogin: true }])
    mcp.tokens.length = 0
    await expect(echo(servers)).rejects.toMatchObject({ code: 'TOOL_FAILED', message: text })
    expect(mcp.tokens).toEqual([])
    await logIn(mcp.entry(), credentialsDir)
    expect(await echo(servers)).toEqual(echoed)
    expect(servers.status).toMatchObject([{ state: 'ready' }])
  })

  test('is refreshed over SSE too', async () => {
    await using sse = await startOAuthSseServer(authorization)
    const server = mcp.entry({ type: 'sse', url: sse.url, oauth: { scopes: ['tools:read'] } })
    await logIn(server, credentialsDir)
    await authorization.endToken(stored().accessToken)
    await using servers = await connect(server)
    await authorization.endToken(stored().accessToken)
    expect(await echo(servers)).toEqual({ content: [{ type: 'text', text: 'echo' }] })
    expect(refreshes()).toBe(2)
    await authorization.revoke(stored().accessToken)
    await expect(echo(servers)).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      message: expect.stringContaining('codecell login s'),
    })
  })

  test('stays in use when the authorization server is down: the call fails as not applied', async () => {
    await logIn(mcp.entry(), credentialsDir)
    await using servers = await connect(mcp.entry())
    await authorization.endToken(stored().accessToken)
    authorization.isDown = true
    const message = expect.stringContaining(
      'the server was not called: cannot refresh its token: server_error: HTTP 503',
    )
    await expect(echo(servers)).rejects.toMatchObject({ code: 'TOOL_FAILED', message })
    expect(servers.status).toMatchObject([{ state: 'ready' }])
    authorization.isDown = false
    expect(await echo(servers)).toEqual(echoed)
  })

  test('although it is new is an error without a loop', async () => {
    await logIn(mcp.entry(), credentialsDir)
    await using servers = await connect(mcp.entry())
    using scopes = vi.spyOn(authorization, 'scopesOf').mockResolvedValue(null)
    await expect(echo(servers)).rejects.toThrow('run `codecell login s` (it refused a new token too)')
    const count = scopes.mock.calls.length
    await expect(echo(servers)).rejects.toThrow('codecell login s')
    expect([scopes.mock.calls.length - count, refreshes()]).toEqual([0, 1])
  })
})

describe('a server without a login', () => {
  test('does not start, and starts after the login of another process', async () => {
    await using servers = await connect(mcp.entry())
    const message = 'the server needs a login: run `codecell login s`'
    expect(servers.failures).toEqual([{ server: 's', message }])
    expect(servers.status).toMatchObject([{ state: 'failed', reason: message, needsLogin: true }])
    const changed = Promise.withResolvers<readonly unknown[]>()
    servers.onToolsChanged((tools) => changed.resolve(tools))
    await logIn(mcp.entry(), credentialsDir)
    expect((await changed.promise).length).toBe(2)
    expect(servers.failures).toEqual([])
    expect(await echo(servers)).toEqual(echoed)
  })

  test('fails its calls after a logout, which revokes the tokens', async () => {
    await logIn(mcp.entry(), credentialsDir)
    await using servers = await connect(mcp.entry())
    const { refreshToken } = stored()
    expect(await logoutFromMcpServer(mcp.entry(), { credentialsDir })).toEqual({ wasLoggedIn: true, isRevoked: true })
    expect(await authorization.provider.RefreshToken.find(refreshToken ?? '')).toBeUndefined()
    await expect(echo(servers)).rejects.toThrow('run `codecell login s`')
    expect(servers.status).toMatchObject([{ state: 'failed', needsLogin: true }])
    expect(await logoutFromMcpServer(mcp.entry(), { credentialsDir })).toEqual({ wasLoggedIn: false, isRevoked: false })
  })

  test('keeps its header "Authorization", in any case, and its refusal is passed on', async () => {
    await logIn(mcp.entry(), credentialsDir)
    mcp.tokens.length = 0
    await using servers = await connect(mcp.entry({ headers: { AUTHORIZATION: 'Bearer static' } }))
    expect(servers.failures).toEqual([{ server: 's', message: expect.stringMatching(/^HTTP 401.*invalid_token/) }])
    expect(new Set(mcp.tokens)).toEqual(new Set(['static']))
    await using others = await connect(mcp.entry({ oauth: false }))
    expect(others.failures).toEqual([{ server: 's', message: expect.stringMatching(/^HTTP 401/) }])
  })
})

describe('a call that needs another scope', () => {
  test('fails with the command that requests it, and works after that login', async () => {
    await logIn(mcp.entry(), credentialsDir)
    await using servers = await connect(mcp.entry())
    mcp.scopes = ['tools:write']
    const message = expect.stringContaining(
      'the token of the server lacks the scope "tools:write": run `codecell login s --scope "tools:write"`',
    )
    await expect(echo(servers)).rejects.toMatchObject({ code: 'TOOL_FAILED', message })
    expect(servers.status).toMatchObject([{ state: 'ready' }])
    await logIn(mcp.entry(), credentialsDir, { scopes: ['tools:write'] })
    expect(await echo(servers)).toEqual(echoed)
  })

  test('fails the start of a server that always needs it, until that login', async () => {
    await logIn(mcp.entry(), credentialsDir)
    mcp.scopes = ['tools:write']
    await using servers = await connect(mcp.entry())
    expect(servers.status).toMatchObject([{ state: 'failed', needsLogin: true }])
    expect(servers.failures[0]?.message).toContain('run `codecell login s --scope "tools:write"`')
    const changed = Promise.withResolvers<void>()
    servers.onToolsChanged(() => changed.resolve())
    await logIn(mcp.entry(), credentialsDir, { scopes: ['tools:write'] })
    await changed.promise
    expect(await echo(servers)).toEqual(echoed)
  })

  test('that the token has fails without a loop', async () => {
    await logIn(mcp.entry(), credentialsDir)
    await using servers = await connect(mcp.entry())
    using scopes = vi.spyOn(authorization, 'scopesOf').mockResolvedValue([])
    mcp.scopes = ['tools:read']
    mcp.tokens.length = 0
    await expect(echo(servers)).rejects.toThrow('although the token has the scope "tools:read"')
    expect([mcp.tokens.length, scopes.mock.calls.length]).toEqual([1, 1])
  })

  test('never puts text of the server into a command', async () => {
    await logIn(mcp.entry(), credentialsDir)
    await using servers = await connect(mcp.entry())
    mcp.scopes = ['$(touch${IFS}x)']
    await expect(echo(servers)).rejects.toThrow(/lacks the scope "\$\(touch\$\{IFS\}x\)"$/)
  })
})

test('a server that needs a token for some requests only is used without one for the others', async () => {
  mcp.isOpen = true
  await using servers = await connect(mcp.entry())
  expect(await echo(servers)).toEqual(echoed)
  mcp.isOpen = false
  await expect(echo(servers)).rejects.toMatchObject({
    code: 'TOOL_FAILED',
    message: expect.stringContaining('codecell login s'),
  })
  expect(servers.status).toMatchObject([{ state: 'ready' }])
  await logIn(mcp.entry(), credentialsDir)
  expect(await echo(servers)).toEqual(echoed)
})

test('a file with logins that cannot be used is an error of the requests that need a login only', async () => {
  await logIn(mcp.entry(), credentialsDir)
  chmodSync(join(credentialsDir, 'credentials.json'), 0o644)
  mcp.isOpen = true
  await using servers = await connect(mcp.entry())
  expect(await echo(servers)).toEqual(echoed)
  mcp.isOpen = false
  await expect(echo(servers)).rejects.toThrow('the server was not called: Cannot read the logins in')
})

test('a folder that cannot be used for a refresh is an error of a call that is not applied', async () => {
  await logIn(mcp.entry(), credentialsDir)
  await using servers = await connect(mcp.entry())
  await authorization.endToken(stored().accessToken)
  chmodSync(credentialsDir, 0o777)
  const message = expect.stringContaining('the server was not called: cannot refresh its token: Cannot store logins')
  await expect(echo(servers)).rejects.toMatchObject({ code: 'TOOL_FAILED', message })
  chmodSync(credentialsDir, 0o700)
  expect(await echo(servers)).toEqual(echoed)
})

test('an error text of the server has no token', async () => {
  await logIn(mcp.entry(), credentialsDir)
  await using servers = await connect(mcp.entry())
  mcp.isBroken = true
  await expect(echo(servers)).rejects.toThrow('HTTP 500 Internal Server Error: no such token: [redacted]')
})

describe('client credentials', () => {
  const oauth = { clientId: 'machine', clientSecret: 'machine-secret', grantType: 'client_credentials' } as const

  test('get tokens without a login, and new ones when they end', async () => {
    await using servers = await connect(mcp.entry({ oauth }))
    expect(await echo(servers)).toEqual(echoed)
    expect(authorization.requests.length).toBe(1)
    const token = await authorization.provider.ClientCredentials.find(mcp.tokens.at(-1) ?? '')
    await token?.destroy()
    expect(await Promise.all([echo(servers), echo(servers)])).toEqual([echoed, echoed])
    expect(authorization.requests.length).toBe(2)
    expect(new CredentialFile(credentialsDir).read().size).toBe(0)
  })

  test('that are wrong fail with the error of the authorization server', async () => {
    await using servers = await connect(mcp.entry({ oauth: { ...oauth, clientSecret: 'wrong-secret' } }))
    const [failure] = servers.failures
    expect(failure?.message).toMatch(
      /^the server was not called: cannot get a token with client credentials: invalid_client/,
    )
    expect(failure?.message).not.toContain('wrong-secret')
  })
})

test('an authorization provider of the program is used instead of the stored logins', async () => {
  await logIn(mcp.entry(), credentialsDir)
  const { accessToken } = stored()
  await using servers = await connect(
    mcp.entry({
      authProvider: {
        redirectUrl: undefined,
        clientMetadata: { redirect_uris: [] },
        clientInformation: () => undefined,
        tokens: () => ({ access_token: accessToken, token_type: 'bearer' }),
        saveTokens: () => undefined,
        redirectToAuthorization: () => undefined,
        saveCodeVerifier: () => undefined,
        codeVerifier: () => '',
      },
    }),
  )
  expect(await echo(servers)).toEqual(echoed)
  await authorization.endToken(accessToken)
  await expect(echo(servers)).rejects.toMatchObject({ code: 'TOOL_FAILED' })
})
