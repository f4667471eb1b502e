import type { IncomingMessage } from 'node:http'

export type HttpGuardOptions = {
  /** The accepted host names with ports, in lower case; null for any, where browsers cannot connect. */
  readonly hosts: readonly string[] | null
  /** The other origin whose pages can send requests, as browsers write it. */
  readonly corsOrigin: string | null
}

/** `token` is null when the request has none, or several. */
export type Verdict =
  | { readonly type: 'pass'; readonly token: string | null }
  | { readonly type: 'refuse'; readonly status: number; readonly text: string }

/**
 * Checks a request before its body is read. Pages of other origins can reach loopback by name (DNS rebinding) or by address, so Host
 * and Origin must match exactly, and repeated ones are refused.
 */
export function judgeRequest(request: IncomingMessage, options: HttpGuardOptions): Verdict {
  const { hosts, corsOrigin } = options
  const host = onlyHeader(request, 'host')
  if (host === null || hosts?.includes(host.toLowerCase()) === false) return refuse(403, 'Unknown host name')
  const origins = headers(request, 'origin')
  const [origin] = origins
  const isOwn = origin === undefined || origin === `http://${host.toLowerCase()}`
  if (origins.length > 1 || !(isOwn || origin === corsOrigin)) return refuse(403, 'Origin not allowed')
  if (request.url !== '/mcp') return refuse(404, 'Not found')
  // A preflight has no credentials and reaches no client.
  if (request.method === 'OPTIONS' && corsOrigin !== null && origin === corsOrigin) return { type: 'pass', token: null }
  if (!['POST', 'GET', 'DELETE'].includes(request.method ?? '')) return refuse(405, 'Method not allowed')
  return { type: 'pass', token: bearerTokenOf(request) }
}

/** Returns the bearer token of a request; null when it has none, or several. */
export function bearerTokenOf(request: IncomingMessage): string | null {
  const [, token = null] = /^Bearer ([\x21-\x7e]+)$/i.exec(onlyHeader(request, 'authorization') ?? '') ?? []
  return token
}

function refuse(status: number, text: string): Verdict {
  return { type: 'refuse', status, text }
}

/** Returns a header that occurs exactly once, or null. Node would return the first of several. */
export function onlyHeader(request: IncomingMessage, name: string): string | null {
  const values = headers(request, name)
  return values.length === 1 ? (values[0] ?? null) : null
}

/** Returns all values of a header. */
export function headers({ rawHeaders }: IncomingMessage, name: string): readonly string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name)
}
