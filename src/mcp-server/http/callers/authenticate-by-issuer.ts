import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { errors, jwtVerify, type JWTPayload } from 'jose'
import { isThrown, messageOf } from '../../../errors.ts'
import type { Authenticate, Authentication } from './authenticate.ts'
import { IssuerKeys } from './issuer-keys.ts'
import { checkJwtOptions, type JwtOptions } from './jwt-options.ts'

/** Algorithms with a private key. One with a common secret would accept a public key as the secret. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']

/** Accepted difference between the clocks of the issuer and of this machine, in seconds. */
const clockTolerance = 5

const tenantPattern = /^[\w.-]{1,128}$/

/**
 * Accepts the tokens of an issuer. The scope `run` is needed for all requests, and `approve` for decisions about calls.
 *
 * @throws {CodecellError} `INVALID_OPTION`
 */
export function authenticateByIssuer(options: JwtOptions, onError: (error: Error) => void): Authenticate {
  const verifyToken = tokenVerifier(options, onError)
  return async (token) => {
    if (token === null) return refused('Bearer token required', challengeOf(options))
    const verified = await verifyToken(token)
    return verified.type === 'refuse' ? verified : authentication(verified.verified, options)
  }
}

/** The facts that an issuer states about a caller. `expiresAt` is in milliseconds since 1970. */
export type VerifiedToken = {
  readonly subject: string
  readonly tenant: string | null
  readonly scopes: ReadonlySet<string>
  readonly expiresAt: number
}

export type Verification = { readonly type: 'verified'; readonly verified: VerifiedToken } | Refusal

type Refusal = Extract<Authentication, { readonly type: 'refuse' }>

/**
 * Returns a function that verifies the tokens of an issuer, whatever their scopes.
 *
 * @throws {CodecellError} `INVALID_OPTION`
 */
export function tokenVerifier(
  options: JwtOptions,
  onError: (error: Error) => void,
): (token: string) => Promise<Verification> {
  checkJwtOptions(options)
  const keys = new IssuerKeys(options)
  return async (token) => {
    try {
      const verified = verifiedOf(await verify(token, keys, options), options)
      if (verified !== null) return { type: 'verified', verified }
    } catch (error) {
      if (!isAboutToken(error)) {
        onError(isThrown(error, Error) ? error : new Error(messageOf(error)))
        return { type: 'refuse', status: 503, text: 'Tokens cannot be checked now', retryAfter: 2 }
      }
    }
    return refused('Invalid token', challengeOf(options, 'invalid_token'))
  }
}

/**
 * Responds to a request for the metadata of this server (RFC 9728), with which clients find the issuer. Needs no token. Returns whether
 * the request was one. Without a URL as the audience, there are none.
 */
export function describeResource(options: JwtOptions, request: IncomingMessage, response: ServerResponse): boolean {
  const { audience, issuer } = options
  const url = metadataUrlOf(options)
  if (url === null || request.url !== url.pathname || request.method !== 'GET') return false
  const metadata = {
    resource: audience,
    authorization_servers: [issuer],
    scopes_supported: ['run', 'approve'],
    bearer_methods_supported: ['header'],
  }
  request.resume()
  // Pages of other origins read it before they have a token.
  const headers = { 'content-type': 'application/json', 'access-control-allow-origin': '*' }
  response.writeHead(200, headers).end(JSON.stringify(metadata))
  return true
}

async function verify(token: string, keys: IssuerKeys, { issuer, audience }: JwtOptions): Promise<JWTPayload> {
  const options = { issuer, audience, algorithms, clockTolerance, requiredClaims: ['exp', 'sub'] }
  const keyOf = await keys.get()
  try {
    return (await jwtVerify(token, keyOf, options)).payload
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
    // A token that names no key can be from any of several.
    for await (const key of error) {
      const result = await jwtVerify(token, key, options).catch(ifAnotherKey)
      if (result !== null) return result.payload
    }
    throw new errors.JWSSignatureVerificationFailed()
  }
}

function ifAnotherKey(error: unknown): null {
  if (error instanceof errors.JWSSignatureVerificationFailed) return null
  throw error
}

/** Returns whether the token is to blame, and not the way to the keys of the issuer. */
function isAboutToken(error: unknown): boolean {
  if (error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) return false
  // A response without keys has no error of its own.
  return error instanceof errors.JOSEError && error.code !== 'ERR_JOSE_GENERIC'
}

/** Returns null for a token without a subject, or with an invalid tenant. */
function verifiedOf(payload: JWTPayload, { tenantClaim }: JwtOptions): VerifiedToken | null {
  const { sub: subject = '', exp = 0 } = payload
  const tenant = tenantClaim === undefined ? null : payload[tenantClaim]
  const isTenant = tenant === null || (typeof tenant === 'string' && tenantPattern.test(tenant))
  if (subject === '' || !isTenant) return null
  const scopes = new Set([...scopesIn(payload['scope']), ...scopesIn(payload['scp'])])
  return { subject, tenant, scopes, expiresAt: exp * 1000 }
}

function authentication({ subject, tenant, scopes }: VerifiedToken, options: JwtOptions): Authentication {
  if (!scopes.has('run')) {
    const challenge = challengeOf(options, 'insufficient_scope', 'run')
    return { type: 'refuse', status: 403, text: 'The token does not have the scope "run"', challenge }
  }
  const id = createHash('sha256')
    .update(JSON.stringify([options.issuer, tenant, subject]))
    .digest('hex')
  return { type: 'caller', caller: { id, tenant, mayDecide: scopes.has('approve') } }
}

/** Scopes are a string with spaces, or an array. */
function scopesIn(claim: unknown): readonly string[] {
  if (typeof claim === 'string') return claim.split(' ')
  return Array.isArray(claim) ? claim.filter((scope) => typeof scope === 'string') : []
}

function refused(text: string, challenge: string): Refusal {
  return { type: 'refuse', status: 401, text, challenge }
}

function challengeOf(options: JwtOptions, error?: string, scope?: string): string {
  const url = metadataUrlOf(options)
  const parts = [
    ...(error === undefined ? [] : [`error="${error}"`]),
    ...(scope === undefined ? [] : [`scope="${scope}"`]),
    ...(url === null ? [] : [`resource_metadata="${url.href}"`]),
  ]
  return `Bearer ${parts.join(', ')}`.trim()
}

function metadataUrlOf({ audience }: JwtOptions): URL | null {
  if (!/^https?:/.test(audience) || !URL.canParse(audience)) return null
  const { origin, pathname } = new URL(audience)
  return new URL(`${origin}/.well-known/oauth-protected-resource${pathname === '/' ? '' : pathname}`)
}
