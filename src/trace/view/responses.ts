import { cellResponse, type CellResponse } from '../format/payload-text.ts'
import type { CodeCell, ToolCall, TraceState } from '../format/trace-state.ts'
import { modelResponse } from '../timeline/cell-output.ts'
import { partsText } from './conversation-items.ts'
import { contentText, resultTexts, type ViewPayloads } from './payloads.ts'
import { GrowingText } from './bounded-texts.ts'

/** A response as the model saw it. */
type SeenResponse = { readonly at: number | null; readonly callId: string; readonly text: GrowingText }

/** The information about a cell in its responses. */
type CellResponses = {
  readonly modelSaw: readonly SeenResponse[]
  /** Times of the responses that reported a running cell. */
  readonly yields: readonly number[]
  readonly errorText: string | null
  /** The whole output; null for a running cell, and if a response is missing or was truncated for the model. */
  readonly printed: GrowingText | null
}

/** Reads the response of `exec` and those of the waits for a cell, in order. */
export function cellResponses(cell: CodeCell, state: TraceState, payloads: ViewPayloads): CellResponses {
  const exec = callOf(cell.model_visible_call_id, state)
  const ofExec = seenItems(cell.model_visible_call_id, cell.output_item_ids, state)
  const ofWaits = cell.wait_tool_call_ids.flatMap((id) => waitResponse(callOf(id, state), state, payloads))
  const between = cell.wait_tool_call_ids.flatMap((id) => runningItems(callOf(id, state), payloads))
  const yieldsOfWaits = ofWaits.filter(({ text }) => saysThatItGoesOn(text))
  const ends = readEnds(cell, payloads)
  return {
    modelSaw: [...(ofExec.length > 0 || exec === undefined ? ofExec : seenResult(exec, payloads)), ...ofWaits],
    yields: [cell.yielded_at_unix_ms, ...yieldsOfWaits.map(({ at }) => at)].filter((at) => at !== null),
    errorText: ends.at(-1)?.errorText ?? null,
    printed: cell.execution.ended_seq === null ? null : printedOf(ends, between),
  }
}

function callOf(id: string, { tool_calls: calls }: TraceState): ToolCall | undefined {
  return Object.hasOwn(calls, id) ? calls[id] : undefined
}

function waitResponse(wait: ToolCall | undefined, state: TraceState, payloads: ViewPayloads): readonly SeenResponse[] {
  if (wait === undefined) return []
  const items = seenItems(wait.model_visible_call_id ?? wait.tool_call_id, wait.model_visible_output_item_ids, state)
  return items.length > 0 ? items : seenResult(wait, payloads)
}

/** Returns outputs from the conversation, which the model has seen. */
function seenItems(callId: string, ids: readonly string[], state: TraceState): readonly SeenResponse[] {
  return ids.flatMap((id) => {
    const item = state.conversation_items[id]
    if (item === undefined) return []
    return [{ at: item.accepted_at_unix_ms ?? item.first_seen_at_unix_ms, callId, text: partsText(item.body.parts) }]
  })
}

/** Returns a response that no request contains yet. */
function seenResult(call: ToolCall, payloads: ViewPayloads): readonly SeenResponse[] {
  const { output, error } = resultTexts(payloads.readById(call.raw_result_payload_id))
  const text = output ?? error
  if (text === null) return []
  const callId = call.model_visible_call_id ?? call.tool_call_id
  return [{ at: call.execution.ended_at_unix_ms, callId, text: new GrowingText().add(text) }]
}

function saysThatItGoesOn(text: GrowingText): boolean {
  return text.startsWith('Script running with cell ID ')
}

/** Returns the first and the last response, which can be the same; null if it is missing or unreadable. */
function readEnds(cell: CodeCell, payloads: ViewPayloads): readonly (CellResponse | null)[] {
  const { raw_initial_response_payload_id: first, raw_result_payload_id: last } = cell
  const isOne = last === first || cell.initial_response_status !== 'yielded'
  return (isOne ? [first] : [first, last]).map((id) => cellResponse(payloads.readById(id)))
}

/** Matches responses that another recorder truncated for the model. */
const cutText = /tokens truncated…|^\[omitted \d+ text items/m

/** Joins the output of all responses; null if one is missing or was truncated. */
function printedOf(ends: readonly (CellResponse | null)[], between: readonly string[]): GrowingText | null {
  const [first, ...last] = ends.map((end) =>
    end === null ? null : end.items.length === 0 ? '' : contentText(end.items),
  )
  const printed = new GrowingText()
  for (const text of [first ?? null, ...between, ...last]) {
    if (text === null || cutText.test(text)) return null
    if (text !== '') printed.add(text)
  }
  return printed
}

/** Returns what a response to a wait printed while the cell kept running. */
function runningItems(wait: ToolCall | undefined, payloads: ViewPayloads): readonly string[] {
  const seen = wait === undefined ? null : modelResponse(payloads.readById(wait.raw_result_payload_id))
  return seen?.isRunning === true && seen.items.length > 0 ? [seen.items.join('\n')] : []
}
