import { isRecord } from '../../../protocol/json.ts'
import { readBytes } from '../failures/read-bytes.ts'
import { retryAfterMs } from '../failures/retry-after.ts'
import type { OpenApiOAuthClient } from './credentials.ts'
import { isPrivate } from './loopback.ts'
import type { AccessToken } from './token-cache.ts'

type Fetch = typeof globalThis.fetch

/** The time for a response of an authorization server, in milliseconds. */
const timeoutMs = 30_000

/** Maximum size of a response, in bytes. */
const maxBytes = 1_048_576

/** A token is refreshed this long before it expires, in milliseconds; a short one after half of its time. */
const marginMs = 30_000

/** Maximum length of the description of an error, in characters. */
const maxDescription = 300

/** A token endpoint, and the methods of authentication that it supports; null where they are unknown. */
export type TokenEndpoint = { readonly url: URL; readonly methods: readonly string[] | null }

/**
 * Requests an access token for client credentials (RFC 6749, section 4.4). Redirects are refused: another URL would receive the secret.
 * Throws a `TypeError` with the error of the server.
 */
export async function requestToken(
  { url, methods }: TokenEndpoint,
  { client, scopes, fetch }: { client: OpenApiOAuthClient; scopes: readonly string[]; fetch: Fetch },
): Promise<AccessToken> {
  const startedAt = Date.now()
  const body = new URLSearchParams({ grant_type: 'client_credentials' })
  if (scopes.length > 0) body.set('scope', scopes.join(' '))
  if (client.audience !== undefined) body.set('audience', client.audience)
  if (client.resource !== undefined) body.set('resource', client.resource)
  const headers = new Headers({ accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' })
  if (usesPost(client, methods)) {
    body.set('client_id', client.clientId)
    body.set('client_secret', client.clientSecret)
  } else headers.set('authorization', basicOf(formEncoded(client.clientId), formEncoded(client.clientSecret)))
  const { response, json } = await exchange(fetch, url, { method: 'POST', headers, body: body.toString() })
  if (!response.ok) throw new TypeError(errorText(response, json))
  return tokenIn(json, startedAt)
}

/**
 * Reads the metadata of an issuer (OpenID Connect Discovery) and returns its token endpoint. Throws a `TypeError` for metadata of another
 * issuer and for an endpoint that is not encrypted.
 */
export async function discoverEndpoint(issuer: string, fetch: Fetch): Promise<TokenEndpoint> {
  const base = issuer.replace(/\/+$/, '')
  const url = new URL(`${base}/.well-known/openid-configuration`)
  const { response, json } = await exchange(fetch, url, { headers: { accept: 'application/json' } })
  if (!response.ok) throw new TypeError(`${url.href} returned ${response.status} ${response.statusText}`.trim())
  const { issuer: named, token_endpoint: endpoint, token_endpoint_auth_methods_supported: methods } = json
  if (typeof named !== 'string' || named.replace(/\/+$/, '') !== base) {
    throw new TypeError(`the metadata at ${url.href} are of another issuer`)
  }
  if (typeof endpoint !== 'string' || !URL.canParse(endpoint) || !isPrivate(new URL(endpoint))) {
    throw new TypeError(`the metadata at ${url.href} have no token endpoint with https://`)
  }
  const known = Array.isArray(methods) ? methods.filter((method) => typeof method === 'string') : null
  return { url: new URL(endpoint), methods: known }
}

/** Returns the value of the header `authorization` for a name and a password. */
export function basicOf(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

/** Encodes a value as in a form (RFC 6749, section 2.3.1). */
function formEncoded(value: string): string {
  return new URLSearchParams({ v: value }).toString().slice(2)
}

function usesPost({ clientAuth }: OpenApiOAuthClient, methods: readonly string[] | null): boolean {
  if (clientAuth !== undefined) return clientAuth === 'post'
  return methods !== null && !methods.includes('client_secret_basic') && methods.includes('client_secret_post')
}

type Exchange = { readonly response: Response; readonly json: Readonly<Record<string, unknown>> }

async function exchange(fetch: Fetch, url: URL, init: RequestInit): Promise<Exchange> {
  const response = await fetch(url, { ...init, redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) })
  if (response.status >= 300 && response.status < 400) {
    await response.body?.cancel()
    throw new TypeError(`${url.origin} redirects, which is refused`)
  }
  const bytes = await readBytes(response, maxBytes)
  return { response, json: jsonOf(bytes.toString()) }
}

function jsonOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : {}
  } catch {
    return {}
  }
}

function tokenIn(
  { access_token: token, token_type: type, expires_in: seconds }: Exchange['json'],
  startedAt: number,
): AccessToken {
  if (typeof token !== 'string' || !/^[\x21-\x7E]+$/.test(token))
    throw new TypeError('its response has no access token')
  if (typeof type === 'string' && type.toLowerCase() !== 'bearer') {
    throw new TypeError(
      `its token has the type ${JSON.stringify(type.slice(0, 100))}, but only bearer tokens are supported`,
    )
  }
  const lifeMs = Number(seconds) * 1000
  if (seconds === undefined || seconds === null || !(lifeMs > 0)) return { value: token, refreshAt: Infinity }
  return { value: token, refreshAt: startedAt + Math.max(lifeMs - marginMs, lifeMs / 2) }
}

function errorText(response: Response, { error, error_description: description }: Exchange['json']): string {
  const { status, statusText, headers } = response
  const texts = [error, description]
    .filter((text) => typeof text === 'string')
    .map((text) => text.slice(0, maxDescription))
  const retry = retryAfterMs(status, headers, Date.now())
  const head =
    `it returned ${status} ${statusText}`.trim() +
    (retry === undefined ? '' : ` (retry after ${Math.ceil(retry / 1000)} s)`)
  return texts.length === 0 ? head : `${head}: ${texts.join(': ')}`
}
