import { messageOf } from '../../errors.ts'
import type { Truncation } from '../session/response.ts'
import type { EnabledTool } from '../session/enabled-tools.ts'
import type { ExecuteRequest, TerminateRequest, WaitRequest } from '../session/hosted-session.ts'
import { StrictObject, oneOf, undecodable, wholeNumber } from './strict-object.ts'

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

/** A message of a client after its hello. */
export type ClientMessage =
  | { readonly type: 'request'; readonly id: number; readonly request: SessionRequest }
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'yield'; readonly id: number }
  | { readonly type: 'response'; readonly id: number; readonly response: DelegateResponse }
  | { readonly type: 'hello' }

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
 * @throws {CodecellError} `PROTOCOL_VIOLATION` for a contradictory hello
 */
export function parseHello(value: unknown): Hello | null {
  if (typeOf(value, messageTypes) !== 'connection/hello') return null
  const hello = new StrictObject(value, ['type', 'supportedVersions', 'requiredCapabilities', 'optionalCapabilities'])
  const supportedVersions = hello.list('supportedVersions').map(wholeNumber)
  if (supportedVersions.length === 0) throw undecodable('at least one protocol version is required')
  const requiredCapabilities = capabilitiesOf(hello, 'requiredCapabilities')
  const optionalCapabilities = capabilitiesOf(hello, 'optionalCapabilities')
  const both = requiredCapabilities.find((name) => optionalCapabilities.includes(name))
  if (both !== undefined) throw undecodable(`capability \`${both}\` cannot be both required and optional`)
  return { supportedVersions, requiredCapabilities, optionalCapabilities }
}

function capabilitiesOf(hello: StrictObject, name: string): readonly string[] {
  const names = hello.list(name).map((value) => {
    if (typeof value === 'string' && value !== '') return value
    throw undecodable('expected a capability to be a non-empty string')
  })
  const twice = names.find((capability, index) => names.indexOf(capability) !== index)
  if (twice !== undefined) throw undecodable(`duplicate capability \`${twice}\``)
  return names
}

/**
 * Parses a message of a client.
 *
 * @throws {CodecellError} `PROTOCOL_VIOLATION` for a malformed message or an unknown field
 */
export function parseClientMessage(value: unknown): ClientMessage {
  const type = typeOf(value, messageTypes)
  switch (type) {
    case 'connection/hello':
      return { type: 'hello' }
    case 'operation/request': {
      const message = new StrictObject(value, ['type', 'id', 'request'])
      return { type: 'request', id: message.number('id'), request: parseRequest(message.value('request')) }
    }
    case 'operation/cancel':
      return { type: 'cancel', id: new StrictObject(value, ['type', 'id']).number('id') }
    case 'operation/yield':
      return { type: 'yield', id: new StrictObject(value, ['type', 'id']).number('id') }
    case 'delegate/response': {
      const message = new StrictObject(value, ['type', 'id', 'result'])
      return { type: 'response', id: message.number('id'), response: parseDelegateResponse(message.value('result')) }
    }
    default:
      return type satisfies never
  }
}

function typeOf<name extends string>(value: unknown, known: readonly name[], tag = 'type'): name {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, tag)) {
    throw undecodable(`missing field \`${tag}\``)
  }
  const type: unknown = Object.getOwnPropertyDescriptor(value, tag)?.value
  if (typeof type !== 'string') throw undecodable(`\`${tag}\` is not a string`)
  return oneOf(type, known)
}

const methods = ['session/open', 'session/execute', 'session/wait', 'session/terminate', 'session/shutdown'] as const

function parseRequest(value: unknown): SessionRequest {
  const method = typeOf(value, methods, 'method')
  const fields = { known: ['method', 'sessionId'] }
  switch (method) {
    case 'session/open':
      return parseOpen(new StrictObject(value, [...fields.known, 'cellExecutionLimits', 'outputTruncation']))
    case 'session/execute': {
      const message = new StrictObject(value, [...fields.known, 'request'])
      return { type: 'execute', sessionId: message.id('sessionId'), request: parseExecute(message.value('request')) }
    }
    case 'session/wait': {
      const message = new StrictObject(value, [...fields.known, 'request', 'maxOutputTokens'])
      const request = new StrictObject(message.value('request'), ['cell_id', 'yield_time_ms'])
      const cellId = request.id('cell_id')
      const maxOutputTokens = message.optionalNumber('maxOutputTokens')
      const yieldTimeMs = request.number('yield_time_ms')
      return { type: 'wait', sessionId: message.id('sessionId'), request: { cellId, yieldTimeMs, maxOutputTokens } }
    }
    case 'session/terminate': {
      const message = new StrictObject(value, [...fields.known, 'cellId', 'maxOutputTokens'])
      const request = { cellId: message.id('cellId'), maxOutputTokens: message.optionalNumber('maxOutputTokens') }
      return { type: 'terminate', sessionId: message.id('sessionId'), request }
    }
    case 'session/shutdown':
      return { type: 'shutdown', sessionId: new StrictObject(value, fields.known).id('sessionId') }
    default:
      return method satisfies never
  }
}

function parseOpen(message: StrictObject): SessionRequest {
  const given = message.has('cellExecutionLimits') ? message.value('cellExecutionLimits') : {}
  const limits = new StrictObject(given, ['maxYieldTimeMs', 'maxHeapSizeBytes'])
  return {
    type: 'open',
    sessionId: message.id('sessionId'),
    truncation: oneOf(message.optionalText('outputTruncation') ?? 'client', ['client', 'server']),
    maxYieldTimeMs: limits.optionalNumber('maxYieldTimeMs'),
    maxHeapSizeBytes: limits.optionalNumber('maxHeapSizeBytes'),
  }
}

function parseExecute(value: unknown): ExecuteRequest {
  const known = ['tool_call_id', 'enabled_tools', 'source', 'yield_time_ms', 'max_output_tokens']
  const request = new StrictObject(value, known)
  return {
    toolCallId: request.id('tool_call_id'),
    tools: request.list('enabled_tools').map(parseTool),
    source: request.text('source'),
    yieldTimeMs: request.optionalNumber('yield_time_ms'),
    maxOutputTokens: request.optionalNumber('max_output_tokens'),
  }
}

function parseTool(value: unknown): EnabledTool {
  const known = ['name', 'tool_name', 'description', 'kind', 'input_schema', 'output_schema']
  const tool = new StrictObject(value, known)
  const toolName = new StrictObject(tool.value('tool_name'), ['name', 'namespace'])
  return {
    name: tool.text('name'),
    toolName: { name: toolName.text('name'), namespace: toolName.optionalText('namespace') },
    description: tool.text('description'),
    kind: oneOf(tool.text('kind'), ['function', 'freeform']),
  }
}

/** A malformed response fails its call; other cells of the connection are not affected. */
function parseDelegateResponse(value: unknown): DelegateResponse {
  try {
    return parseAnswer(value)
  } catch (error) {
    return { type: 'failed', message: messageOf(error) }
  }
}

function parseAnswer(value: unknown): DelegateResponse {
  if (typeOf(value, ['ok', 'error'], 'status') === 'error') {
    const message = new StrictObject(value, ['status', 'message']).text('message')
    return { type: 'failed', message }
  }
  const response = new StrictObject(value, ['status', 'value']).value('value')
  if (typeOf(response, ['tool/result', 'notification/delivered']) === 'tool/result') {
    return { type: 'result', value: new StrictObject(response, ['type', 'result']).value('result') }
  }
  return { type: 'delivered' }
}
