import {
  checkResourceAllowed,
  discoverOAuthServerInfo,
  resourceUrlFromServerUrl,
  type AuthorizationServerMetadata,
  type OAuthServerInfo,
} from '@modelcontextprotocol/client'
import type { HttpServerConfig } from '../../config/server-config.ts'
import type { McpOAuthSettings } from '../../config/oauth-settings.ts'
import type { AuthFetch } from './auth-fetch.ts'
import { checkSecureUrl, shownUrl } from './secure-url.ts'
import type { TokenIssuer } from '../store/stored-login.ts'

/** The parts of `WWW-Authenticate` in a refusal. */
export type Challenge = {
  readonly resourceMetadataUrl?: URL
  readonly scope?: string
  readonly error?: string
}

/** The authorization server of an MCP server, and the resource that tokens are requested for. */
export type Authorization = {
  readonly metadata: AuthorizationServerMetadata
  readonly resource: string | null
  /** The scopes that the server names: those of the refused request, or else all. */
  readonly scopes: readonly string[]
}

/** Finds the authorization server (RFC 9728, RFC 8414, OpenID Connect). Throws when the server does not offer OAuth. */
export async function discoverAuthorization(
  { url, oauth }: HttpServerConfig,
  challenge: Challenge,
  { fetch }: Pick<AuthFetch, 'fetch'>,
): Promise<Authorization> {
  const settings = oauth === false || oauth === undefined ? {} : oauth
  const { resourceMetadataUrl } = challenge
  if (resourceMetadataUrl !== undefined) checkSecureUrl(resourceMetadataUrl, 'the metadata of the server')
  const info = await infoOf(url, settings, challenge, fetch)
  const metadata = info.authorizationServerMetadata
  if (metadata === undefined) {
    throw new Error(
      info.resourceMetadata === undefined
        ? `it does not offer OAuth: neither ${shownUrl(url)} nor ${shownUrl(info.authorizationServerUrl)} has metadata of an authorization server`
        : `its authorization server ${shownUrl(info.authorizationServerUrl)} has no metadata`,
    )
  }
  checkEndpoints(metadata)
  return {
    metadata,
    resource: settings.resource ?? resourceOf(url, info),
    scopes: scopesIn(challenge.scope) ?? info.resourceMetadata?.scopes_supported ?? [],
  }
}

async function infoOf(
  url: string,
  { authServerMetadataUrl }: McpOAuthSettings,
  { resourceMetadataUrl }: Challenge,
  fetch: AuthFetch['fetch'],
): Promise<OAuthServerInfo> {
  return await discoverOAuthServerInfo(url, {
    ...(resourceMetadataUrl === undefined ? {} : { resourceMetadataUrl }),
    // The metadata of the authorization server is at the URL in the settings, which the user trusts.
    fetchFn: authServerMetadataUrl === undefined ? fetch : redirected(fetch, authServerMetadataUrl),
    skipIssuerMetadataValidation: authServerMetadataUrl !== undefined,
  })
}

function redirected(fetch: AuthFetch['fetch'], metadataUrl: string): AuthFetch['fetch'] {
  return async (url, init) =>
    await fetch(
      /\.well-known\/(oauth-authorization-server|openid-configuration)/.test(String(url)) ? metadataUrl : url,
      init,
    )
}

function resourceOf(url: string, { resourceMetadata }: OAuthServerInfo): string | null {
  if (resourceMetadata === undefined) return null
  const { resource } = resourceMetadata
  if (checkResourceAllowed({ requestedResource: resourceUrlFromServerUrl(url), configuredResource: resource }))
    return resource
  throw new Error(`its metadata is for another server: ${shownUrl(resource)}`)
}

function checkEndpoints(metadata: AuthorizationServerMetadata): void {
  checkSecureUrl(metadata.authorization_endpoint, 'the authorization endpoint')
  checkSecureUrl(metadata.token_endpoint, 'the token endpoint')
}

/** Returns the part of the metadata that refreshes need. */
export function tokenIssuerOf(metadata: AuthorizationServerMetadata): TokenIssuer {
  return {
    issuer: metadata.issuer,
    tokenEndpoint: metadata.token_endpoint,
    revocationEndpoint: endpointIn(metadata, 'revocation_endpoint'),
    authMethods: metadata.token_endpoint_auth_methods_supported ?? [],
  }
}

/** Returns an endpoint that the types of the client do not have for every server. */
export function endpointIn(metadata: AuthorizationServerMetadata, name: string): string | null {
  const value: unknown = Reflect.get(metadata, name)
  return typeof value === 'string' && value !== '' ? value : null
}

/** Returns the names in a list of scopes; null without one. */
export function scopesIn(scope: string | null | undefined): readonly string[] | null {
  const names = (scope ?? '').split(/\s+/).filter((name) => name !== '')
  return names.length === 0 ? null : names
}
