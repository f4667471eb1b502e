import { computeScopeUnion } from '@modelcontextprotocol/client'
import { CodecellError } from '../../../../errors.ts'
import { checkOptions, type OptionNames } from '../../../../options/check-options.ts'
import type { HttpServerConfig, McpServerConfig } from '../../config/server-config.ts'
import { AuthFetch } from '../protocol/auth-fetch.ts'
import { challengeOf } from '../protocol/challenge.ts'
import { loginWithCode, type LoginResult } from './code-login.ts'
import { CredentialFile, loginKey } from '../store/credential-file.ts'
import { loginWithDevice } from './device-login.ts'
import { discoverAuthorization, tokenIssuerOf, type Authorization, type Challenge } from '../protocol/discovery.ts'
import type { McpLogin, McpLoginOptions } from './login-options.ts'
import { authErrorText } from '../not-authorized.ts'
import { checkSecureUrl } from '../protocol/secure-url.ts'
import { hasAuthorization } from '../server-credentials.ts'
import type { StoredLogin } from '../store/stored-login.ts'

/** Timers of Node cannot wait longer. */
const maxTimeoutMs = 2_147_483_647

const optionNames: OptionNames<McpLoginOptions> = {
  scopes: 'any',
  onUrl: 'function',
  onDeviceCode: 'function',
  readRedirect: 'function',
  timeoutMs: 'any',
  credentialsDir: 'any',
  signal: 'any',
}

/**
 * Logs in to an MCP server over HTTP and stores its tokens in a private file, for every process of the user. A connection that waits
 * for the login starts then.
 *
 * @throws {CodecellError} `LOGIN_FAILED` when the server has no OAuth, or the user denies access; `INVALID_OPTION`.
 * @example
 * ```ts
 * const server = { type: 'http', name: 'tracker', url: 'https://tracker.example/mcp', headers: {} } as const
 * await loginToMcpServer(server, { onUrl: (url) => console.log(`Open ${url}`) })
 * ```
 */
export async function loginToMcpServer(server: McpServerConfig, options: McpLoginOptions = {}): Promise<McpLogin> {
  checkOptions('loginToMcpServer', options, optionNames)
  const { timeoutMs = 300_000, scopes = [], signal } = options
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > maxTimeoutMs) {
    throw invalidOption('timeoutMs', `expected an integer from 1 to ${maxTimeoutMs}, got ${timeoutMs}`)
  }
  // Callers in JavaScript can pass a string.
  if (!Array.isArray(scopes)) throw invalidOption('scopes', 'expected a list of strings')
  const timeout = AbortSignal.timeout(timeoutMs)
  const stop = signal === undefined ? timeout : AbortSignal.any([timeout, signal])
  try {
    return await login(loginServer(server), options, stop)
  } catch (cause) {
    signal?.throwIfAborted()
    const secret = server.type === 'stdio' || server.oauth === false ? null : server.oauth?.clientSecret
    const reason = timeout.aborted ? `no login within ${timeoutMs / 1000} s` : authErrorText(cause, [secret])
    throw new CodecellError('LOGIN_FAILED', `Cannot log in to MCP server "${server.name}": ${reason}`, { cause })
  }
}

function invalidOption(option: string, reason: string): CodecellError<'INVALID_OPTION'> {
  return new CodecellError('INVALID_OPTION', `Cannot use option "${option}" of loginToMcpServer: ${reason}`, {
    details: { option: `loginToMcpServer.${option}` },
  })
}

/** Returns a server that can have a login. */
function loginServer(server: McpServerConfig): HttpServerConfig {
  if (server.type === 'stdio') throw new Error('it is started with a command, so its own settings decide about logins')
  if (server.oauth === false) throw new Error('its entry switches OAuth off')
  if (server.authProvider !== undefined) throw new Error('the program has its own authorization provider')
  if (hasAuthorization(server))
    throw new Error('its entry has a header "Authorization", which has priority over a login')
  if (server.oauth?.grantType === 'client_credentials') {
    throw new Error('it uses client credentials, which need no login')
  }
  checkSecureUrl(server.url, 'the URL of the server')
  return server
}

async function login(server: HttpServerConfig, options: McpLoginOptions, signal: AbortSignal): Promise<McpLogin> {
  const file = new CredentialFile(options.credentialsDir ?? null)
  const settings = server.oauth === false || server.oauth === undefined ? {} : server.oauth
  const key = loginKey(server.url, settings.clientId)
  const before = file.read().get(key)
  using http = new AuthFetch(signal)
  const authorization = await discoverAuthorization(server, await challengeFrom(server, http), http)
  const scope = scopeOf(authorization, [settings.scopes ?? authorization.scopes, options.scopes ?? []], before)
  const steps = { authorization, settings, scope, options, http, signal }
  const result = options.onDeviceCode === undefined ? await loginWithCode(steps) : await loginWithDevice(steps)
  const stored = storedLoginOf(server, authorization, result)
  await file.update(key, () => stored)
  return publicLogin(stored)
}

/** Sends a request without a token: the refusal names the metadata and the scopes. */
async function challengeFrom({ url, type, headers }: HttpServerConfig, http: AuthFetch): Promise<Challenge> {
  const given = { ...headers, accept: 'application/json, text/event-stream' }
  // A stream that a server without a login opens would not end.
  if (type === 'sse') return {}
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' })
  const request = { method: 'POST', headers: { ...given, 'content-type': 'application/json' }, body }
  return challengeOf(await http.fetch(url, request))
}

/** Returns the scopes to request. Scopes of an earlier login stay, so that a new one does not take them away. */
function scopeOf(
  { metadata }: Authorization,
  wanted: readonly (readonly string[])[],
  before: StoredLogin | undefined,
): string | undefined {
  const isSameIssuer = before?.issuer.issuer === metadata.issuer
  const scope = computeScopeUnion(
    ...wanted.map((names) => names.join(' ')),
    isSameIssuer ? (before.tokens.scope ?? '') : '',
  )
  // Without it many servers issue no refresh token.
  const isOffline = scope !== undefined && metadata.scopes_supported?.includes('offline_access') === true
  return isOffline ? computeScopeUnion(scope, 'offline_access') : scope
}

function storedLoginOf(
  { url }: HttpServerConfig,
  { metadata, resource }: Authorization,
  { client, tokens }: LoginResult,
): StoredLogin {
  return { url, issuer: tokenIssuerOf(metadata), client, resource, tokens, since: Date.now() }
}

/** Returns a login without its tokens. */
export function publicLogin({ url, issuer, client, tokens, since }: StoredLogin): McpLogin {
  return {
    url,
    issuer: issuer.issuer,
    clientId: client.id,
    scope: tokens.scope,
    expiresAt: tokens.expiresAt,
    canRefresh: tokens.refreshToken !== null,
    since,
  }
}
