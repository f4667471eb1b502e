import { isThrown, messageOf } from '../../errors.ts'
import type { CallState, CellLedger } from '../../storage/ledger.ts'
import { abortReason } from '../../protocol/abort-reason.ts'
import type { SourceLocation } from '../../events/session-event.ts'
import { limitText } from '../../protocol/cell-limits.ts'
import { isRecord } from '../../protocol/json.ts'
import type { Tool, ToolCallContext } from '../../tools/tool.ts'
import { ignoreRejection } from '../../protocol/guarded-calls.ts'
import type { InputChecks } from './input-validation.ts'
import { AwaitedAnswer, type LateAnswer } from './awaited-answer.ts'
import type { Limits } from '../limits.ts'
import { resultJson } from './result-json.ts'
import { shortenedText } from '../cell/shortened-text.ts'
import { isOutcomeUnknown, isReadOnly, isRefusal } from './tool-effects.ts'

/** The answer to a nested tool call: JSON text, or the text it failed with. */
export type ToolAnswer =
  | { readonly type: 'tool_response'; readonly body: string }
  | { readonly type: 'tool_error'; readonly body: string }

/** What a cell asked for. */
export type NestedCall = {
  readonly id: number
  readonly identifier: string
  readonly tool: Tool
  /** JSON text, empty when the cell passed nothing. */
  readonly input: string
  readonly location: SourceLocation | null
}

/** How a call went: what the cell is told, and what is known about its effect. */
export type Attempt = { readonly answer: ToolAnswer; readonly state: CallState }

export type AttemptParts = {
  readonly ledger: CellLedger
  readonly limits: Limits
  readonly inputChecks: InputChecks
  /** Throws while the journal of the cell cannot be written. */
  readonly flush: () => void
  /** Resolves when the call may be made, throws what the cell should read when it may not. */
  readonly approve: (call: NestedCall, value: unknown, context: ToolCallContext) => Promise<void> | null
  /** The tool is about to be called. */
  readonly reached: () => void
  /** Told when a call whose answer nobody waits for any more has been answered after all. */
  readonly late: LateAnswer
}

/** Makes one call: nothing reaches the tool unless the input fits, somebody allowed it, and the ledger says that it starts. */
export async function attemptCall(
  call: NestedCall,
  context: ToolCallContext,
  controller: AbortController,
  parts: AttemptParts,
): Promise<Attempt> {
  let value: unknown
  try {
    value = inputOf(call.tool, call.input, parts.limits)
    const misfit = parts.inputChecks.refusalOf(call.identifier, call.tool, value)
    if (misfit !== null) throw new TypeError(misfit)
    // Who is asked may take their time: the tool's has not begun.
    const approval = parts.approve(call, value, context)
    if (approval !== null) await approval
    context.signal.throwIfAborted()
    start(call, parts)
  } catch (error) {
    return { state: 'not_started', answer: errorAnswer(error, parts.limits) }
  }
  // Not awaited: what a call has been through is not kept while its tool is at it.
  return reach(call, value, context, controller, parts)
}

/** On record before it happens; what cannot be on record does not happen. */
function start(
  { id, identifier, tool, input, location: place }: NestedCall,
  { ledger, flush, reached }: AttemptParts,
): void {
  try {
    flush()
    ledger.recordStart({
      call: id,
      identifier,
      input,
      location: place,
      isRevertible: tool.revert !== undefined,
      isReadOnly: isReadOnly(tool),
    })
  } catch (cause) {
    throw new TypeError(`tool \`${identifier}\` was not called: ${messageOf(cause)}`, { cause })
  }
  reached()
}

async function reach(
  { tool }: NestedCall,
  value: unknown,
  context: ToolCallContext,
  controller: AbortController,
  { limits, late }: AttemptParts,
): Promise<Attempt> {
  let running: unknown
  let result: unknown
  try {
    running = tool.call(value, context)
    // What is there at once is handed over at once, in the order of the calls.
    result = isThenable(running) ? await withinTime(running, limits.toolTimeoutMs, controller, late) : running
  } catch (error) {
    ignoreRejection(running)
    ignoreRejection(error)
    return {
      state: isThrown(error, NoAnswer) || isOutcomeUnknown(error) ? 'unknown' : 'failed',
      answer: errorAnswer(error, limits),
    }
  }
  try {
    return {
      state: isRefusal(tool, result) ? 'failed' : 'applied',
      answer: { type: 'tool_response', body: resultJson(result, limits) },
    }
  } catch (error) {
    return { state: 'applied', answer: errorAnswer(error, limits) }
  }
}

function errorAnswer(error: unknown, limits: Limits): ToolAnswer {
  return { type: 'tool_error', body: shortenedText(messageOf(error), limits.maxErrorChars).toWellFormed() }
}

/** What the tool is given, or the text that refuses it (contract D1). */
function inputOf({ name, namespace, kind, takesAnyInput }: Tool, input: string, limits: Limits): unknown {
  const bytes = Buffer.byteLength(input)
  if (bytes > limits.maxInputBytesPerCall) {
    throw new TypeError(limitText('argument_bytes', limits.maxInputBytesPerCall, bytes))
  }
  const value: unknown = input === '' ? undefined : JSON.parse(input)
  if (takesAnyInput === true) return value
  const label = `tool \`${namespace ?? ''}${name}\``
  if (kind === 'freeform') {
    if (typeof value === 'string') return value
    throw new TypeError(`${label} expects a string input`)
  }
  if (value === undefined) return {}
  if (isRecord(value)) return value
  throw new TypeError(`${label} expects a JSON object for arguments`)
}

/** The answer of a call is not waited for any more; what comes of it is not known yet. */
class NoAnswer extends TypeError {}

/** What a call brings, until its time is over or its cell ends. From then on the tool holds nothing of the cell. */
function withinTime(
  running: unknown,
  limitMs: number,
  controller: AbortController,
  late: LateAnswer,
): Promise<unknown> {
  // One promise and no race: many calls wait for long.
  return new Promise((resolve, reject) => {
    const awaited = new AwaitedAnswer(running, late, { resolve, reject })
    const { signal } = controller
    const timer = setTimeout(() => {
      const text = limitText('tool_timeout_ms', limitMs, limitMs)
      awaited.giveUp(new NoAnswer(text))
      controller.abort(abortReason(text, 'TimeoutError'))
    }, limitMs)
    timer.unref()
    const abandon = (): void => awaited.giveUp(new NoAnswer('the cell ended before the tool answered'))
    awaited.over = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', abandon)
    }
    signal.addEventListener('abort', abandon)
  })
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
