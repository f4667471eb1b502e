import { createHash, timingSafeEqual } from 'node:crypto'
import type { ConsoleScope } from '../api.ts'
import { loginMs } from './logins.ts'
import { typedName, type ConsoleUser } from './console-user.ts'
import { CodecellError } from '../../errors.ts'
import type { JwtOptions } from '../../mcp-server/http/callers/jwt-options.ts'
import type { VerifiedToken } from '../../mcp-server/http/callers/authenticate-by-issuer.ts'

/** A token of the console. */
export type ConsoleToken = {
  /** 16 to 1,000 visible ASCII characters. */
  readonly token: string
  /**
   * The name of the user in the record of decisions.
   *
   * @default the name that the user types, marked as claimed
   */
  readonly name?: string
  /**
   * The rights of the token.
   *
   * @default ['read', 'approve']
   */
  readonly scopes?: readonly ConsoleScope[]
}

type Checked =
  | { readonly type: 'user'; readonly user: ConsoleUser }
  | { readonly type: 'refused'; readonly status: 401 | 403 | 503; readonly text: string }

/** Checks a token. `name` is the name that the user typed. */
export type CheckToken = (token: string, name: string) => Promise<Checked>

/** The name of a user who typed none. */
const unnamed = 'unnamed user'

/** @throws {CodecellError} `INVALID_OPTION` */
export function checkByList(tokens: readonly ConsoleToken[]): CheckToken {
  for (const { token } of tokens) {
    if (typeof token === 'string' && /^[\x21-\x7e]{16,1000}$/.test(token)) continue
    const expected = '16 to 1000 visible ASCII characters as token'
    throw new CodecellError('INVALID_OPTION', `Cannot use a token of serveConsole: expected ${expected}`, {
      details: { option: 'serveConsole.tokens', expected },
    })
  }
  const known = tokens.map((token) => ({ digest: digestOf(token.token), token }))
  return async (given, name) => {
    const digest = digestOf(given)
    // All are compared, so that the duration reveals nothing.
    const matches = known.map((each) => timingSafeEqual(each.digest, digest))
    const found = known[matches.indexOf(true)]
    if (found === undefined) return { type: 'refused', status: 401, text: 'The token is not valid' }
    const { name: ownName, scopes = ['read', 'approve'] } = found.token
    const typed = typedName(name)
    return {
      type: 'user',
      user: {
        name: ownName ?? (typed === '' ? unnamed : typed),
        isClaimed: ownName === undefined,
        scopes: new Set(scopes),
        tenant: null,
        expiresAt: Date.now() + loginMs,
      },
    }
  }
}

/**
 * Checks the tokens of an authorization server. The package for JWTs is loaded only when it is needed.
 *
 * @throws {CodecellError} `INVALID_OPTION`
 */
export async function checkByIssuer(options: JwtOptions, onError: (error: Error) => void): Promise<CheckToken> {
  const { tokenVerifier } = await import('../../mcp-server/http/callers/authenticate-by-issuer.ts')
  const verify = tokenVerifier(options, onError)
  return async (token) => {
    const verified = await verify(token)
    if (verified.type === 'verified') return userOf(verified.verified)
    const { status, text } = verified
    return { type: 'refused', status: status === 503 ? 503 : 401, text }
  }
}

function userOf({ subject, tenant, scopes, expiresAt }: VerifiedToken): Checked {
  const own = (['read', 'approve'] as const).filter((scope) => scopes.has(scope))
  if (!own.includes('read')) {
    return { type: 'refused', status: 403, text: 'The token does not have the scope "read"' }
  }
  return { type: 'user', user: { name: subject, isClaimed: false, scopes: new Set(own), tenant, expiresAt } }
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
