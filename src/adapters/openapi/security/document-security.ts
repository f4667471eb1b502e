import { adviceFor } from '../../../options/check-options.ts'
import { isRecord } from '../../../protocol/json.ts'
import type { OpenApiDocument } from '../document/document.ts'
import type { Credentials } from '../request/build-request.ts'
import { chooseAlternative, missingText, settingText, type SchemeState } from './choose-alternative.ts'
import { OperationSecurity } from './operation-security.ts'
import { parseCredential } from './parse-credential.ts'
import { redactor } from './redactor.ts'
import type { SchemeCredential } from './scheme-credential.ts'
import { quoted, schemesOf, type SecurityScheme } from './schemes.ts'
import { tlsFetch } from './tls-fetch.ts'
import { addressOf, tokensOf } from './token-source.ts'

type Fetch = typeof globalThis.fetch

export type SecurityOptions = {
  readonly auth: unknown
  /** The headers and the query of the embedder, which can have credentials too. */
  readonly given: Credentials
  readonly baseUrl: URL | null
  readonly fetch: Fetch
  /** The embedder's own `fetch` can add credentials. */
  readonly hasOwnFetch: boolean
}

/** Maximum number of schemes in a message. */
const maxListed = 20

/** Headers of the embedder whose values are secrets. */
const secretHeader = /^(?:authorization|proxy-authorization|cookie)$|key|token|secret|password/i

/** The security schemes of a document with the configured credentials. */
export class DocumentSecurity {
  readonly #document: OpenApiDocument
  readonly #schemes: ReadonlyMap<string, SecurityScheme>
  readonly #credentials: ReadonlyMap<string, SchemeCredential>
  readonly #options: SecurityOptions
  /** A `fetch` with the client certificate. */
  #certified: { readonly scheme: string; readonly fetch: Fetch } | null = null

  /** @throws {CodecellError} CONFIG_INVALID for a credential that does not fit its scheme, and for an unknown scheme. */
  constructor(document: OpenApiDocument, options: SecurityOptions) {
    this.#document = document
    this.#schemes = schemesOf(document)
    this.#options = options
    const { auth } = options
    if (auth !== undefined && !isRecord(auth)) throw this.#invalid('expected an object with security schemes')
    this.#credentials = new Map(
      Object.entries(auth ?? {}).map(([name, given]) => [name, this.#credentialOf(name, given)]),
    )
  }

  /** Returns the security of an operation, from its own `security` or that of the document. */
  of(security: unknown): OperationSecurity {
    const chosen = chooseAlternative(security, (scheme) => this.#stateOf(scheme))
    const { fetch, hasOwnFetch, given } = this.#options
    if (chosen.type === 'missing') {
      const names = missingText(chosen.alternatives)
      const setting = settingText(chosen.alternatives, this.#schemes)
      const missing = { names, setting, isNoted: !hasOwnFetch }
      return new OperationSecurity({ uses: [], missing, fetch, withoutSecrets: redactor(secretsIn(given)) })
    }
    const uses = chosen.requirements.flatMap(({ scheme, scopes }) => {
      const credential = this.#credentials.get(scheme)
      return credential === undefined ? [] : [{ ...credential, scopes }]
    })
    const certified = this.#certified
    return new OperationSecurity({
      uses,
      missing: null,
      fetch:
        certified !== null && uses.some(({ scheme }) => scheme.name === certified.scheme) ? certified.fetch : fetch,
      withoutSecrets: redactor([...secretsIn(given), ...uses.flatMap(secretsOf)]),
    })
  }

  #stateOf(name: string): SchemeState {
    if (this.#credentials.has(name)) return 'configured'
    const scheme = this.#schemes.get(name)
    return scheme !== undefined && isGiven(scheme, this.#options.given) ? 'given' : 'missing'
  }

  #credentialOf(name: string, given: unknown): SchemeCredential {
    const scheme = this.#schemes.get(name)
    if (scheme === undefined) throw this.#unknown(name)
    const fail = (reason: string): never => {
      throw this.#invalid(`security scheme ${quoted(name)}: ${reason}`)
    }
    const credential = parseCredential(scheme, given, fail)
    const { baseUrl, fetch, hasOwnFetch } = this.#options
    if (credential.type === 'certificate') {
      if (hasOwnFetch) fail('a certificate cannot be used with "fetch"; let that function present it')
      if (this.#certified !== null) fail('only one certificate can be used')
      this.#certified = { scheme: name, fetch: tlsFetch(credential.certificate, fail) }
    }
    if (credential.type !== 'client' || (scheme.type !== 'oauth2' && scheme.type !== 'openIdConnect')) {
      return { scheme, credential, tokens: null }
    }
    const address = addressOf(scheme, credential.client, { baseUrl, fail })
    return { scheme, credential, tokens: tokensOf(scheme, credential.client, { address, fetch }) }
  }

  #unknown(name: string): Error {
    const names = [...this.#schemes.keys()]
    if (names.length === 0) return this.#invalid(`unknown security scheme ${quoted(name)}; the document has none`)
    const advice = adviceFor(name, names.slice(0, maxListed))
    const listed = names.slice(0, maxListed).map(quoted).join(', ')
    return this.#invalid(
      `unknown security scheme ${quoted(name)}; expected one of ${listed}${advice === '' ? '' : `; ${advice}`}`,
    )
  }

  #invalid(reason: string): Error {
    return this.#document.invalid('', `"auth": ${reason}`)
  }
}

/** Returns whether the embedder's headers or query already have the credential of a scheme. */
function isGiven(scheme: SecurityScheme, { headers, query }: Credentials): boolean {
  const all = new Headers(headers)
  if (scheme.type !== 'apiKey') return scheme.type !== 'mutualTLS' && all.has('authorization')
  if (scheme.in === 'header') return all.has(scheme.parameter)
  if (scheme.in === 'query') return Object.hasOwn(query, scheme.parameter)
  return (all.get('cookie') ?? '').split(/;\s*/).some((pair) => pair.startsWith(`${scheme.parameter}=`))
}

function secretsIn({ headers, query }: Credentials): readonly string[] {
  const inHeaders = Object.entries(headers).filter(([name]) => secretHeader.test(name))
  // The value of `authorization` is a word and the secret.
  return [...inHeaders.flatMap(([, value]) => [value, value.replace(/^\S+\s+/, '')]), ...Object.values(query)]
}

function secretsOf({ credential }: SchemeCredential): readonly string[] {
  switch (credential.type) {
    case 'secret':
      return typeof credential.secret === 'string' ? [credential.secret] : []
    case 'password': {
      const { username, password } = credential
      return [password, Buffer.from(`${username}:${password}`).toString('base64')]
    }
    case 'client':
      return [credential.client.clientSecret]
    default:
      return []
  }
}
