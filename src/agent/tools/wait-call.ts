import type { ContentItem } from '../../protocol/content-item.ts'
import type { CellOutcome } from '../../session/api/outcome.ts'
import type { Session } from '../../session/api/session-options.ts'
import { internalsOf } from '../../session/session-internals.ts'
import { observeCells } from './observe-cells.ts'
import type { WaitBackoff } from './wait-backoff.ts'
import { formatHeader, type ModelResponse } from '../response/response.ts'
import type { WaitInput } from '../input/wait-input.ts'

export type WaitCall = {
  readonly session: Session
  readonly backoff: WaitBackoff
  /** Converts the outcome of one cell to a response. */
  readonly respond: (outcome: CellOutcome, maxTokens: number | null) => ModelResponse
}

type Options = { readonly signal?: AbortSignal; readonly preempt?: AbortSignal; readonly requestId?: string }

/** Returns the response to `wait`: observes its cells, or terminates them. */
export async function runWait(call: WaitCall, request: WaitInput, options: Options): Promise<ModelResponse> {
  const outcomes = await outcomesOf(call, request, options)
  const responses = outcomes.map((outcome) => {
    call.backoff.onOutcome(outcome)
    return responseTo(call, outcome, share(request.maxTokens, outcomes.length))
  })
  const [only] = responses
  return only !== undefined && responses.length === 1 ? only : joined(outcomes, responses)
}

async function outcomesOf(
  { session, backoff }: WaitCall,
  { cellIds, yieldTimeMs, terminate }: WaitInput,
  { signal, preempt, requestId }: Options,
): Promise<readonly CellOutcome[]> {
  const common = { ...(signal === undefined ? {} : { signal }), ...(requestId === undefined ? {} : { requestId }) }
  if (terminate) return await Promise.all(cellIds.map((cellId) => session.terminate(cellId, common)))
  return await observeCells(session, cellIds, {
    ...common,
    ...(preempt === undefined ? {} : { preempt }),
    yieldTimeMs: backoff.timeFor(cellIds, yieldTimeMs),
  })
}

/** Converts an outcome. A cell that has ended is not an error; for an unknown id the error lists the running cells. */
function responseTo(
  { session, backoff, respond }: WaitCall,
  outcome: CellOutcome,
  maxTokens: number | null,
): ModelResponse {
  if (outcome.type !== 'missing' || backoff.isExact) return respond(outcome, maxTokens)
  const ending = internalsOf(session)?.endingOf(outcome.cellId) ?? null
  if (ending === null)
    return respond({ ...outcome, errorText: `${outcome.errorText}; ${runningText(session)}` }, maxTokens)
  const text = `Cell ${outcome.cellId} has already ended (${ending}). All of its output was delivered.`
  const header = formatHeader({ outcome: ending, durationMs: outcome.durationMs })
  return { items: [textItem(header), textItem(text)], success: true, cellId: null }
}

/** Cells in an error. */
const maxNamed = 20

function runningText(session: Session): string {
  const running = session.cells()
  if (running.length === 0) return 'no cell is running'
  const more = running.length > maxNamed ? ` and ${running.length - maxNamed} more` : ''
  return `running cells: ${running.slice(0, maxNamed).join(', ')}${more}`
}

/** Joins the responses of several cells, each below the name of its cell. */
function joined(outcomes: readonly CellOutcome[], responses: readonly ModelResponse[]): ModelResponse {
  const items = responses.flatMap((response, index) => [
    textItem(`Cell ${outcomes[index]?.cellId ?? ''}:`),
    ...response.items,
  ])
  const running = responses.find(({ cellId }) => cellId !== null)
  return { items, success: responses.every(({ success }) => success), cellId: running?.cellId ?? null }
}

function share(maxTokens: number | null, count: number): number | null {
  return maxTokens === null || count === 0 ? maxTokens : Math.floor(maxTokens / count)
}

function textItem(text: string): ContentItem {
  return { type: 'input_text', text }
}
