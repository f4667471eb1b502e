import { withOAuth } from '@modelcontextprotocol/client'
import type { HttpServerConfig, McpServerConfig } from '../config/server-config.ts'
import { challengeOf } from './protocol/challenge.ts'
import { limitedText } from '../wire/limited-text.ts'
import { loginCommand, loginNeeded, NotAuthorized, redacted, scopeNeeded } from './not-authorized.ts'
import { isSecureUrl } from './protocol/secure-url.ts'
import type { ServerCredentials } from './credentials.ts'
import { credentialsOf, hasAuthorization } from './server-credentials.ts'

/** Maximum length of the body of a refusal in an error, in bytes. */
const maxErrorBody = 1000

type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>

/** Adds tokens to the requests of a connection. */
export interface Authorizer extends Disposable {
  /** Returns a `fetch` whose requests have a token. A refused request is repeated once with a new token. */
  wrap(fetch: Fetch): Fetch
  /** Returns a text of the server without tokens. */
  redact(text: string): string
  /** Whether a request had a token. */
  readonly hasUsedToken: boolean
  /** Returns whether a login was stored after the last refusal. */
  hasNewLogin(): boolean
}

/** Returns the authorizer of a server. */
export function authorizerOf(server: McpServerConfig, credentialsDir: string | null): Authorizer {
  // The transport reports a malformed URL.
  if (server.type === 'stdio' || !URL.canParse(server.url)) return plainAuthorizer((fetch) => fetch)
  const { authProvider, url } = server
  if (authProvider !== undefined && !hasAuthorization(server)) return plainAuthorizer(withOAuth(authProvider, url))
  const credentials = credentialsOf(server, credentialsDir)
  if (credentials === null) return plainAuthorizer((fetch) => fetch)
  return new CredentialAuthorizer(server, credentials)
}

function plainAuthorizer(wrap: (fetch: Fetch) => Fetch): Authorizer {
  return {
    wrap,
    redact: (text) => text,
    hasUsedToken: false,
    hasNewLogin: () => false,
    [Symbol.dispose]: () => undefined,
  }
}

class CredentialAuthorizer implements Authorizer {
  readonly #server: HttpServerConfig
  readonly #credentials: ServerCredentials
  readonly #origin: string

  constructor(server: HttpServerConfig, credentials: ServerCredentials) {
    this.#server = server
    this.#credentials = credentials
    this.#origin = new URL(server.url).origin
  }

  wrap(fetch: Fetch): Fetch {
    return async (url, init = {}) => {
      // Tokens go to their server only.
      const isOwn = new URL(url).origin === this.#origin && isSecureUrl(url)
      if (!isOwn) return await fetch(url, init)
      const token = await this.#credentials.token()
      const response = await fetch(url, withToken(init, token))
      if (response.status === 401) return await this.#repeated(fetch, url, init, { token, response })
      if (response.status === 403) this.#checkScope(response, token)
      return response
    }
  }

  async #repeated(
    fetch: Fetch,
    url: string | URL,
    init: RequestInit,
    { token, response }: { readonly token: string | null; readonly response: Response },
  ): Promise<Response> {
    const challenge = challengeOf(response)
    if (token === null && !this.#isOffered(response)) {
      this.#credentials.onRefused(null)
      throw await this.#unexplained(response)
    }
    await response.body?.cancel()
    const renewed = await this.#credentials.renew(token, challenge)
    const repeated = await fetch(url, withToken(init, renewed))
    if (repeated.status === 401) {
      await repeated.body?.cancel()
      this.#credentials.onRefused(renewed)
      throw loginNeeded(this.#server.name, 'it refused a new token too')
    }
    if (repeated.status === 403) this.#checkScope(repeated, renewed)
    return repeated
  }

  /** Returns whether a token can help: the response asks for one, or the configuration has settings. */
  #isOffered(response: Response): boolean {
    return (
      this.#server.oauth !== undefined ||
      /(^|,)\s*(bearer|dpop)\b/i.test(response.headers.get('www-authenticate') ?? '')
    )
  }

  /** Returns the error for a response that does not say how to be authorized: its text can. */
  async #unexplained(response: Response): Promise<NotAuthorized> {
    const text = (await limitedText(response, maxErrorBody, 'cut')).trim()
    const head = `HTTP 401 ${response.statusText}`.trim()
    const advice = `if the server uses OAuth, run \`${loginCommand(this.#server.name)}\``
    return new NotAuthorized(`${text === '' ? head : `${head}: ${text}`}; ${advice}`, 'login')
  }

  #checkScope(response: Response, token: string | null): void {
    const { error, scope } = challengeOf(response)
    if (error !== 'insufficient_scope') return
    void response.body?.cancel()
    this.#credentials.onRefused(token)
    throw scopeNeeded(this.#server.name, scope, this.#credentials.scope)
  }

  redact(text: string): string {
    return redacted(text, this.#credentials.secrets)
  }

  get hasUsedToken(): boolean {
    return this.#credentials.secrets.size > 0
  }

  hasNewLogin(): boolean {
    return this.#credentials.hasNewLogin()
  }

  [Symbol.dispose](): void {
    this.#credentials[Symbol.dispose]()
  }
}

function withToken(init: RequestInit, token: string | null): RequestInit {
  if (token === null) return init
  const headers = new Headers(init.headers)
  headers.set('authorization', `Bearer ${token}`)
  return { ...init, headers }
}
