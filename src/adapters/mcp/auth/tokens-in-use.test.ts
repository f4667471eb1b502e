import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { callContext } from '../../../../test/fixtures/call-context.ts'
import { startOAuthSseServer } from '../../../../test/fixtures/oauth-sse-server.ts'
import { newFolder } from '../../../../test/support/folder.ts'
import { logIn } from '../../../../test/support/oauth-login.ts'
import { oauthServers } from '../../../../test/support/oauth-servers.ts'
import { logoutFromMcpServer } from '../../../mcp.ts'
import type { HttpServerConfig } from '../config/server-config.ts'
import { connectMcpServers, type McpServers } from '../mcp-servers.ts'
import { CredentialFile } from './store/credential-file.ts'
import type { StoredTokens } from './store/stored-login.ts'

const client = { grant_types: ['client_credentials'], redirect_uris: [], response_types: [] }
const fixtures = oauthServers({
  clients: [{ ...client, client_id: 'machine', client_secret: 'machine-secret', scope: 'tools:read' }],
})
let credentialsDir = ''
beforeEach(() => {
  credentialsDir = newFolder()
  fixtures.mcp.tokens.length = 0
  fixtures.mcp.scopes = []
  fixtures.mcp.isOpen = false
  fixtures.mcp.failure = 'none'
  fixtures.authorization.isDown = false
  fixtures.authorization.tokenError = null
  fixtures.authorization.requests.length = 0
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
  fixtures.authorization.requests.filter(({ body }) => body.get('grant_type') === 'refresh_token').length

describe('a token that the server refuses', () => {
  test('is refreshed once for all calls, and each call is repeated once', async () => {
    await logIn(fixtures.mcp.entry(), credentialsDir)
    await using servers = await connect(fixtures.mcp.entry())
    const before = stored()
    await fixtures.authorization.endToken(before.accessToken)
    fixtures.mcp.tokens.length = 0
    expect(await Promise.all([echo(servers), echo(servers), echo(servers)])).toEqual([echoed, echoed, echoed])
    expect(refreshes()).toBe(1)
    expect(stored().refreshToken).not.toBe(before.refreshToken)
    expect(fixtures.mcp.tokens.filter((token) => token === stored().accessToken).length).toBe(3)
    expect(servers.status).toMatchObject([{ state: 'ready' }])
  })

  test('is refreshed at the start of a server too, and before the request when it has expired', async () => {
    await logIn(fixtures.mcp.entry(), credentialsDir)
    await fixtures.authorization.endToken(stored().accessToken)
    await using servers = await connect(fixtures.mcp.entry())
    expect([servers.failures, refreshes()]).toEqual([[], 1])
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_601_000 })
    fixtures.mcp.tokens.length = 0
    expect(await echo(servers)).toEqual(echoed)
    vi.useRealTimers()
    expect(new Set(fixtures.mcp.tokens)).toEqual(new Set([stored().accessToken]))
    expect(refreshes()).toBe(2)
  })

  test('and cannot be refreshed fails the call as not applied, and a new login is used without a restart', async () => {
    await logIn(fixtures.mcp.entry(), credentialsDir)
    await using servers = await connect(fixtures.mcp.entry())
    await fixtures.authorization.revoke(stored().accessToken)
    const text = expect.stringMatching(/failed: the server needs a login: run `codecell login s` \(.*invalid_grant/)
    await expect(echo(servers)).rejects.toMatchObject({ code: 'TOOL_FAILED', message: text })
    expect(servers.status).toMatchObject([{ state: 'failed', needsLogin: true }])
    fixtures.mcp.tokens.length = 0
    await expect(echo(servers)).rejects.toMatchObject({ code: 'TOOL_FAILED', message: text })
    expect(fixtures.mcp.tokens).toEqual([])
    await logIn(fixtures.mcp.entry(), credentialsDir)
    expect(await echo(servers)).toEqual(echoed)
    expect(servers.status).toMatchObject([{ state: 'ready' }])
  })

  test('is refreshed over SSE too', async () => {
    await using sse = await startOAuthSseServer(fixtures.authorization)
    const server = fixtures.mcp.entry({ type: 'sse', url: sse.url, oauth: { scopes: ['tools:read'] } })
    await logIn(server, credentialsDir)
    await fixtures.authorization.endToken(stored().accessToken)
    await using servers = await connect(server)
    await fixtures.authorization.endToken(stored().accessToken)
    expect(await echo(servers)).toEqual({ content: [{ type: 'text', text: 'echo' }] })
    expect(refreshes()).toBe(2)
    await fixtures.authorization.revoke(stored().accessToken)
    await expect(echo(servers)).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      message: expect.stringContaining('codecell login s'),
    })
  })

  test('stays in use when the authorization server is down: the call fails as not applied', async () => {
    await logIn(fixtures.mcp.entry(), credentialsDir)
    await using servers = await connect(fixtures.mcp.entry())
    await fixtures.authorization.endToken(stored().accessToken)
    fixtures.authorization.isDown = true
    const message = expect.stringContaining(
      'the server was not called: cannot refresh its token: server_error: HTTP 503',
    )
    await expect(echo(servers)).rejects.toMatchObject({ code: 'TOOL_FAILED', message })
    expect(servers.status).toMatchObject([{ state: 'ready' }])
    fixtures.authorization.isDown = false
    expect(await echo(servers)).toEqual(echoed)
  })

  test('although it is new is an error without a loop', async () => {
    await logIn(fixtures.mcp.entry(), credentialsDir)
    await using servers = await connect(fixtures.mcp.entry())
    using scopes = vi.spyOn(fixtures.authorization, 'scopesOf').mockResolvedValue(null)
    await expect(echo(servers)).rejects.toThrow('run `codecell login s` (it refused a new token too)')
    const count = scopes.mock.calls.length
    await expect(echo(servers)).rejects.toThrow('codecell login s')
    expect([scopes.mock.calls.length - count, refreshes()]).toEqual([0, 1])
  })
})

describe('a server without a login', () => {
  test('does not start, and starts after the login of another process', async () => {
    await using servers = await connect(fixtures.mcp.entry())
    const message = 'the server needs a login: run `codecell login s`'
    expect(servers.failures).toEqual([{ server: 's', message }])
    expect(servers.status).toMatchObject([{ state: 'failed', reason: message, needsLogin: true }])
    const changed = Promise.withResolvers<readonly unknown[]>()
    servers.onToolsChanged((tools) => changed.resolve(tools))
    await logIn(fixtures.mcp.entry(), credentialsDir)
    expect((await changed.promise).length).toBe(2)
    expect(servers.failures).toEqual([])
    expect(await echo(servers)).toEqual(echoed)
  })

  test('fails its calls after a logout, which revokes the tokens', async () => {
    await logIn(fixtures.mcp.entry(), credentialsDir)
    await using servers = await connect(fixtures.mcp.entry())
    const { refreshToken } = stored()
    expect(await logoutFromMcpServer(fixtures.mcp.entry(), { credentialsDir })).toEqual({
      wasLoggedIn: true,
      isRevoked: true,
    })
    expect(await fixtures.authorization.provider.RefreshToken.find(refreshToken ?? '')).toBeUndefined()
    await expect(echo(servers)).rejects.toThrow('run `codecell login s`')
    expect(servers.status).toMatchObject([{ state: 'failed', needsLogin: true }])
    expect(await logoutFromMcpServer(fixtures.mcp.entry(), { credentialsDir })).toEqual({
      wasLoggedIn: false,
      isRevoked: false,
    })
  })

  test('keeps its header "Authorization", in any case, and its refusal is passed on', async () => {
    await logIn(fixtures.mcp.entry(), credentialsDir)
    fixtures.mcp.tokens.length = 0
    await using servers = await connect(fixtures.mcp.entry({ headers: { AUTHORIZATION: 'Bearer static' } }))
    expect(servers.failures).toEqual([{ server: 's', message: expect.stringMatching(/^HTTP 401.*invalid_token/) }])
    expect(new Set(fixtures.mcp.tokens)).toEqual(new Set(['static']))
    await using others = await connect(fixtures.mcp.entry({ oauth: false }))
    expect(others.failures).toEqual([{ server: 's', message: expect.stringMatching(/^HTTP 401/) }])
  })
})

describe('a call that needs another scope', () => {
  test('fails with the command that requests it, and works after that login', async () => {
    await logIn(fixtures.mcp.entry(), credentialsDir)
    await using servers = await connect(fixtures.mcp.entry())
    fixtures.mcp.scopes = ['tools:write']
    const message = expect.stringContaining(
      'the token of the server lacks the scope "tools:write": run `codecell login s --scope "tools:write"`',
    )
    await expect(echo(servers)).rejects.toMatchObject({ code: 'TOOL_FAILED', message })
    expect(servers.status).toMatchObject([{ state: 'ready' }])
    await logIn(fixtures.mcp.entry(), credentialsDir, { scopes: ['tools:write'] })
    expect(await echo(servers)).toEqual(echoed)
  })

  test('fails the start of a server that always needs it, until that login', async () => {
    await logIn(fixtures.mcp.entry(), credentialsDir)
    fixtures.mcp.scopes = ['tools:write']
    await using servers = await connect(fixtures.mcp.entry())
    expect(servers.status).toMatchObject([{ state: 'failed', needsLogin: true }])
    expect(servers.failures[0]?.message).toContain('run `codecell login s --scope "tools:write"`')
    const changed = Promise.withResolvers<void>()
    servers.onToolsChanged(() => changed.resolve())
    await logIn(fixtures.mcp.entry(), credentialsDir, { scopes: ['tools:write'] })
    await changed.promise
    expect(await echo(servers)).toEqual(echoed)
  })

  test('that the token has fails without a loop', async () => {
    await logIn(fixtures.mcp.entry(), credentialsDir)
    await using servers = await connect(fixtures.mcp.entry())
    using scopes = vi.spyOn(fixtures.authorization, 'scopesOf').mockResolvedValue([])
    fixtures.mcp.scopes = ['tools:read']
    fixtures.mcp.tokens.length = 0
    await expect(echo(servers)).rejects.toThrow('although the token has the scope "tools:read"')
    expect([fixtures.mcp.tokens.length, scopes.mock.calls.length]).toEqual([1, 1])
  })

  test('never puts text of the server into a command', async () => {
    await logIn(fixtures.mcp.entry(), credentialsDir)
    await using servers = await connect(fixtures.mcp.entry())
    fixtures.mcp.scopes = ['$(touch${IFS}x)']
    await expect(echo(servers)).rejects.toThrow(/lacks the scope "\$\(touch\$\{IFS\}x\)"$/)
  })
})

test('a server that needs a token for some requests only is used without one for the others', async () => {
  fixtures.mcp.isOpen = true
  await using servers = await connect(fixtures.mcp.entry())
  expect(await echo(servers)).toEqual(echoed)
  fixtures.mcp.isOpen = false
  await expect(echo(servers)).rejects.toMatchObject({
    code: 'TOOL_FAILED',
    message: expect.stringContaining('codecell login s'),
  })
  expect(servers.status).toMatchObject([{ state: 'ready' }])
  await logIn(fixtures.mcp.entry(), credentialsDir)
  expect(await echo(servers)).toEqual(echoed)
})

test('a file with logins that cannot be used is an error of the requests that need a login only', async () => {
  await logIn(fixtures.mcp.entry(), credentialsDir)
  chmodSync(join(credentialsDir, 'credentials.json'), 0o644)
  fixtures.mcp.isOpen = true
  await using servers = await connect(fixtures.mcp.entry())
  expect(await echo(servers)).toEqual(echoed)
  fixtures.mcp.isOpen = false
  await expect(echo(servers)).rejects.toThrow('the server was not called: Cannot read the logins in')
})

test('a folder that cannot be used for a refresh is an error of a call that is not applied', async () => {
  await logIn(fixtures.mcp.entry(), credentialsDir)
  await using servers = await connect(fixtures.mcp.entry())
  await fixtures.authorization.endToken(stored().accessToken)
  chmodSync(credentialsDir, 0o777)
  const message = expect.stringContaining('the server was not called: cannot refresh its token: Cannot store logins')
  await expect(echo(servers)).rejects.toMatchObject({ code: 'TOOL_FAILED', message })
  chmodSync(credentialsDir, 0o700)
  expect(await echo(servers)).toEqual(echoed)
})

test.each([
  ['status', 'HTTP 500 Internal Server Error: no such token: [redacted]', { status: 500 }],
  ['error', 'no such token: [redacted]; code -32000', { rpcCode: -32_000, data: { tokens: ['[redacted]'] } }],
] as const)('an error of the server (%s) has no token', async (failure, message, details) => {
  await logIn(fixtures.mcp.entry(), credentialsDir)
  await using servers = await connect(fixtures.mcp.entry())
  fixtures.mcp.failure = failure
  await expect(echo(servers)).rejects.toMatchObject({ message: expect.stringContaining(message), details })
  await using others = await connect(fixtures.mcp.entry())
  expect(others.failures).toEqual([{ server: 's', message: expect.stringContaining('no such token: [redacted]') }])
})

describe('client credentials', () => {
  const oauth = { clientId: 'machine', clientSecret: 'machine-secret', grantType: 'client_credentials' } as const

  test('get tokens without a login, and new ones when they end', async () => {
    await using servers = await connect(fixtures.mcp.entry({ oauth }))
    expect(await echo(servers)).toEqual(echoed)
    expect(fixtures.authorization.requests.length).toBe(1)
    const token = await fixtures.authorization.provider.ClientCredentials.find(fixtures.mcp.tokens.at(-1) ?? '')
    await token?.destroy()
    expect(await Promise.all([echo(servers), echo(servers)])).toEqual([echoed, echoed])
    expect(fixtures.authorization.requests.length).toBe(2)
    expect(new CredentialFile(credentialsDir).read().size).toBe(0)
  })

  test('that are wrong fail with the error of the authorization server, and once', async () => {
    await using servers = await connect(fixtures.mcp.entry({ oauth: { ...oauth, clientSecret: 'wrong-secret' } }))
    const [failure] = servers.failures
    expect(failure?.message).toMatch(
      /^the server was not called: cannot get a token with client credentials: invalid_client/,
    )
    expect(failure?.message).not.toContain('wrong-secret')
    expect(servers.status).toMatchObject([{ state: 'failed', nextAttemptAt: null, needsLogin: false }])
  })

  test.each(['invalid_scope', 'unauthorized_client', 'unsupported_grant_type', 'access_denied', 'invalid_target'])(
    'that are refused with %s are not requested again',
    async (code) => {
      fixtures.authorization.tokenError = code
      await using servers = await connect(fixtures.mcp.entry({ oauth }))
      expect(servers.status).toMatchObject([{ state: 'failed', nextAttemptAt: null, needsLogin: false }])
    },
  )

  test.each(['temporarily_unavailable', 'server_error', 'too_many_requests'])(
    'are requested again after the error %s',
    async (code) => {
      fixtures.authorization.tokenError = code
      await using servers = await connect(fixtures.mcp.entry({ oauth }))
      expect(servers.status).toMatchObject([{ state: 'failed', nextAttemptAt: expect.any(Number) }])
    },
  )

  test('are requested again when the authorization server was down', async () => {
    fixtures.authorization.isDown = true
    await using servers = await connect(fixtures.mcp.entry({ oauth }))
    expect(servers.status).toMatchObject([{ state: 'failed', nextAttemptAt: expect.any(Number) }])
    fixtures.authorization.isDown = false
    await expect.poll(() => servers.status, { timeout: 10_000 }).toMatchObject([{ state: 'ready' }])
  })
})

test('an authorization provider of the program is used instead of the stored logins', async () => {
  await logIn(fixtures.mcp.entry(), credentialsDir)
  const { accessToken } = stored()
  await using servers = await connect(
    fixtures.mcp.entry({
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
  await fixtures.authorization.endToken(accessToken)
  await expect(echo(servers)).rejects.toMatchObject({ code: 'TOOL_FAILED' })
})
