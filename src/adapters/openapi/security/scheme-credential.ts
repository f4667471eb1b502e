import { messageOf } from '../../../errors.ts'
import type { HttpRequest } from '../request/build-request.ts'
import type { OpenApiSecret } from './credentials.ts'
import { checkSecret, type Credential } from './parse-credential.ts'
import { quoted, type SecurityScheme } from './schemes.ts'
import { untilAborted } from '../../../session/common/until-aborted.ts'
import type { TokenCache } from './token-cache.ts'
import { basicOf } from './token-endpoint.ts'

/** A part of a request that has a credential. `value` is null for a certificate, which the connection has. */
export type Applied = {
  readonly scheme: string
  readonly value: string | null
  /** Whether another request for the secret can return another one. */
  readonly isRenewable: boolean
}

type SecretRequest = {
  readonly scopes: readonly string[]
  readonly rejected: string | null
  readonly signal: AbortSignal
}

/** A scheme with its credential. */
export type SchemeCredential = {
  readonly scheme: SecurityScheme
  readonly credential: Credential
  /** The tokens of an OAuth client. */
  readonly tokens: TokenCache | null
}

/** Adds the credential of a scheme to a request. It replaces what the cell has sent there. */
export async function applyCredential(
  request: HttpRequest,
  { scheme, credential, tokens }: SchemeCredential,
  { scopes, rejected, signal }: SecretRequest,
): Promise<Applied> {
  switch (credential.type) {
    case 'certificate':
      return { scheme: scheme.name, value: null, isRenewable: false }
    case 'password': {
      request.headers.set('authorization', basicOf(credential.username, credential.password))
      return { scheme: scheme.name, value: credential.password, isRenewable: false }
    }
    case 'client': {
      const token = tokens === null ? '' : await tokens.get(scopes, { rejected, signal })
      request.headers.set('authorization', `Bearer ${token}`)
      return { scheme: scheme.name, value: token, isRenewable: true }
    }
    default: {
      const { secret } = credential
      const value = await secretOf(scheme, secret, { scopes, rejected, signal })
      place(request, scheme, value)
      return { scheme: scheme.name, value, isRenewable: typeof secret === 'function' }
    }
  }
}

async function secretOf(scheme: SecurityScheme, secret: OpenApiSecret, request: SecretRequest): Promise<string> {
  if (typeof secret === 'string') return secret
  const { name } = scheme
  const fail = (reason: string): never => {
    throw new TypeError(`cannot get the secret for security scheme ${quoted(name)}: ${reason}`)
  }
  let value: unknown
  try {
    value = await untilAborted(Promise.resolve(secret({ scheme: name, ...request })), request.signal)
  } catch (error) {
    return fail(messageOf(error))
  }
  return checkSecret(value, fail)
}

function place({ headers, url }: HttpRequest, scheme: SecurityScheme, value: string): void {
  if (scheme.type !== 'apiKey') {
    headers.set('authorization', `${scheme.type === 'bearer' ? scheme.prefix : 'Bearer'} ${value}`)
  } else if (scheme.in === 'header') headers.set(scheme.parameter, value)
  else if (scheme.in === 'query') url.searchParams.set(scheme.parameter, value)
  else headers.set('cookie', withCookie(headers.get('cookie') ?? '', scheme.parameter, value))
}

/** Sets one cookie of a header, and keeps the others. */
function withCookie(header: string, name: string, value: string): string {
  const others = header.split(/;\s*/).filter((pair) => pair !== '' && !pair.startsWith(`${name}=`))
  // Other characters would end the cookie (RFC 6265).
  const text = /^[\x21\x23-\x2B\x2D-\x3A\x3C-\x5B\x5D-\x7E]*$/.test(value) ? value : encodeURIComponent(value)
  return [...others, `${name}=${text}`].join('; ')
}
