import {
  InsufficientScopeError,
  ProtocolError,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
} from '@modelcontextprotocol/client'
import { messageOf, type ToolErrorDetails } from '../../errors.ts'
import { isRecord } from '../../protocol/json.ts'
import { isGatewayStatus, isUnreached } from '../../tools/unknown-outcome.ts'
import { refusalIn } from './auth/not-authorized.ts'
import { serverText } from './server-text.ts'
import { NotConnected } from './wire/http-fetch.ts'
import { HttpStatusError } from './wire/http-wire.ts'
import { retryAfterIn } from './wire/retry-after.ts'
import { isUnreadable, missingCode } from './wire/wire-reader.ts'

/** Maximum length of the data of an error in its details, as JSON in characters. */
const maxData = 65_536

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
  if (cause instanceof CallNotSent || isRefused(cause)) return false
  if (cause instanceof ProtocolError) return isUnreadable(cause.data)
  const status = statusOf(cause)
  if (status !== null) {
    // A successful response was unreadable. A server fails with 500 at any point of its work.
    return (isGatewayStatus(status) || status === 500 || status < 300) && rpcErrorIn(bodyOf(cause)) === null
  }
  if (cause instanceof SdkError) return !unsentCodes.has(cause.code)
  // Distinguishes a failed connection from a lost one.
  return !isNotConnected(cause)
}

/** Returns whether a request was not sent because the server cannot be reached. */
export function isNotConnected(cause: unknown): boolean {
  for (let error = cause, depth = 0; error instanceof Error && depth < 5; error = error.cause, depth++) {
    if (error instanceof NotConnected) return true
  }
  return isUnreached(cause)
}

/** Returns whether a server has refused a request because of its authorization: it has not processed it. */
function isRefused(cause: unknown): boolean {
  return refusalIn(cause) !== null || cause instanceof InsufficientScopeError
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

/** Returns the parts of an error that programs of the library can use; null without any. */
export function errorDetails(cause: unknown): ToolErrorDetails | null {
  const status = statusOf(cause)
  const retryAfter = retryAfterIn(statusTextOf(cause))
  const error = status === null ? protocolErrorOf(cause) : rpcErrorIn(bodyOf(cause))
  const details: ToolErrorDetails = {
    ...(status === null ? {} : { status }),
    ...(retryAfter === null ? {} : { retryAfterMs: retryAfter }),
    ...(error === null || error.code === null ? {} : { rpcCode: error.code }),
    ...(error === null || error.data === undefined || error.data === null ? {} : { data: boundedData(error.data) }),
  }
  return Object.keys(details).length === 0 ? null : details
}

/** Returns the text of an error, with the status, the body, the code and the data that the server sent. */
export function failureText(cause: unknown): string {
  const refusal = refusalIn(cause)
  if (refusal !== null) return refusal.message
  const status = statusOf(cause)
  if (status !== null) return httpText(status, cause)
  const error = protocolErrorOf(cause)
  if (error !== null) return rpcText(error)
  if (isNotConnected(cause)) return `the server cannot be reached: ${serverText(connectText(cause))}`
  return serverText(messageOf(cause))
}

/** An error of JSON-RPC. `code` is null when the server sent none. */
type RpcError = { readonly code: number | null; readonly message: string; readonly data: unknown }

function protocolErrorOf(cause: unknown): RpcError | null {
  if (!(cause instanceof ProtocolError)) return null
  const { code, message, data } = cause
  return isUnreadable(data) ? { code: null, message, data: null } : { code: knownCode(code), message, data }
}

/** Returns the error of JSON-RPC in the body of a failed response. Gateways have other objects named `error`. */
function rpcErrorIn(body: string): RpcError | null {
  try {
    const value: unknown = JSON.parse(body)
    if (!isRecord(value) || value['jsonrpc'] !== '2.0' || !isRecord(value['error'])) return null
    const { code, message, data } = value['error']
    return typeof message === 'string' ? { code: knownCode(Number(code)), message, data } : null
  } catch {
    return null
  }
}

function knownCode(code: number): number | null {
  return Number.isSafeInteger(code) && code !== missingCode ? code : null
}

function rpcText({ code, message, data }: RpcError): string {
  const text = serverText(message)
  const withCode = code === null ? text : `${text}; code ${code}`
  if (data === undefined || data === null) return withCode
  return `${withCode}; data: ${serverText(typeof data === 'string' ? data : JSON.stringify(data))}`
}

function boundedData(data: unknown): unknown {
  const json = JSON.stringify(data)
  return json.length > maxData ? json.slice(0, maxData) : data
}

function httpText(status: number, cause: unknown): string {
  const statusText = serverText(statusTextOf(cause))
  const head = statusText === '' ? `HTTP ${status}` : `HTTP ${status} ${statusText}`
  const body = bodyOf(cause).trim()
  const error = rpcErrorIn(body)
  if (error !== null) return `${head}: ${rpcText(error)}`
  // The client says where a redirect leads that it does not follow.
  const isRedirect = status >= 300 && status < 400
  if (body !== '' && !isRedirect) return `${head}: ${serverText(body)}`
  // Some errors of the client have no body, but say what the client has found.
  return cause instanceof SdkHttpError && !/: (null)?$/.test(cause.message)
    ? `${head}: ${serverText(cause.message)}`
    : head
}

function statusTextOf(cause: unknown): string {
  return cause instanceof SdkHttpError || cause instanceof HttpStatusError ? (cause.statusText ?? '') : ''
}

function bodyOf(cause: unknown): string {
  if (cause instanceof HttpStatusError) return cause.text
  return cause instanceof SdkHttpError && isRecord(cause.data) && typeof cause.data['text'] === 'string'
    ? cause.data['text']
    : ''
}

/** Returns the text of the innermost error with a message: a failed connection to several addresses has none. */
function connectText(cause: unknown): string {
  if (!(cause instanceof Error)) return messageOf(cause)
  if (cause instanceof AggregateError && cause.message === '') {
    return cause.errors.map((error: unknown) => messageOf(error)).join(', ')
  }
  return cause.cause instanceof Error ? connectText(cause.cause) : messageOf(cause)
}
