import type { JSONWebKeySet } from 'jose'
import { CodecellError } from '../../../errors.ts'
import { checkOptions, type OptionNames } from '../../../options/check-options.ts'

/** Tokens of an authorization server (RFC 9068), instead of a list of tokens. */
export type JwtOptions = {
  /** The URL of the authorization server, exactly as the claim `iss` of its tokens. */
  readonly issuer: string
  /** The name of this server in the claim `aud`; its URL, for clients that follow RFC 8707. */
  readonly audience: string
  /**
   * The public keys of the issuer, or their URL.
   *
   * @default the `jwks_uri` in the metadata of the issuer
   */
  readonly keys?: JSONWebKeySet | string
  /**
   * The claim with the tenant whose sessions the caller has. Tokens without it are refused.
   *
   * @default none: all callers belong to the tenant of the store
   */
  readonly tenantClaim?: string
}

const optionNames: OptionNames<JwtOptions> = { issuer: 'any', audience: 'any', keys: 'any', tenantClaim: 'any' }

/**
 * Checks the options.
 *
 * @throws {CodecellError} `INVALID_OPTION`
 */
export function checkJwtOptions(options: JwtOptions): void {
  checkOptions('jwt', options, optionNames)
  const { issuer, audience, keys, tenantClaim } = options
  if (!isSafeUrl(issuer)) throw invalid('issuer', urlText)
  if (!isText(audience)) throw invalid('audience', 'a string')
  if (typeof keys === 'string' && !isSafeUrl(keys)) throw invalid('keys', `a set of keys, or ${urlText}`)
  if (typeof keys === 'object' && !Array.isArray(keys?.keys)) throw invalid('keys', `a set of keys, or ${urlText}`)
  if (tenantClaim !== undefined && !isText(tenantClaim)) throw invalid('tenantClaim', 'the name of a claim')
}

const urlText = 'a URL with https:, or with http: on loopback'

/** Returns whether no machine between this server and the URL can change the response. */
export function isSafeUrl(url: unknown): url is string {
  if (typeof url !== 'string' || !URL.canParse(url)) return false
  const { protocol, hostname } = new URL(url)
  return protocol === 'https:' || (protocol === 'http:' && /^(?:127(?:\.\d+){3}|\[::1\]|localhost)$/.test(hostname))
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

function invalid(option: string, expected: string): CodecellError {
  return new CodecellError('INVALID_OPTION', `Cannot use option "${option}" of tokens: expected ${expected}`, {
    details: { option: `jwt.${option}`, expected },
  })
}
