import { adviceFor } from '../../../options/check-options.ts'
import { isRecord } from '../../../protocol/json.ts'
import type { OpenApiClientCertificate, OpenApiCredential, OpenApiOAuthClient, OpenApiSecret } from './credentials.ts'
import type { SecurityScheme } from './schemes.ts'

/** A checked credential. */
export type Credential =
  | { readonly type: 'secret'; readonly secret: OpenApiSecret }
  | { readonly type: 'password'; readonly username: string; readonly password: string }
  | { readonly type: 'client'; readonly client: OpenApiOAuthClient }
  | { readonly type: 'certificate'; readonly certificate: OpenApiClientCertificate }

type Form = { readonly required: readonly string[]; readonly optional: readonly string[] }

const key: Form = { required: ['key'], optional: [] }
const token: Form = { required: ['token'], optional: [] }
const password: Form = { required: ['username', 'password'], optional: [] }
const client: Form = {
  required: ['clientId', 'clientSecret'],
  optional: ['tokenUrl', 'issuer', 'scopes', 'audience', 'resource', 'clientAuth'],
}
const certificate: Form = { required: ['certFile', 'keyFile'], optional: ['caFile', 'passphrase'] }

const forms: Readonly<Record<SecurityScheme['type'], readonly Form[]>> = {
  apiKey: [key],
  basic: [password],
  bearer: [token],
  oauth2: [client, token],
  openIdConnect: [client, token],
  mutualTLS: [certificate],
  unsupported: [],
}

const allForms: readonly Form[] = [key, token, password, client, certificate]

/** The keys whose values are names of files. */
export const fileKeys: ReadonlySet<string> = new Set(['certFile', 'keyFile', 'caFile'])

/** Returns the keys of a credential for a scheme, for messages: `{ "token": … }`. */
export function expectedKeys(scheme: SecurityScheme): string {
  return expectedOf(forms[scheme.type])
}

/** Checks the credential for a scheme. `fail` throws an error with the reason, which never has the values of the credential. */
export function parseCredential(scheme: SecurityScheme, given: unknown, fail: (reason: string) => never): Credential {
  if (scheme.type === 'unsupported') return fail(`${scheme.reason}; set "headers" or "query" instead`)
  if (!isRecord(given)) return fail(`expected ${expectedKeys(scheme)}`)
  checkKeys(forms[scheme.type], given, fail)
  switch (scheme.type) {
    case 'apiKey':
      return { type: 'secret', secret: secretOf(given, 'key', fail) }
    case 'basic':
      return { type: 'password', ...passwordOf(given, fail) }
    case 'mutualTLS':
      return { type: 'certificate', certificate: certificateOf(given, fail) }
    default:
      return given['token'] === undefined
        ? { type: 'client', client: clientOf(given, fail) }
        : { type: 'secret', secret: secretOf(given, 'token', fail) }
  }
}

/** Checks a credential whose scheme is not known yet. `fail` throws an error with the reason. */
export function parseAnyCredential(given: unknown, fail: (reason: string) => never): OpenApiCredential {
  if (!isRecord(given)) return fail('expected an object')
  switch (checkKeys(allForms, given, fail)) {
    case token:
      return { token: secretOf(given, 'token', fail) }
    case password:
      return passwordOf(given, fail)
    case client:
      return clientOf(given, fail)
    case certificate:
      return certificateOf(given, fail)
    default:
      return { key: secretOf(given, 'key', fail) }
  }
}

type Given = Readonly<Record<string, unknown>>
type Fail = (reason: string) => never

/** Returns the form of a credential, of which it has all keys. */
function checkKeys(possible: readonly Form[], given: Given, fail: Fail): Form {
  const names = Object.keys(given).filter((name) => given[name] !== undefined)
  const found = possible.find(({ required }) => required.some((name) => names.includes(name)))
  const form = found ?? possible[0] ?? key
  const known = found === undefined ? possible.flatMap(keysOf) : keysOf(form)
  const unknown = names.find((name) => !known.includes(name))
  const expected = `expected ${expectedOf(found === undefined ? possible : [form])}`
  if (unknown !== undefined) {
    const advice = adviceFor(unknown, known)
    return fail(`unknown key ${JSON.stringify(unknown)}; ${advice === '' ? expected : advice}`)
  }
  const missing = form.required.find((name) => !names.includes(name))
  if (missing !== undefined) return fail(found === undefined ? expected : `"${missing}" is missing; ${expected}`)
  return form
}

function keysOf({ required, optional }: Form): readonly string[] {
  return [...required, ...optional]
}

function expectedOf(possible: readonly Form[]): string {
  return possible.map(({ required }) => `{ ${required.map((name) => `"${name}": …`).join(', ')} }`).join(' or ')
}

function secretOf(given: Given, name: string, fail: Fail): OpenApiSecret {
  const value = given[name]
  if (!isSecretFunction(value)) return checkSecret(textOf(given, name, fail), fail)
  return value
}

function isSecretFunction(value: unknown): value is Exclude<OpenApiSecret, string> {
  return typeof value === 'function'
}

/** Checks that a secret can be part of a header. */
export function checkSecret(secret: unknown, fail: Fail): string {
  if (typeof secret !== 'string' || secret === '')
    return fail('the secret must be a string with at least one character')
  return /^[\x20-\x7E\x80-\xFF]+$/.test(secret)
    ? secret
    : fail('the secret has characters that are invalid in a header')
}

function passwordOf(given: Given, fail: Fail): { readonly username: string; readonly password: string } {
  const username = textOf(given, 'username', fail)
  if (username.includes(':')) return fail('"username" cannot have a colon')
  return { username, password: textOf(given, 'password', fail) }
}

function clientOf(given: Given, fail: Fail): OpenApiOAuthClient {
  const { scopes, clientAuth } = given
  if (scopes !== undefined && !isScopeList(scopes)) return fail('"scopes" must be a list of scopes')
  if (clientAuth !== undefined && clientAuth !== 'basic' && clientAuth !== 'post') {
    return fail('"clientAuth" must be "basic" or "post"')
  }
  const [tokenUrl, issuer] = [optionalUrl(given, 'tokenUrl', fail), optionalUrl(given, 'issuer', fail)]
  const [audience, resource] = [optionalText(given, 'audience', fail), optionalText(given, 'resource', fail)]
  return {
    clientId: textOf(given, 'clientId', fail),
    clientSecret: textOf(given, 'clientSecret', fail),
    ...(tokenUrl === undefined ? {} : { tokenUrl }),
    ...(issuer === undefined ? {} : { issuer }),
    ...(scopes === undefined ? {} : { scopes }),
    ...(audience === undefined ? {} : { audience }),
    ...(resource === undefined ? {} : { resource }),
    ...(clientAuth === undefined ? {} : { clientAuth }),
  }
}

function certificateOf(given: Given, fail: Fail): OpenApiClientCertificate {
  const [caFile, passphrase] = [optionalText(given, 'caFile', fail), optionalText(given, 'passphrase', fail)]
  return {
    certFile: textOf(given, 'certFile', fail),
    keyFile: textOf(given, 'keyFile', fail),
    ...(caFile === undefined ? {} : { caFile }),
    ...(passphrase === undefined ? {} : { passphrase }),
  }
}

function isScopeList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((scope) => typeof scope === 'string' && /^[^\s"\\]+$/.test(scope))
}

function textOf(given: Given, name: string, fail: Fail): string {
  const value = given[name]
  return typeof value === 'string' && value !== ''
    ? value
    : fail(`"${name}" must be a string with at least one character`)
}

function optionalText(given: Given, name: string, fail: Fail): string | undefined {
  return given[name] === undefined ? undefined : textOf(given, name, fail)
}

function optionalUrl(given: Given, name: string, fail: Fail): string | undefined {
  const text = optionalText(given, name, fail)
  if (text === undefined) return undefined
  const url = URL.canParse(text) ? new URL(text) : null
  const isHttp = url !== null && (url.protocol === 'https:' || url.protocol === 'http:')
  return isHttp && url.username === '' && url.password === ''
    ? text
    : fail(`"${name}" must be a URL with https:// and without a password`)
}
