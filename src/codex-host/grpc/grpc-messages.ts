import { messageOf } from '../../errors.ts'
import type { ContentItem, ImageDetail } from '../../protocol/content-item.ts'
import type { CodexResponse, Truncation } from '../session/response.ts'
import type { EnabledTool, Invocation, ToolKind, ToolName } from '../session/enabled-tools.ts'
import type { ExecuteRequest, TerminateRequest, WaitRequest } from '../session/hosted-session.ts'
import { checkDepth } from '../session/json-depth.ts'
import { invalidArgument } from './grpc-status.ts'
import { ProtoWriter, type ProtoReader } from './protobuf.ts'

/**
 * The messages of `codex.code_mode.v1`, by the field numbers seen on the wire. `docs/codex.md` describes them as a
 * `.proto`. Unknown fields are skipped, as the format requires.
 */
export type OpenRequest = {
  readonly truncation: Truncation
  readonly maxYieldTimeMs: number | null
  readonly maxHeapSizeBytes: number | null
}

const serverTruncates = 2
const knowsCatalogRevisions = 1
const kindFunction = 1
const kindFreeform = 2
const detailNumbers: { readonly [detail in ImageDetail]: number } = { auto: 1, low: 2, high: 3, original: 4 }

export function parseOpen(message: ProtoReader): OpenRequest {
  const limits = message.message(1)
  return {
    truncation: truncationOf(message.number(2) ?? 0),
    maxYieldTimeMs: limits?.number(1) ?? null,
    maxHeapSizeBytes: limits?.number(2) ?? null,
  }
}

/** 0 is unspecified, 1 means that the client truncates. */
function truncationOf(mode: number): Truncation {
  if (mode > serverTruncates) throw invalidArgument('unknown code-mode output truncation mode')
  return mode === serverTruncates ? 'server' : 'client'
}

/** Returns the id of the session that a request is about. Every such request has it in its first field. */
export function parseSessionId(message: ProtoReader): string {
  return uuid('session ID', message.text(1))
}

/** A missing id and an empty one are the same. */
function notEmpty(what: string, value: string): string {
  if (value !== '') return value
  throw invalidArgument(`code-mode ${what} must not be empty`)
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Returns a UUID in the form in which this host writes them. */
function uuid(what: string, value: string): string {
  const plain = notEmpty(what, value).toLowerCase()
  const hyphenated = plain.replace(/^(.{8})([^-]{4})([^-]{4})([^-]{4})([^-]{12})$/, '$1-$2-$3-$4-$5')
  if (uuidPattern.test(hyphenated)) return hyphenated
  throw invalidArgument(`code-mode ${what} must be a UUID`)
}

export type Execute = { readonly executionId: string; readonly request: ExecuteRequest }

export function parseExecute(message: ProtoReader): Execute {
  return {
    executionId: notEmpty('execution ID', message.text(2)),
    request: {
      toolCallId: notEmpty('tool call ID', message.text(3)),
      source: message.text(4),
      tools: message.messages(5).map(parseTool),
      yieldTimeMs: message.number(6),
      maxOutputTokens: message.number(7),
      catalogRevision: message.exactNumber(8),
    },
  }
}

function parseTool(message: ProtoReader): EnabledTool {
  const name = notEmpty('tool definition name', message.text(1))
  const toolName = message.message(2)
  if (toolName === null) throw invalidArgument('tool definition is missing its tool name')
  return { name, toolName: parseToolName(toolName), description: message.text(3), kind: kindOf(message.number(4)) }
}

function parseToolName(message: ProtoReader): ToolName {
  return { name: notEmpty('tool name', message.text(1)), namespace: message.optionalText(2) }
}

function kindOf(kind: number | null): ToolKind {
  if (kind === kindFunction) return 'function'
  if (kind === kindFreeform) return 'freeform'
  throw invalidArgument('tool definition has an invalid kind')
}

/** Returns the tools that a subscription is about; none means all. */
export function parseSubscription(message: ProtoReader): readonly ToolName[] {
  return message.messages(2).map(parseToolName)
}

export type Wait = { readonly waitId: string; readonly request: WaitRequest }

export function parseWait(message: ProtoReader): Wait {
  const cellId = notEmpty('cell ID', message.text(2))
  return {
    waitId: notEmpty('wait ID', message.text(3)),
    request: { cellId, yieldTimeMs: message.number(4) ?? 0, maxOutputTokens: message.number(5) },
  }
}

export function parseTerminate(message: ProtoReader): TerminateRequest {
  return { cellId: notEmpty('cell ID', message.text(2)), maxOutputTokens: message.number(3) }
}

/** Returns the id of the execution or the wait. */
export function parseObservation(message: ProtoReader): string {
  const executionId = message.optionalText(2)
  if (executionId !== null) return notEmpty('execution ID', executionId)
  const waitId = message.optionalText(3)
  if (waitId !== null) return notEmpty('wait ID', waitId)
  throw invalidArgument('missing code-mode observation ID')
}

export function parseCancelWait(message: ProtoReader): string {
  return notEmpty('wait ID', message.text(2))
}

export function parseNotificationId(message: ProtoReader): string {
  return uuid('notification ID', message.text(2))
}

/** The response to a nested call. */
export type Completion = { readonly invocationId: string } & (
  | { readonly type: 'succeeded'; readonly result: unknown }
  | { readonly type: 'failed'; readonly message: string }
)

export function parseCompletion(message: ProtoReader): Completion {
  const invocationId = uuid('tool invocation ID', message.text(2))
  const failed = message.message(4)
  if (failed !== null) return { invocationId, type: 'failed', message: failed.text(1) }
  const succeeded = message.message(3)
  if (succeeded === null) throw invalidArgument('tool completion is missing its outcome')
  return { invocationId, type: 'succeeded', result: parseResult(succeeded.text(1)) }
}

function parseResult(json: string): unknown {
  try {
    checkDepth(Buffer.from(json))
    return JSON.parse(json)
  } catch (error) {
    throw invalidArgument(`invalid code-mode tool output JSON: ${messageOf(error)}`)
  }
}

export function openedEvent(sessionId: string, truncation: Truncation): ProtoWriter {
  const mode = truncation === 'server' ? serverTruncates : 0
  const opened = new ProtoWriter().text(1, sessionId).number(2, mode).number(3, knowsCatalogRevisions)
  return new ProtoWriter().message(1, opened)
}

export function callCancelledEvent(invocationId: string): ProtoWriter {
  return new ProtoWriter().message(2, new ProtoWriter().text(1, invocationId))
}

/** Returns the name of a cell in this protocol: what started it, and its number. */
export type Execution = { readonly executionId: string; readonly cellId: string }

export function notificationEvent(
  { executionId, cellId }: Execution,
  { notificationId, callId, text }: { notificationId: string; callId: string; text: string },
): ProtoWriter {
  const event = new ProtoWriter().text(1, notificationId).text(2, executionId).text(3, cellId)
  return new ProtoWriter().message(3, event.text(4, callId).text(5, text))
}

export function cellClosedEvent({ executionId, cellId }: Execution, calls: number): ProtoWriter {
  return new ProtoWriter().message(5, new ProtoWriter().text(1, executionId).text(2, cellId).number(3, calls))
}

export function startedEvent({ executionId, cellId }: Execution): ProtoWriter {
  return new ProtoWriter().message(1, new ProtoWriter().text(1, executionId).text(2, cellId))
}

export function outcomeEvent(response: CodexResponse): ProtoWriter {
  return new ProtoWriter().message(2, outcome(response))
}

export function waitResponse(response: CodexResponse): ProtoWriter {
  return new ProtoWriter().message(response.isMissing ? 2 : 1, outcome(response))
}

export function toolCallMessage(
  { runtimeToolCallId, toolName, toolKind, input }: Invocation,
  to: Execution & { readonly sessionId: string; readonly invocationId: string; readonly sequence: number },
): ProtoWriter {
  const call = new ProtoWriter().text(1, to.sessionId).text(2, to.executionId).text(3, to.cellId)
  call.text(4, to.invocationId).text(5, runtimeToolCallId).message(6, toolNameMessage(toolName))
  call.number(7, kindNumber(toolKind))
  if (input !== undefined) call.text(8, JSON.stringify(input))
  return call.number(9, to.sequence)
}

function toolNameMessage({ name, namespace }: ToolName): ProtoWriter {
  return new ProtoWriter().text(1, name).text(2, namespace ?? '')
}

function kindNumber(kind: ToolKind): number {
  return kind === 'freeform' ? kindFreeform : kindFunction
}

function outcome({ type, cellId, items, errorText, durationNs }: CodexResponse): ProtoWriter {
  const message = new ProtoWriter().text(1, cellId)
  for (const item of items) message.message(2, itemMessage(item))
  const state = new ProtoWriter()
  if (type === 'yielded') message.message(3, state)
  else if (type === 'terminated') message.message(4, state)
  else message.message(5, errorText === null ? state : state.bytes(1, Buffer.from(errorText)))
  return message.number(6, durationNs)
}

function itemMessage(item: ContentItem): ProtoWriter {
  switch (item.type) {
    case 'input_text':
      return new ProtoWriter().message(1, new ProtoWriter().text(1, item.text))
    case 'input_image': {
      const image = new ProtoWriter().text(1, item.image_url).number(2, detailNumbers[item.detail])
      return new ProtoWriter().message(2, image)
    }
    case 'input_audio':
      return new ProtoWriter().message(3, new ProtoWriter().text(1, item.audio_url))
    default:
      return item satisfies never
  }
}
