import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { isThrown, messageOf } from '../../errors.ts'
import { checkBody, parseErrorResponse, type ErrorResponse } from '../check-message.ts'
import type { Authenticate } from './callers/authenticate.ts'
import { hopHeader } from './fleet/forward-request.ts'
import type { HttpClients } from './clients/http-request.ts'
import { judgeRequest, type HttpGuardOptions } from './http-guard.ts'
import { readJsonBody } from './read-json-body.ts'

export type Serving = {
  readonly guard: HttpGuardOptions
  readonly authenticate: Authenticate
  readonly clients: HttpClients
  readonly maxBodyBytes: number
  /** Whether the requests come from other nodes, and not from clients. */
  readonly isForwarded: boolean
  readonly onError: (error: Error) => void
}

const allowedHeaders =
  'authorization, content-type, mcp-session-id, mcp-protocol-version, mcp-method, mcp-name, last-event-id'

/** Returns the listener for the requests of a port. */
export function requestListener(serving: Serving): RequestListener {
  return (request, response) => {
    handle(request, response, serving).catch((error: unknown) => {
      // A client that disconnects while its request arrives has no response.
      if (response.closed || request.destroyed) return response.destroy()
      serving.onError(isThrown(error, Error) ? error : new Error(messageOf(error)))
      // The response must not reveal anything about this machine.
      if (!response.headersSent) return response.writeHead(500).end()
      return response.destroy()
    })
  }
}

async function handle(request: IncomingMessage, response: ServerResponse, serving: Serving): Promise<void> {
  const { guard, authenticate, clients, maxBodyBytes, isForwarded } = serving
  response.setHeader('cache-control', 'no-store').setHeader('x-content-type-options', 'nosniff')
  const verdict = judgeRequest(request, guard)
  if (verdict.type === 'refuse') return refuse(request, response, verdict)
  if (isForwarded && request.headers[hopHeader] !== '1') {
    return refuse(request, response, { status: 403, text: 'This port is for other nodes' })
  }
  if (guard.corsOrigin !== null && request.headers.origin === guard.corsOrigin) allowOrigin(response, guard.corsOrigin)
  if (request.method === 'OPTIONS') {
    response.writeHead(204, {
      'access-control-allow-methods': 'POST, GET, DELETE',
      'access-control-allow-headers': allowedHeaders,
    })
    response.end()
    return
  }
  const authentication = await authenticate(verdict.token)
  if (authentication.type === 'refuse') return refuse(request, response, authentication)
  const { caller } = authentication
  const body = request.method === 'POST' ? await readJsonBody(request, maxBodyBytes) : null
  if (body?.type === 'refused') return refuse(request, response, body)
  if (body?.type === 'malformed') return respond(response, parseErrorResponse())
  const common = { request, response, caller, isForwarded }
  if (body === null) return await clients.handle({ ...common, body: undefined, bytes: null })
  const checked = checkBody(body.value)
  if (checked.type === 'refused') return respond(response, checked.response)
  await clients.handle({ ...common, body: checked.value, bytes: body.bytes })
}

type Refusal = {
  readonly status: number
  readonly text: string
  readonly challenge?: string
  readonly retryAfter?: number
}

/** Refuses a request, and discards the rest of its body. */
function refuse(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
  const { status, text, challenge, retryAfter } = refusal
  response.writeHead(status, {
    'content-type': 'text/plain',
    connection: 'close',
    ...(challenge === undefined ? {} : { 'www-authenticate': challenge }),
    ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
  })
  response.end(text)
  request.resume()
}

function respond(response: ServerResponse, error: ErrorResponse | readonly ErrorResponse[]): void {
  response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify(error))
}

function allowOrigin(response: ServerResponse, origin: string): void {
  response
    .setHeader('access-control-allow-origin', origin)
    .setHeader('access-control-expose-headers', 'mcp-session-id')
    .setHeader('vary', 'origin')
}
