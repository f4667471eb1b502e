import { messageOf } from '../../errors.ts'
import type { Truncation } from '../session/response.ts'
import type { EnabledTool } from '../session/enabled-tools.ts'
import type { ExecuteRequest, TerminateRequest, WaitRequest } from '../session/hosted-session.ts'
import type { Frame } from './json-frame.ts'
import { WireObject, undecodable, wholeNumber, type MessageId } from './wire-object.ts'

/** The first message of a client: its protocol versions and capabilities. */
export type Hello = {
  readonly supportedVersions: readonly number[]
  readonly requiredCapabilities: readonly string[]
  readonly optionalCapabilities: readonly string[]
}

/** A request of a client about one session. */
export type SessionRequest =
  | {
      readonly type: 'open'
      readonly sessionId: string
      readonly truncation: Truncation
      readonly maxYieldTimeMs: number | null
      readonly maxHeapSizeBytes: number | null
    }
  | { readonly type: 'execute'; readonly sessionId: string; readonly request: ExecuteRequest }
  | { readonly type: 'wait'; readonly sessionId: string; readonly request: WaitRequest }
  | { readonly type: 'terminate'; readonly sessionId: string; readonly request: TerminateRequest }
  | { readonly type: 'shutdown'; readonly sessionId: string }

/** The response to a nested call or a notification. A malformed value fails the call. */
export type DelegateResponse =
  | { readonly type: 'result'; readonly value: unknown }
  | { readonly type: 'delivered' }
  | { readonly type: 'failed'; readonly message: string }

/** A message of a client after its hello. A malformed message has the id of its request, if it is one with an id. */
export type ClientMessage =
  | { readonly type: 'request'; readonly id: MessageId; readonly request: SessionRequest }
  | { readonly type: 'cancel'; readonly id: MessageId }
  | { readonly type: 'yield'; readonly id: MessageId }
  | { readonly type: 'response'; readonly id: MessageId; readonly response: DelegateResponse }
  | { readonly type: 'malformed'; readonly id: MessageId | null; readonly reason: string }

const messageTypes = [
  'connection/hello',
  'operation/request',
  'operation/cancel',
  'operation/yield',
  'delegate/response',
] as const

/**
 * Parses a hello; returns null for another message.
 *
 * @throws {CodecellError} `PROTOCOL_VIOLATION` for a malformed or contradictory hello
 */
export function parseHello(value: unknown): Hello | null {
  const hello = new WireObject(value)
  if (hello.oneOf('type', messageTypes) !== 'connection/hello') return null
  const supportedVersions = hello.list('supportedVersions').map(versionOf)
  if (supportedVersions.length === 0) throw undecodable('at least one protocol version is required')
  const twice = firstDuplicate(supportedVersions)
  if (twice !== undefined) throw undecodable(`duplicate protocol version ${twice}`)
  const requiredCapabilities = capabilitiesOf(hello, 'requiredCapabilities')
  const optionalCapabilities = capabilitiesOf(hello, 'optionalCapabilities')
  const both = requiredCapabilities.find((name) => optionalCapabilities.includes(name))
  if (both !== undefined) throw undecodable(`capability \`${both}\` cannot be both required and optional`)
  return { supportedVersions, requiredCapabilities, optionalCapabilities }
}

function versionOf(value: unknown): number {
  const version = wholeNumber(value)
  if (version > 0 && version < 2 ** 32) return version
  throw undecodable(`invalid value: integer \`${version}\`, expected a nonzero u32`)
}

function capabilitiesOf(hello: WireObject, name: string): readonly string[] {
  const names = hello.list(name).map((value) => {
    if (typeof value === 'string' && value !== '') return value
    throw undecodable('identifier must not be empty')
  })
  const twice = firstDuplicate(names)
  if (twice !== undefined) throw undecodable(`duplicate capability \`${twice}\``)
  return names
}

function firstDuplicate<Value>(values: readonly Value[]): Value | undefined {
  const seen = new Set<Value>()
  return values.find((value) => seen.size === seen.add(value).size)
}

/** Parses a message of a client. Never throws: one malformed message must not end the others. */
export function parseClientMessage(frame: Frame): ClientMessage {
  if (frame.type === 'malformed') return parseBeginning(frame)
  try {
    return parseMessage(new WireObject(frame.value))
  } catch (error) {
    return { type: 'malformed', id: requestIdOf(frame.value), reason: messageOf(error) }
  }
}

/** A frame whose JSON is malformed can still begin as a request or a response. */
function parseBeginning({ reason, beginning }: Extract<Frame, { type: 'malformed' }>): ClientMessage {
  const [, type, digits = ''] = beginningPattern.exec(beginning) ?? []
  if (type === undefined) return { type: 'malformed', id: null, reason }
  const id = Number.isSafeInteger(Number(digits)) ? Number(digits) : BigInt(digits)
  if (type === 'operation/request') return { type: 'malformed', id, reason }
  return { type: 'response', id, response: { type: 'failed', message: reason } }
}

const beginningPattern =
  /^\s*\{\s*"type"\s*:\s*"(operation\/request|delegate\/response)"\s*,\s*"id"\s*:\s*(-?\d{1,18})\s*,/

function parseMessage(message: WireObject): ClientMessage {
  const type = message.oneOf('type', messageTypes)
  switch (type) {
    case 'connection/hello':
      return { type: 'malformed', id: null, reason: 'received a second code-mode client hello' }
    case 'operation/request':
      return { type: 'request', id: message.messageId(), request: parseRequest(message.value('request')) }
    case 'operation/cancel':
      return { type: 'cancel', id: message.messageId() }
    case 'operation/yield':
      return { type: 'yield', id: message.messageId() }
    case 'delegate/response':
      return { type: 'response', id: message.messageId(), response: parseDelegateResponse(message) }
    default:
      return type satisfies never
  }
}

/** Returns the id of a malformed message if it is a request: it has that type, or no known type and a request. */
function requestIdOf(value: unknown): MessageId | null {
  try {
    const message = new WireObject(value)
    const type = message.has('type') ? message.value('type') : null
    const isOther = messageTypes.some((known) => known === type && known !== 'operation/request')
    const isRequest = type === 'operation/request' || (!isOther && message.has('request'))
    return isRequest ? message.messageId() : null
  } catch {
    return null
  }
}

const methods = ['session/open', 'session/execute', 'session/wait', 'session/terminate', 'session/shutdown'] as const

function parseRequest(value: unknown): SessionRequest {
  const message = new WireObject(value)
  const method = message.oneOf('method', methods)
  switch (method) {
    case 'session/open':
      return parseOpen(message)
    case 'session/execute':
      return { type: 'execute', sessionId: message.id('sessionId'), request: parseExecute(message.value('request')) }
    case 'session/wait': {
      const request = new WireObject(message.value('request'))
      const cellId = request.text('cell_id')
      const maxOutputTokens = message.optionalNumber('maxOutputTokens')
      const yieldTimeMs = request.number('yield_time_ms')
      return { type: 'wait', sessionId: message.id('sessionId'), request: { cellId, yieldTimeMs, maxOutputTokens } }
    }
    case 'session/terminate': {
      const request = { cellId: message.text('cellId'), maxOutputTokens: message.optionalNumber('maxOutputTokens') }
      return { type: 'terminate', sessionId: message.id('sessionId'), request }
    }
    case 'session/shutdown':
      return { type: 'shutdown', sessionId: message.id('sessionId') }
    default:
      return method satisfies never
  }
}

function parseOpen(message: WireObject): SessionRequest {
  const limits = new WireObject(message.has('cellExecutionLimits') ? message.value('cellExecutionLimits') : {})
  return {
    type: 'open',
    sessionId: message.id('sessionId'),
    truncation: message.has('outputTruncation') ? message.oneOf('outputTruncation', ['client', 'server']) : 'client',
    maxYieldTimeMs: limits.optionalNumber('maxYieldTimeMs'),
    maxHeapSizeBytes: limits.optionalNumber('maxHeapSizeBytes'),
  }
}

function parseExecute(value: unknown): ExecuteRequest {
  const request = new WireObject(value)
  return {
    catalogRevision: request.optionalExactNumber('catalog_revision'),
    toolCallId: request.text('tool_call_id'),
    tools: request.list('enabled_tools').map(parseTool),
    source: request.text('source'),
    yieldTimeMs: request.optionalNumber('yield_time_ms'),
    maxOutputTokens: request.optionalNumber('max_output_tokens'),
  }
}

function parseTool(value: unknown): EnabledTool {
  const tool = new WireObject(value)
  const toolName = new WireObject(tool.value('tool_name'))
  return {
    name: tool.text('name'),
    toolName: { name: toolName.text('name'), namespace: toolName.optionalText('namespace') },
    description: tool.text('description'),
    kind: tool.oneOf('kind', ['function', 'freeform']),
  }
}

/** A malformed response fails its call: the cell would wait forever for another one. */
function parseDelegateResponse(message: WireObject): DelegateResponse {
  try {
    const result = new WireObject(message.value('result'))
    if (result.oneOf('status', ['ok', 'error']) === 'error') return { type: 'failed', message: result.text('message') }
    const value = new WireObject(result.value('value'))
    if (value.oneOf('type', ['tool/result', 'notification/delivered']) === 'notification/delivered') {
      return { type: 'delivered' }
    }
    return { type: 'result', value: value.value('result') }
  } catch (error) {
    return { type: 'failed', message: messageOf(error) }
  }
}
