import { OAuthError, OAuthErrorCode } from '@modelcontextprotocol/client'
import { messageOf } from '../../../errors.ts'
import type { HttpServerConfig } from '../config/server-config.ts'
import { AuthFetch } from './protocol/auth-fetch.ts'
import { loginKey, type CredentialFile } from './store/credential-file.ts'
import { authErrorText, loginNeeded, NotAuthorized } from './not-authorized.ts'
import type { ServerCredentials } from './credentials.ts'
import type { StoredLogin, StoredTokens } from './store/stored-login.ts'
import { refreshedTokens } from './protocol/token-requests.ts'

/** The errors after which a refresh token is useless. */
const finalErrors: ReadonlySet<string> = new Set([
  OAuthErrorCode.InvalidGrant,
  OAuthErrorCode.InvalidClient,
  OAuthErrorCode.UnauthorizedClient,
])

/** The tokens of a login, which every process of the user shares. */
export class LoginCredentials implements ServerCredentials {
  readonly secrets: Set<string> = new Set()
  readonly #server: HttpServerConfig
  readonly #file: CredentialFile
  readonly #key: string
  readonly #stop = new AbortController()
  readonly #http = new AuthFetch(this.#stop.signal)
  /** The refresh that is running. */
  #refresh: Promise<string> | null = null
  /** The token of the last refusal; undefined without one. */
  #refused: string | null | undefined

  constructor(server: HttpServerConfig, file: CredentialFile) {
    const { oauth } = server
    this.#server = server
    this.#file = file
    this.#key = loginKey(server.url, oauth === false ? undefined : oauth?.clientId)
  }

  get scope(): string | null {
    return this.#login()?.tokens.scope ?? null
  }

  /** An unusable file and a failed refresh are errors of requests that the server refuses: others need no token. */
  async token(): Promise<string | null> {
    try {
      const tokens = this.#login()?.tokens
      if (tokens === undefined) return null
      const { accessToken, refreshToken, expiresAt } = tokens
      if (refreshToken === null || expiresAt === null || Date.now() < expiresAt) return accessToken
      return await this.renew(accessToken).catch(() => accessToken)
    } catch {
      return null
    }
  }

  async renew(refused: string | null): Promise<string> {
    try {
      return this.#other(refused) ?? (await this.#refreshed(refused))
    } catch (error) {
      this.onRefused(refused)
      if (error instanceof NotAuthorized) throw error
      // The file cannot be written, or another process has locked it.
      throw new NotAuthorized(`the server was not called: cannot refresh its token: ${messageOf(error)}`, 'none')
    }
  }

  onRefused(token: string | null): void {
    this.#refused = token
  }

  hasNewLogin(): boolean {
    if (this.#refused === undefined) return false
    try {
      const stored = this.#login()?.tokens.accessToken ?? null
      return stored !== null && stored !== this.#refused
    } catch {
      // The file cannot be used.
      return false
    }
  }

  /** Returns the stored token if it is not the refused one. */
  #other(refused: string | null): string | null {
    const stored = this.#login()?.tokens.accessToken ?? null
    return stored === refused ? null : stored
  }

  /** Refreshes the token, once for all requests of this process that were refused. */
  async #refreshed(refused: string | null): Promise<string> {
    this.#refresh ??= this.#file
      .whileAlone(this.#key, () => this.#refreshAlone(refused))
      .finally(() => {
        this.#refresh = null
      })
    return await this.#refresh
  }

  /** Refreshes the token, unless another process has done so. */
  async #refreshAlone(refused: string | null): Promise<string> {
    const other = this.#other(refused)
    if (other !== null) return other
    const login = this.#login()
    if (login === undefined) throw loginNeeded(this.#server.name, null)
    const { refreshToken } = login.tokens
    if (refreshToken === null) throw loginNeeded(this.#server.name, endText(login))
    const tokens = await this.#requested({ ...login, tokens: { ...login.tokens, refreshToken } })
    await this.#store(login, tokens)
    this.#remember(tokens)
    return tokens.accessToken
  }

  async #requested(login: StoredLogin & { tokens: { refreshToken: string } }): Promise<StoredTokens> {
    const { oauth } = this.#server
    const secret = oauth === false ? null : (oauth?.clientSecret ?? null)
    try {
      return await refreshedTokens(login, secret, this.#http)
    } catch (error) {
      const secrets = [login.tokens.refreshToken, login.tokens.accessToken, secret, login.client.secret]
      const text = authErrorText(error, secrets)
      if (!(error instanceof OAuthError) || !finalErrors.has(error.code)) {
        throw new NotAuthorized(`the server was not called: cannot refresh its token: ${text}`, 'none')
      }
      // Later requests need not ask again.
      await this.#store(login, { ...login.tokens, refreshToken: null })
      throw loginNeeded(this.#server.name, `the authorization server refused to refresh the token: ${text}`)
    }
  }

  /** Stores tokens, unless a login has replaced those that they come from. */
  async #store({ tokens: before }: StoredLogin, tokens: StoredTokens): Promise<void> {
    await this.#file.update(this.#key, (login) =>
      login?.tokens.accessToken === before.accessToken ? { ...login, tokens } : login,
    )
  }

  #login(): StoredLogin | undefined {
    try {
      const login = this.#file.read().get(this.#key)
      if (login !== undefined) this.#remember(login.tokens)
      return login
    } catch (error) {
      throw new NotAuthorized(`the server was not called: ${messageOf(error)}`, 'none')
    }
  }

  #remember({ accessToken, refreshToken }: StoredTokens): void {
    this.secrets.add(accessToken)
    if (refreshToken !== null) this.secrets.add(refreshToken)
  }

  [Symbol.dispose](): void {
    this.#stop.abort()
    this.#http[Symbol.dispose]()
  }
}

/** Returns why a login without a refresh token has ended. */
function endText({ tokens: { expiresAt } }: StoredLogin): string {
  return expiresAt !== null && expiresAt <= Date.now()
    ? 'its token has expired and cannot be refreshed'
    : 'it refused the token, which cannot be refreshed'
}
