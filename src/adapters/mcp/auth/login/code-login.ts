import { randomBytes, timingSafeEqual } from 'node:crypto'
import {
  exchangeAuthorization,
  IssuerMismatchError,
  startAuthorization,
  validateAuthorizationResponseIssuer,
  type AuthorizationServerMetadata,
} from '@modelcontextprotocol/client'
import type { McpOAuthSettings } from '../../config/oauth-settings.ts'
import type { AuthFetch } from '../protocol/auth-fetch.ts'
import { clientFor } from '../protocol/client-registration.ts'
import type { Authorization } from '../protocol/discovery.ts'
import type { McpLoginOptions } from './login-options.ts'
import { listenForRedirect, redirectOf } from './redirect-server.ts'
import { checkSecureUrl } from '../protocol/secure-url.ts'
import type { StoredTokens, TokenClient } from '../store/stored-login.ts'
import { clientInformationOf, storedTokensOf } from '../protocol/token-requests.ts'

export type LoginSteps = {
  readonly authorization: Authorization
  readonly settings: McpOAuthSettings
  readonly scope: string | undefined
  readonly options: McpLoginOptions
  readonly http: AuthFetch
  readonly signal: AbortSignal
}

export type LoginResult = { readonly client: TokenClient; readonly tokens: StoredTokens }

/** Logs in through the browser of the user, with the authorization code flow and PKCE. */
export async function loginWithCode(steps: LoginSteps): Promise<LoginResult> {
  const { authorization, settings, scope, options, http } = steps
  const { metadata, resource } = authorization
  const state = randomBytes(24).toString('base64url')
  const reply = Promise.withResolvers<string>()
  reply.promise.catch(() => undefined)
  const onRedirect = (params: URLSearchParams): boolean => settle(reply, () => codeIn(params, state, metadata))
  await using server = await listenForRedirect(redirectOf(settings), onRedirect)
  const client = await clientFor(authorization, settings, { redirectUrl: server.url, scope }, http)
  const clientInformation = clientInformationOf(client, settings.clientSecret ?? null)
  const { authorizationUrl, codeVerifier } = await startAuthorization(metadata.issuer, {
    metadata,
    clientInformation,
    redirectUrl: server.url,
    state,
    ...(scope === undefined ? {} : { scope }),
    ...(resource === null ? {} : { resource }),
  })
  checkSecureUrl(authorizationUrl, 'the authorization endpoint')
  options.onUrl?.(authorizationUrl.href)
  const code = await replied(steps, reply, (params) => codeIn(params, state, metadata))
  const tokens = await exchangeAuthorization(metadata.issuer, {
    metadata,
    clientInformation,
    authorizationCode: code,
    // Checked with the state, which a code of its own does not have.
    iss: metadata.issuer,
    codeVerifier,
    redirectUri: server.url,
    ...(resource === null ? {} : { resource }),
    fetchFn: http.fetch,
  })
  return { client, tokens: storedTokensOf(tokens, { scope: scope ?? null }) }
}

type Reply = ReturnType<typeof Promise.withResolvers<string>>

/** Settles the reply with the code of a redirect. Returns whether it has one. */
function settle(reply: Reply, read: () => string): boolean {
  try {
    reply.resolve(read())
    return true
  } catch (error) {
    reply.reject(error)
    return false
  }
}

/** Returns the code of a redirect. Throws when the redirect does not belong to this login, or has an error. */
function codeIn(params: URLSearchParams, state: string, metadata: AuthorizationServerMetadata): string {
  if (!isSame(params.get('state') ?? '', state)) {
    throw new Error('the redirect has another "state" than the login: it does not belong to this login, so start again')
  }
  checkIssuer(params.get('iss') ?? undefined, metadata)
  const error = params.get('error')
  if (error !== null) {
    const description = params.get('error_description') ?? ''
    const head = error === 'access_denied' ? 'access was denied' : 'the authorization server reports an error'
    throw new Error(`${head} (${error})${description === '' ? '' : `: ${description}`}`)
  }
  return params.get('code') ?? ''
}

function checkIssuer(iss: string | undefined, metadata: AuthorizationServerMetadata): void {
  try {
    validateAuthorizationResponseIssuer({
      iss,
      expectedIssuer: metadata.issuer,
      issParameterSupported: Reflect.get(metadata, 'authorization_response_iss_parameter_supported') === true,
    })
  } catch (error) {
    if (!(error instanceof IssuerMismatchError)) throw error
    // The received value can come from an attacker.
    throw new Error(`the redirect does not come from ${metadata.issuer}: its "iss" differs`, { cause: error })
  }
}

function isSame(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)]
  return one.length === other.length && timingSafeEqual(one, other)
}

/** Waits for the code, from the redirect or from the user. */
async function replied(
  { options: { readRedirect }, signal }: LoginSteps,
  reply: Reply,
  codeOf: (params: URLSearchParams) => string,
): Promise<string> {
  const stop = new AbortController()
  const either = AbortSignal.any([signal, stop.signal])
  const onAbort = (): void => reply.reject(signal.reason)
  signal.addEventListener('abort', onAbort)
  if (signal.aborted) onAbort()
  const read = async (): Promise<void> => {
    const text = (await readRedirect?.(either)) ?? null
    if (text !== null) settle(reply, () => pastedCode(text.trim(), codeOf))
  }
  read().catch((error: unknown) => {
    if (!either.aborted) reply.reject(error)
  })
  try {
    return await reply.promise
  } finally {
    stop.abort()
    signal.removeEventListener('abort', onAbort)
  }
}

/** Returns the code that the user has pasted, alone or in the URL of a redirect. */
function pastedCode(text: string, codeOf: (params: URLSearchParams) => string): string {
  const params = new URLSearchParams(/\?([^#]*)/.exec(text)?.[1] ?? '')
  if (params.has('code') || params.has('error')) return codeOf(params)
  // A code alone has no state. PKCE binds it to this login.
  if (/^[\w.~+/-]{8,}={0,2}$/.test(text)) return text
  throw new Error('expected the URL that the browser was redirected to, with "code" and "state"')
}
