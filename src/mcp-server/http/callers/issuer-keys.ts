import { createLocalJWKSet, createRemoteJWKSet, type JWTVerifyGetKey } from 'jose'
import { isRecord } from '../../../protocol/json.ts'
import { isSafeUrl, type JwtOptions } from './jwt-options.ts'

/** Minimum time between requests for the keys of an issuer, in milliseconds, whatever keys the tokens name. */
const cooldownMs = 2000

/** Time after which keys are requested again, in milliseconds, so that a withdrawn key is not accepted for longer. */
const maxAgeMs = 300_000
const timeoutMs = 5000

/** The keys of an issuer. */
export class IssuerKeys {
  readonly #options: JwtOptions
  #keys: Promise<JWTVerifyGetKey> | null = null
  #failedAt = -Infinity

  constructor(options: JwtOptions) {
    this.#options = options
  }

  /**
   * Returns a function that finds the key of a token.
   *
   * @throws {Error} when the metadata of the issuer cannot be read
   */
  async get(): Promise<JWTVerifyGetKey> {
    if (this.#keys === null && performance.now() - this.#failedAt < cooldownMs) {
      throw new Error('the metadata of the issuer could not be read')
    }
    const keys = (this.#keys ??= this.#load())
    try {
      return await keys
    } catch (error) {
      if (this.#keys === keys) this.#keys = null
      this.#failedAt = performance.now()
      throw error
    }
  }

  async #load(): Promise<JWTVerifyGetKey> {
    const { keys, issuer } = this.#options
    if (typeof keys === 'object') return createLocalJWKSet(keys)
    const url = keys ?? (await keysUrlOf(issuer))
    return createRemoteJWKSet(new URL(url), {
      cooldownDuration: cooldownMs,
      cacheMaxAge: maxAgeMs,
      timeoutDuration: timeoutMs,
    })
  }
}

/** Finds the URL of the keys in the metadata of an issuer. */
async function keysUrlOf(issuer: string): Promise<string> {
  const problems: string[] = []
  for (const url of metadataUrls(issuer)) {
    const signal = AbortSignal.timeout(timeoutMs)
    const response = await fetch(url, { redirect: 'error', signal, headers: { accept: 'application/json' } })
    if (!response.ok) {
      await response.body?.cancel()
      problems.push(`${url} returned ${response.status}`)
      continue
    }
    const metadata: unknown = await response.json()
    const { issuer: named, jwks_uri: keys } = isRecord(metadata) ? metadata : {}
    if (named === issuer && isSafeUrl(keys)) return keys
    problems.push(`${url} names another issuer, or no keys`)
  }
  throw new Error(`Cannot find the keys of the issuer: ${problems.join('; ')}`)
}

/** Returns where OpenID Connect Discovery and RFC 8414 put the metadata of an issuer. */
function metadataUrls(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  return [
    `${origin}${path}/.well-known/openid-configuration`,
    `${origin}/.well-known/oauth-authorization-server${path}`,
  ]
}
