import { setTimeout as delay } from 'node:timers/promises'
import {
  fetchToken,
  OAuthError,
  parseErrorResponse,
  type OAuthClientInformationMixed,
  type OAuthClientMetadata,
  type OAuthClientProvider,
  type OAuthTokens,
} from '@modelcontextprotocol/client'
import { isRecord } from '../../../../protocol/json.ts'
import { clientFor } from '../protocol/client-registration.ts'
import type { LoginResult, LoginSteps } from './code-login.ts'
import { endpointIn } from '../protocol/discovery.ts'
import type { McpDeviceCode } from './login-options.ts'
import { checkSecureUrl, isSecureUrl, shownUrl } from '../protocol/secure-url.ts'
import { clientInformationOf, storedTokensOf } from '../protocol/token-requests.ts'

/** The time between two requests for tokens if the server does not state it, in seconds. */
const defaultInterval = 5

/** The time that is added when the server asks for fewer requests, in milliseconds. */
const slowerMs = 5000

type DeviceResponse = McpDeviceCode & { readonly deviceCode: string; readonly intervalMs: number }

/** Logs in with a code that the user enters on any device (RFC 8628). */
export async function loginWithDevice(steps: LoginSteps): Promise<LoginResult> {
  const { authorization, settings, scope, options, http, signal } = steps
  const { metadata } = authorization
  const endpoint = endpointIn(metadata, 'device_authorization_endpoint')
  if (endpoint === null) {
    throw new Error(`${shownUrl(metadata.issuer)} does not offer logins on another device: log in without --device`)
  }
  checkSecureUrl(endpoint, 'the device authorization endpoint')
  const client = await clientFor(authorization, settings, { redirectUrl: null, scope }, http)
  const clientInformation = clientInformationOf(client, settings.clientSecret ?? null)
  const code = await requestCode(steps, endpoint, clientInformation)
  const { verificationUrl, completeUrl, userCode, expiresAt } = code
  options.onDeviceCode?.({ verificationUrl, completeUrl, userCode, expiresAt })
  const tokens = await pollForTokens(steps, code, clientInformation)
  signal.throwIfAborted()
  return { client, tokens: storedTokensOf(tokens, { scope: scope ?? null }) }
}

async function requestCode(
  { authorization: { resource }, scope, http }: LoginSteps,
  endpoint: string,
  { client_id: clientId, client_secret: secret }: OAuthClientInformationMixed,
): Promise<DeviceResponse> {
  const body = new URLSearchParams({ client_id: clientId })
  if (secret !== undefined) body.set('client_secret', secret)
  if (scope !== undefined) body.set('scope', scope)
  if (resource !== null) body.set('resource', resource)
  const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' }
  const response = await http.fetch(endpoint, { method: 'POST', headers, body })
  if (!response.ok) throw await parseErrorResponse(response)
  return parseDeviceResponse(await response.json())
}

function parseDeviceResponse(value: unknown): DeviceResponse {
  const {
    device_code: deviceCode,
    user_code: userCode,
    verification_uri: url,
    verification_uri_complete: complete,
    interval,
  } = isRecord(value) ? value : {}
  const expiresIn = isRecord(value) ? value['expires_in'] : null
  if (typeof deviceCode !== 'string' || typeof userCode !== 'string' || typeof url !== 'string' || !isSecureUrl(url)) {
    throw new Error('the authorization server returned an unusable device code')
  }
  return {
    deviceCode,
    userCode,
    verificationUrl: url,
    completeUrl: typeof complete === 'string' && isSecureUrl(complete) ? complete : null,
    expiresAt: Date.now() + (typeof expiresIn === 'number' ? expiresIn : 900) * 1000,
    intervalMs: (typeof interval === 'number' && interval >= 0 ? interval : defaultInterval) * 1000,
  }
}

async function pollForTokens(
  { authorization: { metadata, resource }, http, signal }: LoginSteps,
  { deviceCode, intervalMs, expiresAt }: DeviceResponse,
  clientInformation: OAuthClientInformationMixed,
): Promise<OAuthTokens> {
  const provider = new DeviceProvider(deviceCode, clientInformation)
  let waitMs = intervalMs
  while (Date.now() < expiresAt) {
    await delay(waitMs, undefined, { signal })
    try {
      return await fetchToken(provider, metadata.issuer, {
        metadata,
        ...(resource === null ? {} : { resource }),
        fetchFn: http.fetch,
      })
    } catch (error) {
      const code = error instanceof OAuthError ? error.code : ''
      if (code === 'slow_down') waitMs += slowerMs
      else if (code === 'access_denied') throw new Error('access was denied (access_denied)', { cause: error })
      else if (code === 'expired_token') break
      else if (code !== 'authorization_pending') throw error
    }
  }
  throw new Error('the code has expired before it was entered; start again')
}

/** The parts of a provider that the token request of a device code uses. */
class DeviceProvider implements OAuthClientProvider {
  readonly redirectUrl = undefined
  readonly clientMetadata: OAuthClientMetadata = { redirect_uris: [] }
  readonly #deviceCode: string
  readonly #client: OAuthClientInformationMixed

  constructor(deviceCode: string, client: OAuthClientInformationMixed) {
    this.#deviceCode = deviceCode
    this.#client = client
  }

  clientInformation(): OAuthClientInformationMixed {
    return this.#client
  }

  prepareTokenRequest(): URLSearchParams {
    return new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: this.#deviceCode,
    })
  }

  tokens(): undefined {}
  saveTokens(): void {}
  redirectToAuthorization(): void {}
  saveCodeVerifier(): void {}

  codeVerifier(): string {
    return ''
  }
}
