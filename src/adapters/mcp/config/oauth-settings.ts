import { isRecord } from '../../../protocol/json.ts'
import { checkOptions, type OptionNames } from '../../../options/check-options.ts'
import type { EntryValues } from './entry-values.ts'

/** How codecell logs in to a server over HTTP. Everything that is absent is discovered, or registered with the authorization server. */
export type McpOAuthSettings = {
  /** The id of a client that is registered with the authorization server, or the URL of its metadata document. */
  readonly clientId?: string
  readonly clientSecret?: string
  /** The URL of a client metadata document, for authorization servers that support one. */
  readonly clientMetadataUrl?: string
  /**
   * The scopes to request.
   *
   * @default the scopes that the server names
   */
  readonly scopes?: readonly string[]
  /**
   * `client_credentials` gets tokens for the client itself, without a login of a user.
   *
   * @default 'authorization_code'
   */
  readonly grantType?: 'authorization_code' | 'client_credentials'
  /**
   * The port of the redirect `http://localhost:PORT/callback`, for clients that are registered with one.
   *
   * @default a free port
   */
  readonly callbackPort?: number
  /** The whole redirect, at a loopback address: `http://127.0.0.1:8080/oauth/callback`. */
  readonly redirectUrl?: string
  /** The URL of the metadata of the authorization server, which replaces the discovery of both. */
  readonly authServerMetadataUrl?: string
  /** The resource that tokens are requested for, instead of the one that the server names. */
  readonly resource?: string
}

const settingNames: OptionNames<McpOAuthSettings> = {
  clientId: 'any',
  clientSecret: 'any',
  clientMetadataUrl: 'any',
  scopes: 'any',
  grantType: ['authorization_code', 'client_credentials'],
  callbackPort: 'any',
  redirectUrl: 'any',
  authServerMetadataUrl: 'any',
  resource: 'any',
}

/** @throws {CodecellError} INVALID_OPTION when settings in code have an unknown member. */
export function checkOAuthSettings(settings: McpOAuthSettings | false | undefined): void {
  if (settings !== false) checkOptions('the OAuth settings of an MCP server', settings, settingNames)
}

/** The spellings of each setting in clients. */
const spellings = {
  clientId: ['clientId', 'client_id', 'CLIENT_ID'],
  clientSecret: ['clientSecret', 'client_secret', 'CLIENT_SECRET'],
  clientSecretEnvVar: ['clientSecretEnvVar', 'client_secret_env_var'],
  clientMetadataUrl: ['clientMetadataUrl', 'client_metadata_url'],
  scopes: ['scopes', 'scope', 'SCOPES'],
  grantType: ['grantType', 'grant_type'],
  callbackPort: ['callbackPort', 'callback_port'],
  redirectUrl: ['redirectUrl', 'redirectUri', 'redirect_uri', 'redirect_url'],
  authServerMetadataUrl: ['authServerMetadataUrl', 'auth_server_metadata_url'],
  resource: ['resource'],
  enabled: ['enabled'],
} as const

/** Keys of clients that have no effect: the endpoints are discovered. */
const ignored = 'authorizationUrl tokenUrl registrationUrl issuer audiences tokenParamName token_param_name xaa'.split(
  ' ',
)

/** The members that an object `oauth` or `auth` can have. */
export const oauthKeys: readonly string[] = [...Object.values(spellings).flat(), ...ignored]

type Setting = keyof typeof spellings

/** Reads `oauth`, or `auth` of Cursor. `false`, or `enabled` with false, switches logins off. */
export function oauthIn(values: EntryValues): { readonly oauth?: McpOAuthSettings | false } {
  const field = values.has('oauth') ? 'oauth' : 'auth'
  const given = values.value(field)
  if (given === false) return { oauth: false }
  // Clients for which `true` is the default write it too.
  const members = given === undefined || given === true ? {} : given
  if (!isRecord(members)) {
    return values.fail(`"${field}" of server "${values.name}" must be an object or false`)
  }
  const settings = new OAuthReader(values, members, field).read()
  return settings === false || Object.keys(settings).length > 0 ? { oauth: settings } : {}
}

class OAuthReader {
  readonly #values: EntryValues
  readonly #members: Readonly<Record<string, unknown>>
  readonly #field: string

  constructor(values: EntryValues, members: Readonly<Record<string, unknown>>, field: string) {
    this.#values = values
    this.#members = members
    this.#field = field
  }

  read(): McpOAuthSettings | false {
    const enabled = this.#value('enabled')
    if (enabled !== undefined && typeof enabled !== 'boolean') return this.#fail('enabled', 'true or false')
    if (enabled === false) return false
    const clientId = this.#text('clientId')
    const clientSecret = this.#secret()
    const clientMetadataUrl = this.#url('clientMetadataUrl')
    const scopes = this.#scopes()
    const grantType = this.#grantType()
    const callbackPort = this.#port()
    const redirectUrl = this.#url('redirectUrl')
    const authServerMetadataUrl = this.#url('authServerMetadataUrl')
    const resource = this.#text('resource') ?? this.#values.optionalText('oauth_resource') ?? undefined
    if (grantType === 'client_credentials' && (clientId === undefined || clientSecret === undefined)) {
      return this.#values.fail(
        `"${this.#field}" of server "${this.#values.name}" must have a "clientId" and a "clientSecret" for client_credentials`,
      )
    }
    return {
      ...(clientId === undefined ? {} : { clientId }),
      ...(clientSecret === undefined ? {} : { clientSecret }),
      ...(clientMetadataUrl === undefined ? {} : { clientMetadataUrl }),
      ...(scopes === undefined ? {} : { scopes }),
      ...(grantType === undefined ? {} : { grantType }),
      ...(callbackPort === undefined ? {} : { callbackPort }),
      ...(redirectUrl === undefined ? {} : { redirectUrl }),
      ...(authServerMetadataUrl === undefined ? {} : { authServerMetadataUrl }),
      ...(resource === undefined ? {} : { resource }),
    }
  }

  #value(setting: Setting): unknown {
    const key = this.#keyOf(setting)
    return key === undefined ? undefined : this.#members[key]
  }

  #keyOf(setting: Setting): string | undefined {
    return spellings[setting].find((key) => (this.#members[key] ?? undefined) !== undefined)
  }

  #text(setting: Setting): string | undefined {
    const value = this.#value(setting)
    return value === undefined ? undefined : this.#values.text(this.#pathOf(setting), value)
  }

  #secret(): string | undefined {
    const variable = this.#text('clientSecretEnvVar')
    if (variable === undefined) return this.#text('clientSecret')
    return this.#values.variable(variable, this.#pathOf('clientSecretEnvVar'))
  }

  #url(setting: Setting): string | undefined {
    const text = this.#text(setting)
    // A variable without a value is reported with all others.
    if (text === undefined || text === '' || URL.canParse(text)) return text
    return this.#fail(setting, 'a URL')
  }

  /** A list, or a string with spaces. Codex has the list next to `oauth`. */
  #scopes(): readonly string[] | undefined {
    const value = this.#value('scopes') ?? this.#values.value('scopes')
    if (value === undefined) return undefined
    const texts = typeof value === 'string' ? [value] : this.#values.list(this.#pathOf('scopes'), value)
    const scopes = texts.flatMap((text) => text.split(/\s+/)).filter((scope) => scope !== '')
    return scopes.length === 0 ? undefined : scopes
  }

  #grantType(): McpOAuthSettings['grantType'] {
    const value = this.#value('grantType')
    if (value === undefined || value === 'authorization_code' || value === 'client_credentials') return value
    return this.#fail('grantType', '"authorization_code" or "client_credentials"')
  }

  #port(): number | undefined {
    const value = this.#value('callbackPort')
    if (value === undefined) return undefined
    const port = typeof value === 'number' || typeof value === 'bigint' ? Number(value) : NaN
    return Number.isInteger(port) && port >= 1 && port <= 65_535 ? port : this.#fail('callbackPort', 'a port')
  }

  #pathOf(setting: Setting): string {
    return `${this.#field}.${this.#keyOf(setting) ?? setting}`
  }

  #fail(setting: Setting, expected: string): never {
    return this.#values.fail(`"${this.#pathOf(setting)}" of server "${this.#values.name}" must be ${expected}`)
  }
}
