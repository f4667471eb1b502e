import { member, recordOf, textMember, type OpenApiDocument } from '../document/document.ts'

/** A security scheme of a document. */
export type SecurityScheme = { readonly name: string } & SchemeType

type SchemeType =
  | { readonly type: 'apiKey'; readonly in: KeyLocation; readonly parameter: string }
  | { readonly type: 'basic' }
  /** A token after a word in the header `authorization`. */
  | { readonly type: 'bearer'; readonly prefix: string }
  /** `tokenUrl` is the one of the document, for client credentials. */
  | { readonly type: 'oauth2'; readonly tokenUrl: string | null }
  | { readonly type: 'openIdConnect'; readonly url: string | null }
  | { readonly type: 'mutualTLS' }
  | { readonly type: 'unsupported'; readonly reason: string }

type KeyLocation = 'header' | 'query' | 'cookie'

/** Schemes of HTTP that are not a fixed word and a token: the server sends a challenge, or each request is signed. */
const challenges: ReadonlySet<string> = new Set([
  'digest',
  'dpop',
  'gnap',
  'hoba',
  'mutual',
  'negotiate',
  'ntlm',
  'oauth',
  'privatetoken',
  'scram-sha-1',
  'scram-sha-256',
  'vapid',
])

const token = /^[\w!#$%&'*+.^`|~-]+$/

/** Returns the security schemes of a document by name. A name can be any string, also `__proto__`. */
export function schemesOf(document: OpenApiDocument): ReadonlyMap<string, SecurityScheme> {
  const components = recordOf(member(document.root, 'components'))
  const schemes = recordOf(member(components, 'securitySchemes'))
  return new Map(
    Object.keys(schemes).map((name) => {
      const scheme = recordOf(document.resolve(member(schemes, name)))
      return [name, { name, ...typeOf(scheme) }]
    }),
  )
}

function typeOf(scheme: Readonly<Record<string, unknown>>): SchemeType {
  const type = textMember(scheme, 'type') ?? ''
  switch (type) {
    case 'apiKey':
      return apiKey(scheme)
    case 'http':
      return http(textMember(scheme, 'scheme') ?? '')
    case 'oauth2': {
      const flow = recordOf(member(recordOf(member(scheme, 'flows')), 'clientCredentials'))
      return { type, tokenUrl: textMember(flow, 'tokenUrl') ?? null }
    }
    case 'openIdConnect':
      return { type, url: textMember(scheme, 'openIdConnectUrl') ?? null }
    case 'mutualTLS':
      return { type }
    default:
      return { type: 'unsupported', reason: `the type ${quoted(type)} is unknown` }
  }
}

function apiKey(scheme: Readonly<Record<string, unknown>>): SchemeType {
  const parameter = textMember(scheme, 'name') ?? ''
  const location = member(scheme, 'in')
  if (location !== 'header' && location !== 'query' && location !== 'cookie') {
    return { type: 'unsupported', reason: 'its key is in neither a header, the query nor a cookie' }
  }
  if (location === 'query' ? parameter === '' : !token.test(parameter)) {
    return { type: 'unsupported', reason: `its key has the invalid name ${quoted(parameter)}` }
  }
  return { type: 'apiKey', in: location, parameter }
}

function http(scheme: string): SchemeType {
  const name = scheme.toLowerCase()
  if (name === 'basic') return { type: 'basic' }
  if (name === 'bearer') return { type: 'bearer', prefix: 'Bearer' }
  if (challenges.has(name) || !token.test(scheme)) {
    return { type: 'unsupported', reason: `HTTP authentication ${quoted(scheme)} is not supported` }
  }
  return { type: 'bearer', prefix: scheme }
}

/** Returns a name of a document for a message. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 100 ? `${name.slice(0, 99)}…` : name)
}
