import type { EnginePrint } from '../../protocol/engine-print.ts'
import { memberOf } from '../format/json-access.ts'
import { cellResponse, type CellResponse } from '../format/payload-text.ts'
import type { CodeCell, ToolCall, TraceState } from '../format/trace-state.ts'
import type { LoggedCell } from './cell-log-index.ts'
import { itemText, seenResponse, type PrintedItem, type SeenResponse } from '../format/printed-items.ts'

/** Everything that a cell printed, and what the model got of it. */
export type CellOutput = {
  /** In order, whether a response delivered it or not. */
  readonly printed: readonly PrintedItem[]
  readonly errorText: string | null
  /** The items of the response to `exec`; null if it is not recorded. */
  readonly seen: readonly string[] | null
  /** The engine that ran it; null if it is not recorded. */
  readonly engine: EnginePrint | null
}

/** Reads a payload by its id; undefined if it is missing or damaged. */
export type ReadPayload = (id: string | null) => unknown

/** Returns the output of a cell: from its log; without a whole log, also from its responses. */
export function cellOutput(cell: CodeCell, state: TraceState, read: ReadPayload, log: LoggedCell | null): CellOutput {
  const ends = readEnds(cell, read)
  const errorText = ends.last?.errorText ?? ends.first?.errorText ?? log?.errorText ?? null
  const seen = seenItems(callOf(cell.model_visible_call_id, state), read)?.items ?? null
  const engine = log?.engine ?? null
  if (log?.isWhole === true) return { printed: log.printed, errorText, seen, engine }
  const responded = respondedItems(cell, state, read, ends)
  return { printed: log === null ? responded : completed(log.printed, responded), errorText, seen, engine }
}

type Ends = { readonly first: CellResponse | null; readonly last: CellResponse | null }

/** Returns the first and the last response. A cell that ended with its first response has that response twice. */
function readEnds(cell: CodeCell, read: ReadPayload): Ends {
  const { raw_initial_response_payload_id: first, raw_result_payload_id: last } = cell
  const isOne = first !== null && cell.initial_response_status !== 'yielded'
  return { first: cellResponse(read(first)), last: isOne ? null : cellResponse(read(last)) }
}

/**
 * Returns the output in all responses: the first and the last are recorded with the cell, those between are only in the results
 * of its waits.
 */
function respondedItems(
  cell: CodeCell,
  state: TraceState,
  read: ReadPayload,
  { first, last }: Ends,
): readonly PrintedItem[] {
  const waits = cell.wait_tool_call_ids.map((id) => callOf(id, state))
  const between = waits.flatMap((wait) => {
    const seen = seenItems(wait, read)
    const isEnd = seen?.isRunning === false && (last !== null || cell.initial_response_status !== 'yielded')
    return seen === null || isEnd ? [] : timed(seen.items, wait?.execution.ended_at_unix_ms)
  })
  return [
    ...timed(first?.items.map(itemText), cell.initial_response_at_unix_ms),
    ...between,
    ...timed(last?.items.map(itemText), cell.execution.ended_at_unix_ms),
  ]
}

function timed(texts: readonly string[] = [], at: number | null = null): readonly PrintedItem[] {
  return texts.map((text) => ({ text, at }))
}

function seenItems(call: ToolCall | undefined, read: ReadPayload): SeenResponse | null {
  return call === undefined ? null : modelResponse(read(call.raw_result_payload_id))
}

/** Returns the response of a cell in the result of a call; null for any other result. */
export function modelResponse(result: unknown): SeenResponse | null {
  return seenResponse(memberOf(memberOf(result, 'response_item'), 'output'))
}

function callOf(id: string, { tool_calls: calls }: TraceState): ToolCall | undefined {
  return Object.hasOwn(calls, id) ? calls[id] : undefined
}

/** Returns the output of a log that does not end with what the responses have after it. */
function completed(logged: readonly PrintedItem[], responded: readonly PrintedItem[]): readonly PrintedItem[] {
  const isBeginning = logged.every(({ text }, index) => index >= responded.length || text === responded[index]?.text)
  return isBeginning ? [...logged, ...responded.slice(logged.length)] : logged
}
