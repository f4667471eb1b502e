import {
  registerClient,
  RegistrationRejectedError,
  resolveClientMetadata,
  type OAuthClientMetadata,
} from '@modelcontextprotocol/client'
import { isRecord } from '../../../../protocol/json.ts'
import type { McpOAuthSettings } from '../../config/oauth-settings.ts'
import type { AuthFetch } from './auth-fetch.ts'
import { endpointIn, type Authorization } from './discovery.ts'
import { checkSecureUrl, shownUrl } from './secure-url.ts'
import type { TokenClient } from '../store/stored-login.ts'

export type ClientUse = {
  /** The redirect; null for a login on another device. */
  readonly redirectUrl: string | null
  readonly scope: string | undefined
}

/** Returns the client of the settings, or registers one. */
export async function clientFor(
  { metadata }: Authorization,
  settings: McpOAuthSettings,
  use: ClientUse,
  { fetch }: Pick<AuthFetch, 'fetch'>,
): Promise<TokenClient> {
  const { clientId, clientMetadataUrl } = settings
  // The secret of the settings is not stored.
  if (clientId !== undefined) return { id: clientId, secret: null, authMethod: null }
  if (clientMetadataUrl !== undefined && Reflect.get(metadata, 'client_id_metadata_document_supported') === true) {
    return { id: clientMetadataUrl, secret: null, authMethod: null }
  }
  const endpoint = endpointIn(metadata, 'registration_endpoint')
  if (endpoint === null) {
    throw new Error(
      `${shownUrl(metadata.issuer)} does not register clients: register one there, and set its id as "oauth": { "clientId": … } of the server`,
    )
  }
  checkSecureUrl(endpoint, 'the registration endpoint')
  try {
    const registered = await registerClient(metadata.issuer, {
      metadata,
      clientMetadata: clientMetadata(use, metadata.token_endpoint_auth_methods_supported ?? []),
      ...(use.scope === undefined ? {} : { scope: use.scope }),
      fetchFn: fetch,
    })
    return {
      id: registered.client_id,
      secret: registered.client_secret ?? null,
      authMethod: registered.token_endpoint_auth_method ?? null,
    }
  } catch (error) {
    if (!(error instanceof RegistrationRejectedError)) throw error
    throw new Error(`${shownUrl(metadata.issuer)} refused to register a client: ${rejectionText(error)}`, {
      cause: error,
    })
  }
}

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code'

function clientMetadata({ redirectUrl, scope }: ClientUse, methods: readonly string[]): OAuthClientMetadata {
  const isPublic = methods.length === 0 || methods.includes('none')
  const redirects = redirectUrl === null ? [] : [redirectUrl]
  const given = {
    client_name: 'codecell',
    redirect_uris: redirects,
    grant_types: [redirectUrl === null ? deviceGrant : 'authorization_code', 'refresh_token'],
    response_types: redirectUrl === null ? [] : ['code'],
    token_endpoint_auth_method: isPublic
      ? 'none'
      : (methods.find((name) => name.startsWith('client_secret_')) ?? 'none'),
    application_type: 'native',
    ...(scope === undefined ? {} : { scope }),
  }
  return resolveClientMetadata({ clientMetadata: given, redirectUrl: redirectUrl ?? undefined })
}

function rejectionText({ status, body }: RegistrationRejectedError): string {
  try {
    const value: unknown = JSON.parse(body)
    if (isRecord(value) && typeof value['error'] === 'string') {
      const description = value['error_description']
      return typeof description === 'string' ? `${value['error']}: ${description}` : value['error']
    }
  } catch {
    // The body is not an error of OAuth.
  }
  return `HTTP ${status}`
}
