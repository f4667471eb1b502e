import { messageOf } from '../../errors.ts'
import type { ContentItem } from '../../protocol/content-item.ts'
import type { CellOutcome } from '../../session/api/outcome.ts'
import type { Session } from '../../session/api/session-options.ts'
import type { RetainedOutput, RetainOptions } from '../../session/services/retained-outputs.ts'
import { internalsOf } from '../../session/session-internals.ts'
import { isTextCut, joinTexts, truncateItems } from './truncate.ts'
import { checkOptions } from '../../options/check-options.ts'

/** A response for a model. `cellId` is the id for the next `wait`, and null when the cell has ended. */
export type ModelResponse = {
  readonly items: readonly ContentItem[]
  readonly success: boolean
  readonly cellId: string | null
}

/** The content of a response header: how the observation ended, and its duration in milliseconds. */
export type ResponseStatus =
  | { readonly outcome: 'yielded'; readonly cellId: string; readonly durationMs: number }
  | { readonly outcome: 'completed' | 'failed' | 'terminated' | 'missing'; readonly durationMs: number }

/** The default budget of a response in tokens. */
export const defaultMaxOutputTokens = 10_000

export type ResponseOptions = {
  /** The budget of the output in tokens; null for the default of 10,000. */
  readonly maxOutputTokens: number | null
  /** The session whose later cells can read the text that does not fit. Without it the rest is lost. */
  readonly retainIn?: Session
}

/** Retains the text of a response, or returns what is retained of the cell. */
type Retain = (cellId: string, text: string, options: RetainOptions) => RetainedOutput | null

/**
 * Returns the response to an outcome: a header, the output within the budget, the error. When text was truncated and is
 * retained, a last item says how to read it.
 *
 * @throws {CodecellError} INVALID_OPTION when an option is unknown.
 * @example
 * ```ts
 * const outcome = await session.execute(source)
 * const { items } = formatResponse(outcome, { maxOutputTokens: null, retainIn: session })
 * ```
 */
export function formatResponse(outcome: CellOutcome, options: ResponseOptions): ModelResponse {
  checkOptions<ResponseOptions>('formatResponse', options, { maxOutputTokens: 'any', retainIn: 'any' })
  const { maxOutputTokens, retainIn } = options
  const outputs = retainIn === undefined ? null : internalsOf(retainIn)?.retainedOutputs
  return formatOutcome(outcome, { maxOutputTokens, retain: outputs?.add ?? null })
}

type FormatOptions = { readonly maxOutputTokens: number | null; readonly retain: Retain | null }

/** Returns the response to an outcome, as {@link formatResponse} does. */
export function formatOutcome(outcome: CellOutcome, options: FormatOptions): ModelResponse {
  const output = outcome.type === 'missing' ? [] : outcome.items
  const whole = [...output, ...errorItems(outcome)]
  const maxTokens = options.maxOutputTokens ?? defaultMaxOutputTokens
  const body = truncateItems(whole, maxTokens)
  // Some model APIs refuse empty texts.
  const shown = body.filter((item) => item.type !== 'input_text' || item.text !== '')
  const items = [
    textItem(formatHeader(statusOf(outcome))),
    ...shown,
    ...retainedItems(outcome, whole, maxTokens, options.retain),
    ...stalledItems(outcome),
    ...hostItems(outcome),
    ...deferredItems(outcome),
  ]
  const isRunning = outcome.type === 'yielded'
  return { items, success: isSuccess(outcome), cellId: isRunning ? outcome.cellId : null }
}

/** Returns the first item of every response: status and wall time in seconds. */
export function formatHeader(status: ResponseStatus): string {
  return `${statusLine(status)}\nWall time ${(status.durationMs / 1000).toFixed(1)} seconds\nOutput:\n`
}

/** Returns the response to a refused call: the error message without a header. */
export function errorResponse(error: unknown): ModelResponse {
  return { items: [textItem(messageOf(error))], success: false, cellId: null }
}

function statusOf(outcome: CellOutcome): ResponseStatus {
  const { type, cellId, durationMs } = outcome
  return type === 'yielded' ? { outcome: type, cellId, durationMs } : { outcome: type, durationMs }
}

function statusLine(status: ResponseStatus): string {
  switch (status.outcome) {
    case 'yielded':
      return `Script running with cell ID ${status.cellId}`
    case 'completed':
      return 'Script completed'
    case 'terminated':
      return 'Script terminated'
    case 'failed':
    case 'missing':
      return 'Script failed'
    default:
      return status satisfies never
  }
}

function isSuccess({ type }: CellOutcome): boolean {
  return type !== 'failed' && type !== 'missing'
}

function errorItems(outcome: CellOutcome): readonly ContentItem[] {
  if (outcome.type !== 'failed' && outcome.type !== 'missing') return []
  return [textItem(`Script error:\n${outcome.errorText}`)]
}

/** Retains the text of a response, and says so when the model has not seen all of it. */
function retainedItems(
  outcome: CellOutcome,
  items: readonly ContentItem[],
  maxTokens: number,
  retain: Retain | null,
): readonly ContentItem[] {
  if (retain === null || outcome.type === 'missing') return []
  const isCut = isTextCut(items, maxTokens)
  const isLast = outcome.type !== 'yielded'
  const retained = retain(outcome.cellId, textOf(items), { isCut, isLast })
  if (!isCut || retained === null) return []
  const what = retained.isWhole ? `The whole output${isLast ? '' : ' so far'}` : 'A part of the output'
  const call = `load(${JSON.stringify(`output:${retained.cellId}`)})`
  return [
    textItem(
      `${what} is retained: ${call} in a later exec returns it as one string (${retained.text.length} characters).`,
    ),
  ]
}

function textOf(items: readonly ContentItem[]): string {
  return joinTexts(items.flatMap((item) => (item.type === 'input_text' ? [item.text] : [])))
}

function stalledItems(outcome: CellOutcome): readonly ContentItem[] {
  if (outcome.type !== 'yielded' || !outcome.stalled) return []
  const remedy = `stop it with wait, cell_id ${JSON.stringify(outcome.cellId)} and terminate: true`
  return [
    textItem(
      `This script awaits something that no tool call, timer or other event can settle, so it will never finish: ${remedy}.`,
    ),
  ]
}

function hostItems(outcome: CellOutcome): readonly ContentItem[] {
  if (outcome.type !== 'yielded' || outcome.waitsForHost === undefined) return []
  return [
    textItem(
      `This script is waiting for a host process, because none can be started at the moment: ${outcome.waitsForHost}. It continues as soon as one starts.`,
    ),
  ]
}

/** Maximum number of deferred calls that a response names. */
const maxDeferredShown = 5

/** States that another call of `wait` brings nothing sooner: the result of a deferred call can take days. */
function deferredItems(outcome: CellOutcome): readonly ContentItem[] {
  if (outcome.type !== 'yielded' || outcome.deferredCalls === undefined) return []
  const { deferredCalls } = outcome
  const shown = deferredCalls
    .slice(0, maxDeferredShown)
    .map(({ tool, callId, note }) => `${tool} (${callId}${note === null ? '' : `: ${note}`})`)
  const more = deferredCalls.length > maxDeferredShown ? [`${deferredCalls.length - maxDeferredShown} more`] : []
  return [
    textItem(
      `This script waits for results that arrive later, possibly after hours: ${[...shown, ...more].join(', ')}. It resumes by itself when one arrives. Do other work or end your turn; a call of wait does not bring a result sooner.`,
    ),
  ]
}

function textItem(text: string): ContentItem {
  return { type: 'input_text', text }
}
