import { isRecord } from '../../../../protocol/json.ts'

/** The authorization server that issued tokens. Refreshes go nowhere else. */
export type TokenIssuer = {
  readonly issuer: string
  readonly tokenEndpoint: string
  readonly revocationEndpoint: string | null
  /** The ways in which a client can authenticate. */
  readonly authMethods: readonly string[]
}

/** The client that tokens were issued to. */
export type TokenClient = {
  readonly id: string
  /** The secret of a registration; null for a client without one, and for one whose secret is configured. */
  readonly secret: string | null
  readonly authMethod: string | null
}

export type StoredTokens = {
  readonly accessToken: string
  readonly refreshToken: string | null
  /** A timestamp in milliseconds; null if the server did not state it. */
  readonly expiresAt: number | null
  readonly scope: string | null
}

/** A login to a server. */
export type StoredLogin = {
  readonly url: string
  readonly issuer: TokenIssuer
  readonly client: TokenClient
  /** The resource that the tokens are for. */
  readonly resource: string | null
  readonly tokens: StoredTokens
  /** The timestamp of the login in milliseconds. */
  readonly since: number
}

/** Returns a login as it was stored; null for one that is malformed. */
export function parseStoredLogin(value: unknown): StoredLogin | null {
  if (!isRecord(value)) return null
  const { url, issuer, client, resource, tokens, since } = value
  const parsed = { issuer: issuerIn(issuer), client: clientIn(client), tokens: tokensIn(tokens) }
  if (typeof url !== 'string' || parsed.issuer === null || parsed.client === null || parsed.tokens === null) return null
  return {
    url,
    issuer: parsed.issuer,
    client: parsed.client,
    resource: textOrNull(resource),
    tokens: parsed.tokens,
    since: typeof since === 'number' ? since : 0,
  }
}

function issuerIn(value: unknown): TokenIssuer | null {
  if (!isRecord(value)) return null
  const { issuer, tokenEndpoint, revocationEndpoint, authMethods } = value
  if (typeof issuer !== 'string' || typeof tokenEndpoint !== 'string') return null
  const methods = Array.isArray(authMethods) ? authMethods.filter((name: unknown) => typeof name === 'string') : []
  return { issuer, tokenEndpoint, revocationEndpoint: textOrNull(revocationEndpoint), authMethods: methods }
}

function clientIn(value: unknown): TokenClient | null {
  if (!isRecord(value) || typeof value['id'] !== 'string') return null
  return { id: value['id'], secret: textOrNull(value['secret']), authMethod: textOrNull(value['authMethod']) }
}

function tokensIn(value: unknown): StoredTokens | null {
  if (!isRecord(value) || typeof value['accessToken'] !== 'string') return null
  const { accessToken, refreshToken, expiresAt, scope } = value
  return {
    accessToken,
    refreshToken: textOrNull(refreshToken),
    expiresAt: typeof expiresAt === 'number' ? expiresAt : null,
    scope: textOrNull(scope),
  }
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}
