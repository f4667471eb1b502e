import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

export type HttpGuardOptions = {
  /** The names this server answers to, with ports, in lower case. */
  readonly hosts: readonly string[]
  /** The one other origin whose pages may call, as browsers write it. */
  readonly corsOrigin: string | null
  /** Who may call; empty: everybody who reaches the port. */
  readonly tokens: readonly string[]
}

/** `caller` names the token, not in clear; it is the same for everybody where there are none. */
export type Verdict =
  | { readonly type: 'pass'; readonly caller: string }
  | { readonly type: 'refuse'; readonly status: number; readonly text: string }

/**
 * Looks at a request before anything of it is read. Pages of other origins reach loopback too, by name (DNS rebinding) or by
 * address: Host and Origin have to be exactly what they should be, and what is there twice is refused.
 */
export function judgeRequest(request: IncomingMessage, options: HttpGuardOptions): Verdict {
  const { hosts, corsOrigin, tokens } = options
  const host = onlyHeader(request, 'host')
  if (host === null || !hosts.includes(host.toLowerCase())) return refuse(403, 'This host name is not served')
  const origins = headers(request, 'origin')
  const [origin] = origins
  const isOwn = origin === undefined || origin === `http://${host.toLowerCase()}`
  if (origins.length > 1 || !(isOwn || origin === corsOrigin)) return refuse(403, 'This origin is not served')
  if (request.url !== '/mcp') return refuse(404, 'Not found')
  // A preflight carries no credentials; it reaches nothing.
  if (request.method === 'OPTIONS' && corsOrigin !== null && origin === corsOrigin) return { type: 'pass', caller: '' }
  if (!['POST', 'GET', 'DELETE'].includes(request.method ?? '')) return refuse(405, 'Method not allowed')
  if (tokens.length === 0) return { type: 'pass', caller: '' }
  const [, given] = /^Bearer ([\x21-\x7e]+)$/i.exec(onlyHeader(request, 'authorization') ?? '') ?? []
  const caller = given === undefined ? null : callerOf(given, tokens)
  return caller === null ? refuse(401, 'A bearer token is needed') : { type: 'pass', caller }
}

function refuse(status: number, text: string): Verdict {
  return { type: 'refuse', status, text }
}

/** Compares digests, all of them whatever matches, so that the time taken tells nothing. */
function callerOf(given: string, tokens: readonly string[]): string | null {
  const digest = digestOf(given)
  const matches = tokens.map((token) => timingSafeEqual(digestOf(token), digest))
  return matches.includes(true) ? digest.toString('hex') : null
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

/** A header that is there exactly once, else null: Node would take the first of several. */
function onlyHeader(request: IncomingMessage, name: string): string | null {
  const values = headers(request, name)
  return values.length === 1 ? (values[0] ?? null) : null
}

function headers({ rawHeaders }: IncomingMessage, name: string): readonly string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name)
}
