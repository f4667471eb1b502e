import type { IncomingMessage } from 'node:http'
import { headers, onlyHeader } from '../../mcp-server/http/http-guard.ts'
import { consoleHeader } from '../api.ts'

export type GuardVerdict =
  | { readonly type: 'pass' }
  | { readonly type: 'refuse'; readonly status: 403 | 405; readonly text: string }

/**
 * Checks a request before anything of it is used. A page of another origin can reach loopback by name (DNS rebinding) or by address, and
 * the cookie of a user goes with the requests of the same site, so Host, Origin and Sec-Fetch-Site must match exactly.
 *
 * @param hosts - The accepted host names with ports, in lower case.
 */
export function judgeConsoleRequest(request: IncomingMessage, hosts: readonly string[]): GuardVerdict {
  const host = onlyHeader(request, 'host')?.toLowerCase() ?? null
  if (host === null || !hosts.includes(host)) return refuse(403, 'Unknown host name')
  const { method = '', url = '' } = request
  if (method !== 'GET' && method !== 'POST') return refuse(405, 'Method not allowed')
  const origins = headers(request, 'origin')
  const [origin] = origins
  const isOwn = origin === undefined || origin === `http://${host}` || origin === `https://${host}`
  if (origins.length > 1 || !isOwn) return refuse(403, 'Origin not allowed')
  if (isPage(url)) return { type: 'pass' }
  const sites = headers(request, 'sec-fetch-site')
  const isSame = sites.every((site) => site === 'same-origin' || (site === 'none' && method === 'GET'))
  if (sites.length > 1 || !isSame) return refuse(403, 'Requests of other sites are not allowed')
  // A form of another page cannot set it, and a script needs a permission that this server never gives.
  if (method === 'POST' && onlyHeader(request, consoleHeader) !== '1') {
    return refuse(403, `Expected the header ${consoleHeader}: 1`)
  }
  return { type: 'pass' }
}

/** Returns whether a path is that of the page, which has no data and which other sites can link to. */
function isPage(url: string): boolean {
  return url === '/' || url.startsWith('/?')
}

function refuse(status: 403 | 405, text: string): GuardVerdict {
  return { type: 'refuse', status, text }
}
