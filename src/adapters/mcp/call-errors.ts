import { ProtocolError, SdkError, SdkErrorCode, SdkHttpError } from '@modelcontextprotocol/client'
import { messageOf } from '../../errors.ts'
import { isRecord } from '../../protocol/json.ts'
import { isGatewayStatus, isUnreached } from '../../tools/unknown-outcome.ts'
import { HttpStatusError } from './wire/http-wire.ts'
import { isUnreadable } from './wire/wire-reader.ts'

/** Maximum length of the body of an HTTP response, or of the data of an error, in an error text, in characters. */
const maxDetail = 1000

/** A call that was not sent. */
export class CallNotSent extends TypeError {}

/** Error codes of the client for requests that were not sent. */
const unsentCodes = new Set<unknown>([
  'NOT_CONNECTED',
  'NOT_INITIALIZED',
  'CAPABILITY_NOT_SUPPORTED',
  'METHOD_NOT_SUPPORTED_BY_PROTOCOL_VERSION',
])

/** Returns whether a server can have processed a request: unless it reported a failure or got no request. */
export function isUnknown(cause: unknown): boolean {
  if (cause instanceof CallNotSent) return false
  if (cause instanceof ProtocolError) return isUnreadable(cause.data)
  const status = statusOf(cause)
  // A successful response was unreadable.
  if (status !== null) return isGatewayStatus(status) || status < 300
  if (cause instanceof SdkError) return !unsentCodes.has(cause.code)
  // Distinguishes a failed connection from a lost one.
  return !isUnreached(cause)
}

/** Returns whether an error shows that the request was not sent because the connection has ended. */
export function isUnsent(cause: unknown): boolean {
  return cause instanceof SdkError && unsentCodes.has(cause.code)
}

export function isConnectionClosed(cause: unknown): boolean {
  return cause instanceof SdkError && cause.code === SdkErrorCode.ConnectionClosed
}

/** Returns the HTTP status of a failed request, or null. */
export function statusOf(cause: unknown): number | null {
  return cause instanceof SdkHttpError || cause instanceof HttpStatusError ? cause.status : null
}

/**
 * Returns whether a server has refused a request because it does not know the session: by the status of the protocol, or by the
 * one that several servers use.
 */
export function isSessionForgotten(cause: unknown): boolean {
  const status = statusOf(cause)
  return status === 404 || (status === 400 && /session/i.test(bodyOf(cause)))
}

/** Returns the text of an error, with the status, the body and the data that the server sent. */
export function failureText(cause: unknown): string {
  if (cause instanceof ProtocolError) {
    return isUnreadable(cause.data) ? cause.message : withData(cause.message, cause.data)
  }
  const status = statusOf(cause)
  if (status !== null) return httpText(status, cause)
  if (isUnreached(cause)) return `the server cannot be reached: ${connectText(cause)}`
  return messageOf(cause)
}

function httpText(status: number, cause: unknown): string {
  const statusText = cause instanceof SdkHttpError || cause instanceof HttpStatusError ? (cause.statusText ?? '') : ''
  const head = statusText === '' ? `HTTP ${status}` : `HTTP ${status} ${statusText}`
  const body = bodyOf(cause).trim()
  const error = errorIn(body)
  if (error !== null) return `${head}: ${withData(error.message, error.data)}`
  if (body !== '') return `${head}: ${cut(body)}`
  // Some errors of the client have no body, but say what the client has found.
  return cause instanceof SdkHttpError && !/: (null)?$/.test(cause.message) ? `${head}: ${cut(cause.message)}` : head
}

function bodyOf(cause: unknown): string {
  if (cause instanceof HttpStatusError) return cause.text
  return cause instanceof SdkHttpError && isRecord(cause.data) && typeof cause.data['text'] === 'string'
    ? cause.data['text']
    : ''
}

/** Returns the error of JSON-RPC in the body of a failed response. */
function errorIn(body: string): { readonly message: string; readonly data: unknown } | null {
  try {
    const value: unknown = JSON.parse(body)
    const error = isRecord(value) ? value['error'] : null
    if (!isRecord(error) || typeof error['message'] !== 'string') return null
    return { message: error['message'], data: error['data'] }
  } catch {
    return null
  }
}

function withData(message: string, data: unknown): string {
  if (data === undefined || data === null) return message
  return `${message}; data: ${cut(typeof data === 'string' ? data : JSON.stringify(data))}`
}

/** Returns the text of the innermost error with a message: a failed connection to several addresses has none. */
function connectText(cause: unknown): string {
  if (!(cause instanceof Error)) return messageOf(cause)
  if (cause instanceof AggregateError && cause.message === '') {
    return cause.errors.map((error: unknown) => messageOf(error)).join(', ')
  }
  return cause.cause instanceof Error ? connectText(cause.cause) : messageOf(cause)
}

function cut(text: string): string {
  return text.length > maxDetail ? `${text.slice(0, maxDetail)}…` : text
}
