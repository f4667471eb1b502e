import { CodecellError } from '../../../../errors.ts'
import { checkOptions } from '../../../../options/check-options.ts'
import type { McpServerConfig } from '../../config/server-config.ts'
import { AuthFetch } from '../protocol/auth-fetch.ts'
import { CredentialFile, loginKey } from '../store/credential-file.ts'
import { publicLogin } from './login.ts'
import type { McpLogin } from './login-options.ts'
import { authErrorText } from '../not-authorized.ts'
import type { StoredLogin } from '../store/stored-login.ts'

/** Timeout of a revocation in milliseconds. */
const revokeMs = 10_000

export type McpCredentialsOptions = {
  /**
   * The folder with the logins of the user.
   *
   * @default the folder that `codecell login` uses
   */
  readonly credentialsDir?: string
}

export type McpLogout = {
  /** Whether there was a login. */
  readonly wasLoggedIn: boolean
  /** Whether the authorization server has revoked the tokens. */
  readonly isRevoked: boolean
}

/**
 * Removes the login to a server. Also asks the authorization server to revoke its tokens (RFC 7009), and removes the login if that
 * fails.
 *
 * @throws {CodecellError} `LOGIN_FAILED` when the file with the logins or the URL cannot be used; `INVALID_OPTION`.
 */
export async function logoutFromMcpServer(
  server: McpServerConfig,
  options: McpCredentialsOptions = {},
): Promise<McpLogout> {
  checkOptions<McpCredentialsOptions>('logoutFromMcpServer', options, { credentialsDir: 'any' })
  if (server.type === 'stdio') return { wasLoggedIn: false, isRevoked: false }
  const { url, oauth } = server
  const settings = oauth === false || oauth === undefined ? {} : oauth
  return await usingFile(`log out of MCP server "${server.name}"`, options, async (file) => {
    const key = loginKey(url, settings.clientId)
    const login = file.read().get(key)
    if (login === undefined) return { wasLoggedIn: false, isRevoked: false }
    await file.update(key, () => undefined)
    return { wasLoggedIn: true, isRevoked: await isRevoked(login, settings.clientSecret ?? null) }
  })
}

/**
 * Lists the logins of the user, without their tokens.
 *
 * @throws {CodecellError} `LOGIN_FAILED` when the file with the logins cannot be used; `INVALID_OPTION`.
 */
export async function mcpLogins(options: McpCredentialsOptions = {}): Promise<readonly McpLogin[]> {
  checkOptions<McpCredentialsOptions>('mcpLogins', options, { credentialsDir: 'any' })
  return await usingFile('list the logins', options, (file) =>
    Promise.resolve([...file.read().values()].map(publicLogin)),
  )
}

async function usingFile<Value>(
  action: string,
  { credentialsDir = null }: { readonly credentialsDir?: string | null },
  use: (file: CredentialFile) => Promise<Value>,
): Promise<Value> {
  try {
    return await use(new CredentialFile(credentialsDir))
  } catch (cause) {
    throw new CodecellError('LOGIN_FAILED', `Cannot ${action}: ${authErrorText(cause)}`, { cause })
  }
}

/** Revokes the refresh token, with which its access tokens end. */
async function isRevoked({ issuer, client, tokens }: StoredLogin, configured: string | null): Promise<boolean> {
  const { revocationEndpoint } = issuer
  if (revocationEndpoint === null) return false
  using http = new AuthFetch(AbortSignal.timeout(revokeMs))
  const body = new URLSearchParams({ token: tokens.refreshToken ?? tokens.accessToken, client_id: client.id })
  const secret = configured ?? client.secret
  if (secret !== null) body.set('client_secret', secret)
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  try {
    return (await http.fetch(revocationEndpoint, { method: 'POST', headers, body })).ok
  } catch {
    return false
  }
}
