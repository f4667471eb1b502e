import {
  refreshAuthorization,
  type AuthorizationServerMetadata,
  type OAuthClientInformationMixed,
  type OAuthTokens,
} from '@modelcontextprotocol/client'
import type { AuthFetch } from './auth-fetch.ts'
import type { StoredLogin, StoredTokens, TokenClient, TokenIssuer } from '../store/stored-login.ts'

/** Returns the tokens of a response. What the response leaves out is as before. */
export function storedTokensOf(tokens: OAuthTokens, before: Partial<StoredTokens> = {}): StoredTokens {
  return {
    accessToken: tokens.access_token,
    refreshToken: tokens.refresh_token ?? before.refreshToken ?? null,
    // Some servers write 0 for tokens that do not expire.
    expiresAt: (tokens.expires_in ?? 0) <= 0 ? null : Date.now() + (tokens.expires_in ?? 0) * 1000,
    scope: tokens.scope ?? before.scope ?? null,
  }
}

/** Requests new tokens. Throws the error of the authorization server. */
export async function refreshedTokens(
  { issuer, client, resource, tokens }: StoredLogin & { readonly tokens: { readonly refreshToken: string } },
  secret: string | null,
  { fetch }: Pick<AuthFetch, 'fetch'>,
): Promise<StoredTokens> {
  const refreshed = await refreshAuthorization(issuer.issuer, {
    metadata: metadataOf(issuer),
    clientInformation: clientInformationOf(client, secret),
    refreshToken: tokens.refreshToken,
    ...(resource === null ? {} : { resource }),
    fetchFn: fetch,
  })
  return storedTokensOf(refreshed, tokens)
}

export function clientInformationOf(
  { id, secret, authMethod }: TokenClient,
  configured: string | null,
): OAuthClientInformationMixed {
  const given = configured ?? secret
  return {
    client_id: id,
    ...(given === null ? {} : { client_secret: given }),
    ...(authMethod === null ? {} : { token_endpoint_auth_method: authMethod, redirect_uris: [] }),
  }
}

/** Returns the metadata that a token request uses. */
function metadataOf({ issuer, tokenEndpoint, authMethods }: TokenIssuer): AuthorizationServerMetadata {
  return {
    issuer,
    // Not used by token requests.
    authorization_endpoint: tokenEndpoint,
    token_endpoint: tokenEndpoint,
    response_types_supported: ['code'],
    ...(authMethods.length === 0 ? {} : { token_endpoint_auth_methods_supported: [...authMethods] }),
  }
}
