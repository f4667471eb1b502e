import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

export type HttpGuardOptions = {
  /** The accepted host names with ports, in lower case. */
  readonly hosts: readonly string[]
  /** The other origin whose pages can send requests, as browsers write it. */
  readonly corsOrigin: string | null
  /** The accepted tokens. An empty list disables authentication. */
  readonly tokens: readonly string[]
}

/** `caller` is a digest of the token, and empty without authentication. */
export type Verdict =
  | { readonly type: 'pass'; readonly caller: string }
  | { readonly type: 'refuse'; readonly status: number; readonly text: string }

/**
 * Checks a request before its body is read. Pages of other origins can reach loopback by name (DNS rebinding) or by address, so Host
 * and Origin must match exactly, and repeated ones are refused.
 */
export function judgeRequest(request: IncomingMessage, options: HttpGuardOptions): Verdict {
  const { hosts, corsOrigin, tokens } = options
  const host = onlyHeader(request, 'host')
  if (host === null || !hosts.includes(host.toLowerCase())) return refuse(403, 'Unknown host name')
  const origins = headers(request, 'origin')
  const [origin] = origins
  const isOwn = origin === undefined || origin === `http://${host.toLowerCase()}`
  if (origins.length > 1 || !(isOwn || origin === corsOrigin)) return refuse(403, 'Origin not allowed')
  if (request.url !== '/mcp') return refuse(404, 'Not found')
  // A preflight has no credentials and reaches no client.
  if (request.method === 'OPTIONS' && corsOrigin !== null && origin === corsOrigin) return { type: 'pass', caller: '' }
  if (!['POST', 'GET', 'DELETE'].includes(request.method ?? '')) return refuse(405, 'Method not allowed')
  if (tokens.length === 0) return { type: 'pass', caller: '' }
  const [, given] = /^Bearer ([\x21-\x7e]+)$/i.exec(onlyHeader(request, 'authorization') ?? '') ?? []
  const caller = given === undefined ? null : callerOf(given, tokens)
  return caller === null ? refuse(401, 'Bearer token required') : { type: 'pass', caller }
}

function refuse(status: number, text: string): Verdict {
  return { type: 'refuse', status, text }
}

/** Compares all digests in constant time, so that the duration reveals nothing. */
function callerOf(given: string, tokens: readonly string[]): string | null {
  const digest = digestOf(given)
  const matches = tokens.map((token) => timingSafeEqual(digestOf(token), digest))
  return matches.includes(true) ? digest.toString('hex') : null
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

/** Returns a header that occurs exactly once, or null. Node would return the first of several. */
function onlyHeader(request: IncomingMessage, name: string): string | null {
  const values = headers(request, name)
  return values.length === 1 ? (values[0] ?? null) : null
}

function headers({ rawHeaders }: IncomingMessage, name: string): readonly string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name)
}
