import { ClientCredentialsProvider, fetchToken, OAuthError, OAuthErrorCode } from '@modelcontextprotocol/client'
import type { McpOAuthSettings } from '../config/oauth-settings.ts'
import type { HttpServerConfig } from '../config/server-config.ts'
import { AuthFetch } from './protocol/auth-fetch.ts'
import { discoverAuthorization, scopesIn, type Challenge } from './protocol/discovery.ts'
import { authErrorText, NotAuthorized } from './not-authorized.ts'
import type { ServerCredentials } from './credentials.ts'
import type { StoredTokens } from './store/stored-login.ts'
import { storedTokensOf } from './protocol/token-requests.ts'

/** The errors of a client whose settings are wrong. Some servers use `access_denied` for a wrong secret. */
const settingErrors: ReadonlySet<string> = new Set([
  OAuthErrorCode.AccessDenied,
  OAuthErrorCode.InvalidClient,
  OAuthErrorCode.InvalidScope,
  OAuthErrorCode.InvalidTarget,
  OAuthErrorCode.UnauthorizedClient,
  OAuthErrorCode.UnsupportedGrantType,
])

/** The tokens of a client that acts for itself. They stay in this process. */
export class ClientCredentials implements ServerCredentials {
  readonly secrets: Set<string> = new Set()
  readonly #server: HttpServerConfig
  readonly #settings: McpOAuthSettings
  readonly #stop = new AbortController()
  readonly #http = new AuthFetch(this.#stop.signal)
  #tokens: StoredTokens | null = null
  #request: Promise<string> | null = null

  constructor(server: HttpServerConfig, settings: McpOAuthSettings) {
    this.#server = server
    this.#settings = settings
    this.secrets.add(settings.clientSecret ?? '')
  }

  get scope(): string | null {
    return this.#tokens?.scope ?? null
  }

  token(): Promise<string | null> {
    return Promise.resolve(this.#tokens?.accessToken ?? null)
  }

  /** Requests a token, once for all requests that were refused. */
  async renew(refused: string | null, challenge: Challenge): Promise<string> {
    const current = this.#tokens?.accessToken ?? null
    if (current !== null && current !== refused) return current
    this.#request ??= this.#requested(challenge).finally(() => {
      this.#request = null
    })
    return await this.#request
  }

  onRefused(): void {}

  hasNewLogin(): boolean {
    return false
  }

  async #requested(challenge: Challenge): Promise<string> {
    try {
      const { clientId = '', clientSecret = '', scopes } = this.#settings
      const { metadata, resource, scopes: named } = await discoverAuthorization(this.#server, challenge, this.#http)
      const { issuer } = metadata
      const provider = new ClientCredentialsProvider({ clientId, clientSecret, expectedIssuer: issuer })
      const scope = [...new Set([...(scopes ?? named), ...(scopesIn(challenge.scope) ?? [])])].join(' ')
      const tokens = await fetchToken(provider, issuer, {
        metadata,
        ...(resource === null ? {} : { resource }),
        ...(scope === '' ? {} : { scope }),
        fetchFn: this.#http.fetch,
      })
      this.#tokens = storedTokensOf(tokens)
      this.secrets.add(this.#tokens.accessToken)
      return this.#tokens.accessToken
    } catch (error) {
      const text = authErrorText(error, [...this.secrets])
      const remedy = error instanceof OAuthError && settingErrors.has(error.code) ? 'settings' : 'none'
      throw new NotAuthorized(`the server was not called: cannot get a token with client credentials: ${text}`, remedy)
    }
  }

  [Symbol.dispose](): void {
    this.#stop.abort()
    this.#http[Symbol.dispose]()
  }
}
