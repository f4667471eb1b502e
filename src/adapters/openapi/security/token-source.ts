import { isUnreached } from '../../../tools/unknown-outcome.ts'
import { messageOf } from '../../../errors.ts'
import type { OpenApiOAuthClient } from './credentials.ts'
import { isPrivate } from './loopback.ts'
import { quoted, type SecurityScheme } from './schemes.ts'
import { TokenCache } from './token-cache.ts'
import { discoverEndpoint, requestToken, type TokenEndpoint } from './token-endpoint.ts'

type Fetch = typeof globalThis.fetch

/** The address of an authorization server: a token URL, or an issuer whose metadata have it. */
type Address = { readonly type: 'url'; readonly url: URL } | { readonly type: 'issuer'; readonly issuer: string }

type OAuthScheme = Extract<SecurityScheme, { readonly type: 'oauth2' | 'openIdConnect' }>

/**
 * Returns the address to which the secret of a client is sent. The document does not choose it: the configuration has the URL or the
 * issuer, or a `baseUrl` with the origin of the document's URL. `fail` throws an error that says what to set.
 */
export function addressOf(
  scheme: OAuthScheme,
  client: OpenApiOAuthClient,
  { baseUrl, fail }: { readonly baseUrl: URL | null; readonly fail: (reason: string) => never },
): Address {
  if (client.tokenUrl !== undefined) return { type: 'url', url: new URL(client.tokenUrl) }
  if (client.issuer !== undefined) {
    // Others could change the metadata on their way, and thus the address.
    if (!isPrivate(new URL(client.issuer))) return fail('"issuer" must have https://')
    return { type: 'issuer', issuer: client.issuer }
  }
  const text = scheme.type === 'oauth2' ? scheme.tokenUrl : scheme.url
  const missing = scheme.type === 'oauth2' ? '"tokenUrl"' : '"issuer" or "tokenUrl"'
  const url = text === null ? null : urlOf(text, baseUrl)
  if (url === null) return fail(`${missing} is missing: the document has no URL for tokens; set it`)
  if (!isPrivate(url))
    return fail(`the document names ${quoted(url.href)} for tokens, which is not encrypted; set ${missing}`)
  if (url.origin !== baseUrl?.origin) {
    return fail(
      `the document names ${quoted(url.href)} for tokens; set ${missing} to confirm where the secret is sent, for example this URL`,
    )
  }
  const [, issuer] = /^(.*)\/\.well-known\/openid-configuration$/.exec(url.href) ?? []
  if (scheme.type === 'oauth2') return { type: 'url', url }
  return issuer === undefined ? fail(`${missing} is missing: set it`) : { type: 'issuer', issuer }
}

function urlOf(text: string, base: URL | null): URL | null {
  if (URL.canParse(text)) return new URL(text)
  return base !== null && URL.canParse(text, base.href) ? new URL(text, base) : null
}

/** Returns the tokens of a client. Their errors name the scheme and the server, and no secret. */
export function tokensOf(
  scheme: OAuthScheme,
  client: OpenApiOAuthClient,
  { address, fetch }: { readonly address: Address; readonly fetch: Fetch },
): TokenCache {
  const origin = address.type === 'url' ? address.url.origin : new URL(address.issuer).origin
  let endpoint: TokenEndpoint | null = null
  return new TokenCache(async (scopes) => {
    try {
      endpoint ??=
        address.type === 'url' ? { url: address.url, methods: null } : await discoverEndpoint(address.issuer, fetch)
      return await requestToken(endpoint, { client, scopes: client.scopes ?? scopes, fetch })
    } catch (cause) {
      const reason =
        isUnreached(cause) || causeOf(cause) !== '' ? `it cannot be reached${causeOf(cause)}` : messageOf(cause)
      throw new TypeError(`cannot get a token for security scheme ${quoted(scheme.name)} from ${origin}: ${reason}`, {
        cause,
      })
    }
  })
}

/** The errors of `fetch` have the reason only in their cause. */
function causeOf(error: unknown): string {
  return error instanceof Error && error.cause instanceof Error ? `: ${messageOf(error.cause)}` : ''
}
