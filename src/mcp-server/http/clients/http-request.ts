import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { isRecord } from '../../../protocol/json.ts'
import type { DrainTimes } from '../../drain-options.ts'

/** The owner of a valid token. */
export type Caller = {
  /** Distinguishes callers, and does not reveal the token; empty without authentication. */
  readonly id: string
  /** The tenant in the token; null for the tenant of the store. */
  readonly tenant: string | null
  /** Whether the caller may decide about calls that need an approval. */
  readonly mayDecide: boolean
}

/** An authorized request. */
export type HttpRequest = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly caller: Caller
  /** The message or batch of a POST, checked; undefined for other methods. */
  readonly body: unknown
  /** The body as the client sent it; null for other methods. */
  readonly bytes: Uint8Array | null
  /** Whether another node sent it, because this one owns the session. */
  readonly isForwarded: boolean
}

/** The clients of one port. */
export interface HttpClients extends AsyncDisposable {
  handle(request: HttpRequest): Promise<void>
  /** Takes no new clients, and ends each client when its calls have ended, at the latest when the time is over. */
  drain(times: DrainTimes): Promise<void>
}

const refusals: { readonly [status: number]: string } = {
  404: 'Unknown session',
  421: 'Another node has the session',
  429: 'Too many concurrent requests of this client',
  502: 'The node that has the session did not respond. The request may have had an effect',
  503: 'Too many clients',
}

/** Refuses a request. `retryAfter` is in seconds. */
export function refuse(
  response: ServerResponse,
  status: number,
  { text, retryAfter }: { readonly text?: string; readonly retryAfter?: number } = {},
): void {
  const retry = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }
  response.writeHead(status, { 'content-type': 'text/plain', connection: 'close', ...retry })
  response.end(text ?? refusals[status])
}

/** A load balancer can send the request to another node. */
export function refuseDraining(response: ServerResponse): void {
  refuse(response, 503, { text: 'The server is shutting down', retryAfter: 1 })
}

/** Returns whether a message or batch calls a tool, or this one. */
export function isCallOf(body: unknown, tool: string | null = null): boolean {
  if (Array.isArray(body)) return body.some((message) => isCallOf(message, tool))
  if (!isRecord(body) || body['method'] !== 'tools/call') return false
  return tool === null || (isRecord(body['params']) && body['params']['name'] === tool)
}

/** Ends a request whose server closed before the response. It must not be sent again when it can have had an effect. */
export function refuseCut(response: ServerResponse, body: unknown, { mayRetry }: { readonly mayRetry: boolean }): void {
  const id = isRecord(body) && (typeof body['id'] === 'string' || typeof body['id'] === 'number') ? body['id'] : null
  const message = mayRetry
    ? 'The server ended before the response: send the request again'
    : 'The server lost the session before the response. The request may have had an effect'
  const retry = mayRetry ? { 'retry-after': '1' } : {}
  response.writeHead(mayRetry ? 503 : 502, { 'content-type': 'application/json', connection: 'close', ...retry })
  response.end(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32_000, message } }))
}

/** Returns the id of the stored session of a token. The id does not reveal the token. */
export function tokenSession(caller: string): string {
  return `token-${createHash('sha256').update(`codecell ${caller}`).digest('hex').slice(0, 32)}`
}
