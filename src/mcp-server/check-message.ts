import { parseJSONRPCMessage, ProtocolErrorCode, type JSONRPCMessage } from '@modelcontextprotocol/server'
import { isRecord } from '../protocol/json.ts'

/** An error response to a message that is not valid. `id` is null when the message has no usable one. */
export type ErrorResponse = {
  readonly jsonrpc: '2.0'
  readonly id: string | number | null
  readonly error: { readonly code: number; readonly message: string }
}

export type CheckedMessage =
  | { readonly type: 'valid'; readonly message: JSONRPCMessage }
  | { readonly type: 'refused'; readonly response: ErrorResponse }
  /** A notification or a response, which has no response. */
  | { readonly type: 'ignored'; readonly reason: string }

/** The messages of an HTTP request, or the response to one that cannot be read. */
export type CheckedBody =
  | { readonly type: 'valid'; readonly value: unknown }
  | { readonly type: 'refused'; readonly response: ErrorResponse | readonly ErrorResponse[] }

/**
 * Checks the body of an HTTP request: a message, or a batch of the older protocol. No request of a batch is made when one of its messages
 * is refused, and each gets an error response.
 */
export function checkBody(value: unknown): CheckedBody {
  if (Array.isArray(value)) return checkBatch(value.map((message: unknown) => checkMessage(message)))
  const checked = checkMessage(value)
  if (checked.type === 'valid') return { type: 'valid', value: checked.message }
  return checked.type === 'refused' ? checked : noMessage
}

/** A notification or a response that is not valid gets this error over HTTP, where every message has a status. */
const noMessage: CheckedBody = {
  type: 'refused',
  response: errorResponse(null, ProtocolErrorCode.InvalidRequest, 'Invalid request: expected a valid message'),
}

function checkBatch(batch: readonly CheckedMessage[]): CheckedBody {
  if (batch.some(({ type }) => type === 'refused')) return { type: 'refused', response: batch.flatMap(refusalsOf) }
  const messages = batch.flatMap((checked) => (checked.type === 'valid' ? [checked.message] : []))
  return messages.length === 0 ? noMessage : { type: 'valid', value: messages }
}

/** Returns the error response to a message of a batch that is refused; none for notifications and responses. */
function refusalsOf(checked: CheckedMessage): readonly ErrorResponse[] {
  if (checked.type === 'refused') return [checked.response]
  if (checked.type === 'ignored' || !('method' in checked.message) || !('id' in checked.message)) return []
  const text = 'Invalid request: another message of the batch is not valid'
  return [errorResponse(checked.message.id, ProtocolErrorCode.InvalidRequest, text)]
}

/** Checks a message of a client. The SDK drops messages that are not valid, and the client would wait for a response. */
export function checkMessage(value: unknown): CheckedMessage {
  if (!isRecord(value)) {
    const text = Array.isArray(value) ? 'batches are not supported' : 'expected an object'
    return refused(null, ProtocolErrorCode.InvalidRequest, `Invalid request: ${text}`)
  }
  const message = withoutNulls(value)
  try {
    const parsed = parseJSONRPCMessage(message)
    const problem = 'method' in parsed && 'id' in parsed ? memberProblem(parsed.method, parsed.params ?? {}) : null
    if (problem === null || !('id' in parsed)) return { type: 'valid', message: parsed }
    return refused(parsed.id ?? null, ProtocolErrorCode.InvalidParams, `Invalid params: ${problem}`)
  } catch {
    return problemOf(message)
  }
}

type MemberKind = 'string' | 'object' | 'optional string' | 'optional object'

/** The members of params whose wrong types the SDK reports as an error of this server. */
const memberKinds: ReadonlyMap<string, Readonly<Record<string, MemberKind>>> = new Map([
  ['initialize', { protocolVersion: 'string', capabilities: 'object', clientInfo: 'object' }],
  ['tools/list', { cursor: 'optional string' }],
  ['tools/call', { name: 'string', arguments: 'optional object' }],
  ['prompts/list', { cursor: 'optional string' }],
  ['resources/list', { cursor: 'optional string' }],
  ['resources/templates/list', { cursor: 'optional string' }],
  ['resources/read', { uri: 'string' }],
])

function memberProblem(method: string, params: Readonly<Record<string, unknown>>): string | null {
  for (const [name, kind] of Object.entries(memberKinds.get(method) ?? {})) {
    const value = params[name]
    if (value === undefined && kind.startsWith('optional')) continue
    const isRight = kind.endsWith('string') ? typeof value === 'string' : isRecord(value)
    if (!isRight)
      return `expected ${kind.endsWith('string') ? 'a string' : 'an object'} as "${name}", got ${kindOf(value)}`
  }
  return null
}

/** Returns the response to a text that is not JSON. */
export function parseErrorResponse(): ErrorResponse {
  return errorResponse(null, ProtocolErrorCode.ParseError, 'Parse error: expected JSON')
}

function problemOf(message: Readonly<Record<string, unknown>>): CheckedMessage {
  const { jsonrpc, id, method, params } = message
  const isRequest = id !== undefined && !('result' in message) && !('error' in message)
  if (!isRequest && (id !== undefined || typeof method === 'string')) {
    return { type: 'ignored', reason: `Cannot read a ${id === undefined ? 'notification' : 'response'} of the client` }
  }
  const isUsable = typeof id === 'string' || (typeof id === 'number' && Number.isSafeInteger(id))
  const problem = isUsable
    ? jsonrpc !== '2.0'
      ? 'expected "jsonrpc": "2.0"'
      : typeof method === 'string'
        ? null
        : 'expected a string as the method'
    : 'expected a string or an integer as the id'
  if (problem !== null) {
    return refused(isUsable ? id : null, ProtocolErrorCode.InvalidRequest, `Invalid request: ${problem}`)
  }
  const text = isRecord(params) ? 'expected an object as "_meta"' : `expected an object, got ${kindOf(params)}`
  return refused(isUsable ? id : null, ProtocolErrorCode.InvalidParams, `Invalid params: ${text}`)
}

/** Some clients write null for parameters that they do not have. */
function withoutNulls(message: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { params, ...others } = message
  if (params === undefined || params === null) return others
  if (!isRecord(params)) return message
  return { ...others, params: Object.fromEntries(Object.entries(params).filter(([, value]) => value !== null)) }
}

function refused(id: string | number | null, code: number, message: string): CheckedMessage {
  return { type: 'refused', response: errorResponse(id, code, message) }
}

function errorResponse(id: string | number | null, code: number, message: string): ErrorResponse {
  return { jsonrpc: '2.0', id, error: { code, message } }
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing'
  return Array.isArray(value) ? 'an array' : isRecord(value) ? 'an object' : `a ${typeof value}`
}
