import type { IncomingMessage, ServerResponse } from 'node:http'
import { CodecellError } from '../../errors.ts'
import type { ApiError, ErrorBody } from '../api.ts'
import { apiErrorOf } from '../data/api-error.ts'

/** Headers of every response. Pages of other origins can neither show nor read it, and nothing stores it. */
export function setCommonHeaders(response: ServerResponse): void {
  response
    .setHeader('cache-control', 'no-store')
    .setHeader('content-security-policy', "default-src 'none'; frame-ancestors 'none'")
    .setHeader('cross-origin-opener-policy', 'same-origin')
    .setHeader('cross-origin-resource-policy', 'same-origin')
    .setHeader('referrer-policy', 'no-referrer')
    .setHeader('x-content-type-options', 'nosniff')
    .setHeader('x-frame-options', 'DENY')
}

export function sendJson(response: ServerResponse, value: object, status: number = 200): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(value))
}

export function sendHtml(response: ServerResponse, page: string, policy: string): void {
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy }).end(page)
}

/** An error with the status of its response. */
export class RequestError extends Error {
  readonly status: number
  readonly code: string
  readonly advice: string | null
  readonly retryAfterSeconds: number | null

  constructor(
    status: number,
    code: string,
    message: string,
    {
      advice = null,
      retryAfterSeconds = null,
    }: { readonly advice?: string | null; readonly retryAfterSeconds?: number | null } = {},
  ) {
    super(message)
    this.status = status
    this.code = code
    this.advice = advice
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** Sends an error, and discards the rest of the request. */
export function sendError(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.end()
    return
  }
  if (!request.complete) response.setHeader('connection', 'close')
  if (error instanceof RequestError) {
    const { code, message, advice, retryAfterSeconds } = error
    if (retryAfterSeconds !== null) response.setHeader('retry-after', String(retryAfterSeconds))
    if (error.status === 401) response.setHeader('www-authenticate', 'Bearer')
    sendJson(response, bodyOf({ code, message, advice }), error.status)
  } else sendJson(response, bodyOf(apiErrorOf(error)), statusOf(error))
  request.resume()
}

function bodyOf(error: ApiError): ErrorBody {
  return { error }
}

const statuses: Readonly<Record<string, number>> = {
  APPROVAL_NOT_PENDING: 409,
  CALL_NOT_DEFERRED: 409,
  CALL_NOT_UNKNOWN: 409,
  CELL_NOT_FOUND: 404,
  CELL_RUNNING: 409,
  INVALID_OPTION: 400,
  LIMIT_EXCEEDED: 429,
  SESSION_INVALID: 422,
  SESSION_IN_USE: 409,
  SESSION_LOST: 409,
  SESSION_CLOSED: 409,
  SESSION_MOVED: 409,
  SESSION_NOT_FOUND: 404,
  STORAGE_FAILED: 503,
  STORE_UNREACHABLE: 503,
  TOOL_OUTCOME_UNKNOWN: 400,
  TRACE_INVALID: 422,
  TRACE_UNREADABLE: 404,
}

function statusOf(error: unknown): number {
  return error instanceof CodecellError ? (statuses[error.code] ?? 500) : 500
}
