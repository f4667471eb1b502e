import { OAuthError, UnauthorizedError } from '@modelcontextprotocol/client'
import { messageOf } from '../../../errors.ts'
import { escapeInvisible } from '../../../text/escape-invisible.ts'

/** Maximum length of the text of a server in an error, in characters. */
const maxText = 300

/** A request that a server has not processed because of its authorization. The message is for users. */
export class NotAuthorized extends UnauthorizedError {
  readonly remedy: Remedy

  constructor(message: string, remedy: Remedy) {
    super(message)
    this.remedy = remedy
  }
}

/**
 * The remedy of a refusal: a login, without which no request can succeed; a login with more scopes, for some requests; other settings of
 * the client; or none that is known.
 */
type Remedy = 'login' | 'scopes' | 'settings' | 'none'

/** Returns the refusal among the causes of an error; null without one. */
export function refusalIn(cause: unknown): UnauthorizedError | null {
  for (let error = cause, depth = 0; error instanceof Error && depth < 5; error = error.cause, depth++) {
    if (error instanceof UnauthorizedError) return error
  }
  return null
}

/** Returns the remedy of a refusal among the causes of an error. */
export function remedyIn(cause: unknown): Remedy {
  const refusal = refusalIn(cause)
  return refusal instanceof NotAuthorized ? refusal.remedy : 'none'
}

/** Returns whether a login, also one with more scopes, is the remedy of an error. */
export function isLoginNeeded(cause: unknown): boolean {
  return ['login', 'scopes'].includes(remedyIn(cause))
}

/** Returns the error for a server that needs a login. `reason` states why the present one is not enough. */
export function loginNeeded(server: string, reason: string | null): NotAuthorized {
  const text = `the server needs a login: run \`${loginCommand(server)}\``
  return new NotAuthorized(reason === null ? text : `${text} (${reason})`, 'login')
}

/** Returns the error for a token without the scope that a call needs. */
export function scopeNeeded(server: string, scope: string | undefined, granted: string | null): NotAuthorized {
  const scopes = (scope ?? '').split(/\s+/).filter((name) => name !== '')
  const shown = scopes.map((name) => quoted(name)).join(' ')
  if (scopes.length === 0)
    return new NotAuthorized('the token of the server lacks a scope, which the server does not name', 'none')
  const held = new Set((granted ?? '').split(/\s+/))
  if (scopes.every((name) => held.has(name))) {
    return new NotAuthorized(`the server refuses the call, although the token has the scope ${shown}`, 'none')
  }
  const text = `the token of the server lacks the scope ${shown}`
  // A server could otherwise put commands of its own into the one that users copy.
  if (!scopes.every((name) => /^[\w.:/*+@~-]{1,200}$/.test(name))) return new NotAuthorized(text, 'scopes')
  return new NotAuthorized(`${text}: run \`${loginCommand(server)} --scope "${scopes.join(' ')}"\``, 'scopes')
}

/** Returns the command that logs in to a server. */
export function loginCommand(server: string): string {
  return `codecell login ${/^[\w.@-]+$/.test(server) ? server : JSON.stringify(server)}`
}

function quoted(text: string): string {
  return JSON.stringify(escapeInvisible(text.slice(0, 100)))
}

/** Returns the text of an error of an authorization server, without the secrets of the request. */
export function authErrorText(error: unknown, secrets: readonly (string | null | undefined)[] = []): string {
  const text = error instanceof OAuthError ? `${error.code}: ${error.message}` : connectText(error)
  const line = redacted(text, secrets).replaceAll(/\s+/g, ' ').trim()
  return escapeInvisible(line.length > maxText ? `${line.slice(0, maxText)}…` : line)
}

function connectText(error: unknown): string {
  if (error instanceof AggregateError && error.message === '')
    return error.errors.map((one: unknown) => messageOf(one)).join(', ')
  return messageOf(error)
}

/** Returns a text without secrets. */
export function redacted(text: string, secrets: Iterable<string | null | undefined>): string {
  let result = text
  for (const secret of secrets)
    if (typeof secret === 'string' && secret !== '') result = result.replaceAll(secret, '[redacted]')
  return result
}
